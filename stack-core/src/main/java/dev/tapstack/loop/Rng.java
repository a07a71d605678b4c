package dev.tapstack.loop;

import dev.tapstack.addr.SipHash;
import java.security.SecureRandom;

/**
 * A stack's own source of randomness. In simulation it derives from a seed and the stack's name, so
 * that a run repeats exactly; on a real wire its key comes from the machine's secure source.
 *
 * <p>Output n is SipHash-2-4 of n under the key: unpredictable for who does not know the key, which
 * ISNs and ports need (RFC 6528, RFC 6056). The loop's thread only.
 */
public final class Rng {
  private final SipHash function;
  private long counter;

  private Rng(SipHash function) {
    this.function = function;
  }

  /** The generator of the stack {@code name} in a run with {@code seed}. */
  public static Rng seeded(long seed, String name) {
    long word = 0;
    SipHash mix = new SipHash(seed, 0);
    for (int i = 0; i < name.length(); i++) {
      word = mix.hash(word, name.charAt(i), i, 0);
    }
    return new Rng(new SipHash(seed, word));
  }

  /** A generator that nobody can predict. */
  public static Rng secure() {
    SecureRandom random = new SecureRandom();
    return new Rng(new SipHash(random.nextLong(), random.nextLong()));
  }

  public long nextLong() {
    return function.hash(counter++, 0, 0, 0);
  }

  public int nextInt() {
    return (int) (nextLong() >>> 32);
  }

  /** A number from 0 to {@code bound - 1}, each as likely as the other but for 2^-32. */
  public int nextInt(int bound) {
    return (int) ((nextLong() >>> 32) * bound >>> 32);
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** A keyed hash function of its own, drawn from this generator. */
  public SipHash nextSipHash() {
    return new SipHash(nextLong(), nextLong());
  }
}
