package dev.tapstack.ip;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * What is particular to IPv4 or IPv6: the form of the header, of addresses and of fragments. {@link
 * IpLayer} is the same for both. The loop's thread only.
 */
public interface IpFamily {
  /** The version field: 4 or 6. */
  int version();

  /** Bytes of a header without options or extensions. */
  int headerLength();

  /** The largest TCP segment to assume of a peer that has not said (RFC 9293 3.7.1). */
  int defaultMss();

  /** The MTU that every link of the family has (RFC 791 3.2, RFC 8200 5). */
  int minMtu();

  /** The least path MTU that is believed; packets of that size may be fragmented on the way. */
  int minPathMtu();

  /** The datagram in bytes that every host takes (RFC 1122 3.3.2, RFC 8200 5). */
  int minReassembly();

  /**
   * The sum of the pseudo-header that transports include in their checksum, to be completed by
   * {@link dev.tapstack.wire.Checksum}.
   *
   * @param length bytes of transport header and payload
   */
  long pseudoHeader(
      long sourceHi,
      long sourceLo,
      long destinationHi,
      long destinationLo,
      int protocol,
      int length);

  /**
   * The same with a packet's own addresses and protocol.
   *
   * @param length bytes of transport header and payload
   */
  default long pseudoHeader(Packet packet, int length) {
    return pseudoHeader(
        packet.sourceHi(),
        packet.sourceLo(),
        packet.destinationHi(),
        packet.destinationLo(),
        packet.protocol(),
        length);
  }

  // Addresses.

  boolean isMulticast(long hi, long lo);

  /** Whether it stands for all hosts of a link without naming it; IPv6 has none. */
  boolean isLimitedBroadcast(long hi, long lo);

  /** Whether it is the multicast group that every host has joined. */
  boolean isAllHosts(long hi, long lo);

  /** Whether no packet on a wire may come from it; groups included. */
  boolean isMartianSource(long hi, long lo);

  /** Whether a parsed packet may come from the unspecified address. */
  boolean mayLackSource(Packet packet);

  /** Whether it means something on one link only: no router takes it further. */
  boolean isLinkLocal(long hi, long lo);

  /** Whether no packet on a wire may go to it. */
  boolean isMartianDestination(long hi, long lo);

  // Going up.

  /**
   * Checks the header at {@link Packet#network} and sets what is known from it: transport, end
   * (padding cut off), addresses, protocol, TOS and TTL.
   *
   * @return why it must be dropped, or null
   */
  @Nullable DropReason parse(Packet packet);

  /**
   * Checks the options or extension headers of a parsed packet whose addresses are plausible;
   * reports to the sender what the RFC wants reported.
   *
   * @return why it must be dropped, or null
   */
  @Nullable DropReason checkOptions(Packet packet);

  /** Whether a parsed packet is a part of a datagram. */
  boolean isFragment(Packet packet);

  /** What the fragments of one datagram share, besides addresses and protocol. */
  int fragmentId(Packet packet);

  /** Where a fragment's payload belongs in the datagram's, in bytes. */
  int fragmentOffset(Packet packet);

  /** Whether this is not the last fragment. */
  boolean moreFragments(Packet packet);

  /**
   * Makes the header of a first fragment that of the whole datagram, after the payload has been
   * completed up to {@link Packet#end} and the TOS and {@link Packet#DONT_FRAGMENT} been set.
   */
  void reassembled(Packet packet);

  // Going down.

  /**
   * Writes the header in front of {@link Packet#start}, and moves network and start there. Bytes
   * between start and {@link Packet#transport} are options, padded to a multiple of four.
   */
  void writeHeader(Packet packet);

  /** Whether the header forbids fragmentation on the way. */
  boolean mustNotFragment(Packet packet);

  /**
   * Changes the header of a packet that is forwarded: one hop less, and what its options want of a
   * router.
   *
   * @param own our address on the way to the next hop, or null; asked for with options only
   */
  void passOn(Packet packet, @Nullable IpAddress own);

  /** Whether the header of a packet has options. */
  boolean hasOptions(Packet packet);

  /**
   * A hook has changed an address of a complete packet: what must be unique between its addresses
   * is made so.
   */
  void translated(Packet packet);

  /**
   * Tells the source of a packet that is sent on that the next hop is a neighbour of its own.
   *
   * @param packet only read
   */
  void redirect(Packet packet, long nextHopHi, long nextHopLo);

  /**
   * Completes the header of a piece of a large segment, which is still that segment's: its length,
   * and what must be its own.
   *
   * @param index how many pieces are before it
   */
  void segmentHeader(Packet piece, int index);

  /**
   * Cuts a packet, given, into fragments of at most {@code mtu} bytes and outputs each.
   *
   * @return how many
   */
  int fragment(Packet packet, NetInterface via, int mtu, long nextHopHi, long nextHopLo);

  /** How the family tells routers of multicast groups. */
  GroupMembership groups();

  /** The family's ICMP. */
  IcmpErrors errors();
}
