package dev.tapstack.conntrack;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.packet.Flow;
import dev.tapstack.packet.Packet;
import org.jspecify.annotations.Nullable;

/**
 * A flow: two sides, each with the tuple (source, destination, ports) of its packets as they arrive
 * here, before anything is rewritten.
 *
 * <p>Without NAT the reply tuple is the original one turned round. NAT changes the reply tuple of a
 * flow that is not {@link #isConfirmed confirmed}, and nothing else; what is rewritten in a packet
 * of direction d follows from the tuples alone: its new destination is the source of the other
 * side's tuple, its new source the destination of the other side's tuple.
 *
 * <p>Ports are those of TCP and UDP. Of an ICMP query the identifier stands in the port of the host
 * that asks (the original tuple's source, the reply tuple's destination), and the type of the
 * request in the port of the host that is asked. Other protocols have ports 0.
 *
 * <p>Fields lie flat and are as small as they can be: a million of these is the aim, and one with
 * its places in the table is to take 200 bytes at most. The loop's thread only.
 */
public final class Tracked implements Flow {
  private static final TcpPhase[] PHASES = TcpPhase.values();

  private final long originalSourceHi;
  private final long originalSourceLo;
  private final long originalDestinationHi;
  private final long originalDestinationLo;
  private long replySourceHi;
  private long replySourceLo;
  private long replyDestinationHi;
  private long replyDestinationLo;
  private final int originalPorts; // source << 16 | destination
  private int replyPorts;
  private final byte protocol;
  private boolean isConfirmed;
  private boolean isReplied;
  boolean isAssured; // Conntrack's: it is not evicted
  private @Nullable Object mapping;

  private long originalPackets;
  private long originalBytes;
  private long replyPackets;
  private long replyBytes;

  // Expiry's: when a packet came, and the place in its lists.
  int lastSeenTick;
  int queuedTick;
  byte list = Expiry.NO_LIST;
  @Nullable Tracked previous;
  @Nullable Tracked next;

  // Hosts': the flows of one host that are not assured.
  @Nullable Tracked hostPrevious;
  @Nullable Tracked hostNext;

  // TcpTracker's, of the two senders: it says what they mean.
  private byte originalPhase; // an ordinal: a reference would take four bytes
  private byte replyPhase;
  private int originalEnd;
  private int originalMaxEnd;
  private int originalMaxWindow;
  private int replyEnd;
  private int replyMaxEnd;
  private int replyMaxWindow;
  private byte originalScale;
  private byte replyScale;
  boolean isReset;
  boolean isResetDoubtful;
  int pendingEnd;
  byte pendingScale = TcpTracker.NOTHING_PENDING;

  /** A flow that begins with a packet of this tuple; its reply tuple is the same turned round. */
  public Tracked(
      int protocol,
      long sourceHi,
      long sourceLo,
      int sourcePort,
      long destinationHi,
      long destinationLo,
      int destinationPort) {
    this.protocol = (byte) protocol;
    originalSourceHi = replyDestinationHi = sourceHi;
    originalSourceLo = replyDestinationLo = sourceLo;
    originalDestinationHi = replySourceHi = destinationHi;
    originalDestinationLo = replySourceLo = destinationLo;
    originalPorts = sourcePort << 16 | destinationPort;
    replyPorts = destinationPort << 16 | sourcePort;
  }

  /** The flow of a packet, or null if it has none. */
  public static @Nullable Tracked of(Packet packet) {
    return packet.flow() instanceof Tracked flow ? flow : null;
  }

  /** The direction of a packet in its flow; for an ICMP error that of the error itself. */
  public static Side side(Packet packet) {
    return packet.has(Packet.REPLY) ? Side.REPLY : Side.ORIGINAL;
  }

  // Tuples.

  /** The IP protocol number. */
  public int protocol() {
    return protocol & 0xff;
  }

  public long sourceHi(Side side) {
    return side == Side.ORIGINAL ? originalSourceHi : replySourceHi;
  }

  public long sourceLo(Side side) {
    return side == Side.ORIGINAL ? originalSourceLo : replySourceLo;
  }

  public int sourcePort(Side side) {
    return (side == Side.ORIGINAL ? originalPorts : replyPorts) >>> 16;
  }

  public long destinationHi(Side side) {
    return side == Side.ORIGINAL ? originalDestinationHi : replyDestinationHi;
  }

  public long destinationLo(Side side) {
    return side == Side.ORIGINAL ? originalDestinationLo : replyDestinationLo;
  }

  public int destinationPort(Side side) {
    return (side == Side.ORIGINAL ? originalPorts : replyPorts) & 0xffff;
  }

  /** Both ports of a side, the source's in the upper half. */
  int ports(Side side) {
    return side == Side.ORIGINAL ? originalPorts : replyPorts;
  }

  /** Where the packets of a side come from, for people. */
  public Endpoint source(Side side) {
    return new Endpoint(IpAddress.of(sourceHi(side), sourceLo(side)), sourcePort(side));
  }

  /** Where the packets of a side go to, for people. */
  public Endpoint destination(Side side) {
    return new Endpoint(
        IpAddress.of(destinationHi(side), destinationLo(side)), destinationPort(side));
  }

  /** Who sends the replies: for destination NAT, before the flow is confirmed. */
  public void replySource(long hi, long lo, int port) {
    assert !isConfirmed;
    replySourceHi = hi;
    replySourceLo = lo;
    replyPorts = port << 16 | replyPorts & 0xffff;
  }

  /** Where replies are sent to: for source NAT, before the flow is confirmed. */
  public void replyDestination(long hi, long lo, int port) {
    assert !isConfirmed;
    replyDestinationHi = hi;
    replyDestinationLo = lo;
    replyPorts = replyPorts & 0xffff_0000 | port;
  }

  // State.

  /** Whether the flow is in the table, or has been: its tuples do not change any more. */
  public boolean isConfirmed() {
    return isConfirmed;
  }

  void confirmed() {
    isConfirmed = true;
  }

  /** Whether a packet of the reply side has been seen since it began. */
  public boolean isReplied() {
    return isReplied;
  }

  void replied(boolean value) {
    isReplied = value;
  }

  /**
   * Counts as idle since {@code other} had its last packet that refreshed it, not since it began.
   */
  public void idleSince(Tracked other) {
    lastSeenTick = other.lastSeenTick;
  }

  /** What NAT keeps for this flow, or null. */
  public @Nullable Object mapping() {
    return mapping;
  }

  /** Keeps something for NAT; {@link FlowListener#ended} is called for flows that have it. */
  public void mapping(@Nullable Object kept) {
    mapping = kept;
  }

  /** Packets of a side, those included that were refused later. */
  public long packets(Side side) {
    return side == Side.ORIGINAL ? originalPackets : replyPackets;
  }

  /** Bytes of IP packets of a side. */
  public long bytes(Side side) {
    return side == Side.ORIGINAL ? originalBytes : replyBytes;
  }

  void count(Side side, int bytes) {
    if (side == Side.ORIGINAL) {
      originalPackets++;
      originalBytes += bytes;
    } else {
      replyPackets++;
      replyBytes += bytes;
    }
  }

  // TCP, by sender.

  TcpPhase phase(Side sender) {
    return PHASES[sender == Side.ORIGINAL ? originalPhase : replyPhase];
  }

  void phase(Side sender, TcpPhase value) {
    if (sender == Side.ORIGINAL) {
      originalPhase = (byte) value.ordinal();
    } else {
      replyPhase = (byte) value.ordinal();
    }
  }

  int end(Side sender) {
    return sender == Side.ORIGINAL ? originalEnd : replyEnd;
  }

  void end(Side sender, int value) {
    if (sender == Side.ORIGINAL) {
      originalEnd = value;
    } else {
      replyEnd = value;
    }
  }

  int maxEnd(Side sender) {
    return sender == Side.ORIGINAL ? originalMaxEnd : replyMaxEnd;
  }

  void maxEnd(Side sender, int value) {
    if (sender == Side.ORIGINAL) {
      originalMaxEnd = value;
    } else {
      replyMaxEnd = value;
    }
  }

  int maxWindow(Side sender) {
    return sender == Side.ORIGINAL ? originalMaxWindow : replyMaxWindow;
  }

  void maxWindow(Side sender, int value) {
    if (sender == Side.ORIGINAL) {
      originalMaxWindow = value;
    } else {
      replyMaxWindow = value;
    }
  }

  int scale(Side sender) {
    return sender == Side.ORIGINAL ? originalScale : replyScale;
  }

  void scale(Side sender, int value) {
    if (sender == Side.ORIGINAL) {
      originalScale = (byte) value;
    } else {
      replyScale = (byte) value;
    }
  }

  @Override
  public String toString() {
    return "protocol "
        + protocol()
        + " "
        + source(Side.ORIGINAL)
        + " > "
        + destination(Side.ORIGINAL)
        + ", back "
        + source(Side.REPLY)
        + " > "
        + destination(Side.REPLY);
  }
}
