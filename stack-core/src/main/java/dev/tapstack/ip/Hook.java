package dev.tapstack.ip;

import dev.tapstack.packet.Packet;

/**
 * Sees, changes, refuses or takes over packets at a {@link HookPoint}: conntrack, NAT and firewall
 * are hooks. The loop's thread only.
 */
@FunctionalInterface
public interface Hook {
  /**
   * Judges {@code packet}, whose header is complete and whose layer offsets and addresses are set.
   * A hook that changes addresses changes header, checksums and the packet's fields together.
   *
   * @return {@link Verdict#ACCEPT} to go on; {@link Verdict#drop} to have the caller drop it;
   *     {@link Verdict#STOLEN} if the hook owns the packet from now on (a borrowed one it has
   *     taken)
   */
  Verdict judge(HookPoint point, Packet packet);
}
