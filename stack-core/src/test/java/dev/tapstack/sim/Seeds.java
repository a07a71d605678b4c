package dev.tapstack.sim;

import java.nio.file.Path;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Which seeds a seeded test runs, and what it tells of one that fails.
 *
 * <p>{@code -Dtapstack.seed=S} runs one, {@code -Dtapstack.seeds=N} the first N; otherwise 200, or
 * 40 with {@code -Dtapstack.fast=true}.
 */
final class Seeds {
  private static final int NORMAL = 200;
  private static final int FAST = 40;

  private Seeds() {}

  static boolean isOne() {
    return System.getProperty("tapstack.seed") != null;
  }

  static LongStream all() {
    if (isOne()) {
      return LongStream.of(Long.getLong("tapstack.seed"));
    }
    int count =
        Integer.getInteger("tapstack.seeds", Boolean.getBoolean("tapstack.fast") ? FAST : NORMAL);
    return LongStream.rangeClosed(1, count);
  }

  /** One run of a seed; captures to a directory unless that is null. */
  @FunctionalInterface
  interface Run {
    void run(long seed, @Nullable Path captureTo);
  }

  /**
   * Runs {@code seed}; if it fails, once more with a capture under target/, and tells how to repeat
   * it.
   */
  static void run(Class<?> test, long seed, Run run) {
    try {
      run.run(seed, null);
    } catch (Throwable failure) {
      Path captures = Path.of("target", "sim", test.getSimpleName() + "-" + seed);
      throw new AssertionError(
          "seed %d failed%s: %s%nrepeat with: mvn -pl stack-core test -Dtest=%s -Dtapstack.seed=%d%nframes: %s/*.pcap"
              .formatted(
                  seed,
                  repeats(() -> run.run(seed, captures)) ? "" : " (but not when it was captured)",
                  failure.getMessage(),
                  test.getSimpleName(),
                  seed,
                  captures.toAbsolutePath()),
          failure);
    }
  }

  private static boolean repeats(Runnable again) {
    try {
      again.run();
      return false;
    } catch (Throwable sameAgain) {
      return true;
    }
  }
}
