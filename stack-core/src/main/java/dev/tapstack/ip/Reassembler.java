package dev.tapstack.ip;

import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/** Puts fragments together. */
final class Reassembler {
  Reassembler(
      StackLoop loop, Rng rng, IpConfig config, IcmpErrors errors, Counters<IpCounter> counters) {}

  /** Keeps a fragment, borrowed. */
  @Nullable Packet add(IpFamily family, Packet fragment) {
    fragment.drop(DropReason.FRAGMENT_MEMORY);
    return null;
  }

  void close() {}
}
