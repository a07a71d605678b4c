package dev.tapstack.ip.v4;

import dev.tapstack.addr.SipHash;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;

/**
 * The identification field of datagrams that may be fragmented (RFC 6864 4.2); the others need none
 * (RFC 6864 4.1: any value, here 0).
 *
 * <p>A counter for each of 256 hash values of source, destination and protocol: an ID comes again
 * for the same three after 65,536 datagrams at the latest reuse, and a peer learns nothing of what
 * is sent to others. The loop's thread only.
 */
final class Identification {
  private static final int COUNTERS = 256;

  private final SipHash function;
  private final short[] counters = new short[COUNTERS];

  Identification(Rng rng) {
    function = rng.nextSipHash();
    for (int i = 0; i < COUNTERS; i++) {
      counters[i] = (short) rng.nextInt();
    }
  }

  int next(Packet packet) {
    long hash = function.hash(packet.sourceLo(), packet.destinationLo(), packet.protocol(), 0);
    return counters[(int) hash & COUNTERS - 1]++ & 0xffff;
  }
}
