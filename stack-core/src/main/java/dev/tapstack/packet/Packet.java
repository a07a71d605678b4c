package dev.tapstack.packet;

import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One packet on its way through the stack: a direct buffer with room for headers in front, the
 * offsets of its layers, its addresses in the form of both families, and (going down only)
 * references to payload that lies elsewhere.
 *
 * <p>Offsets are absolute indices into {@link #buf}; the buffer's own reader and writer index mean
 * nothing. The bytes are {@code [start, end)} followed by the referenced payload pieces in their
 * order. The loop's thread only.
 */
public final class Packet {
  /** Bytes kept free in front of a packet that is built here, for every header below its first. */
  public static final int HEADROOM = 128;

  /** Payload pieces that a packet can refer to; a writer with more ends the segment there. */
  public static final int MAX_PIECES = 16;

  /** Set when the frame's destination was the broadcast address. */
  public static final int LINK_BROADCAST = 1;

  /** Set when the frame's destination was a group address other than broadcast. */
  public static final int LINK_MULTICAST = 1 << 1;

  /** Going down: Don't Fragment; also of a datagram that was put together from such fragments. */
  public static final int DONT_FRAGMENT = 1 << 2;

  /** Going down: send to a broadcast address is meant. */
  public static final int BROADCAST_ALLOWED = 1 << 3;

  /** Going up: put together from fragments. */
  public static final int REASSEMBLED = 1 << 4;

  /** Going down: a multicast that this host is to hear too, if it is a member. */
  public static final int MULTICAST_LOOPBACK = 1 << 5;

  /** Going down: a multicast that must not leave this host (TTL 0, RFC 1112 6.1). */
  public static final int HOST_ONLY = 1 << 6;

  /** Of its flow: goes towards the flow's originator. Means nothing without a {@link #flow}. */
  public static final int REPLY = 1 << 7;

  /** Is no packet of its {@link #flow}, but an ICMP error about one. */
  public static final int RELATED = 1 << 8;

  /** Connection tracking leaves it alone: it has no flow, and lacks none. */
  public static final int UNTRACKED = 1 << 9;

  /** Going through: a hook has changed an address. */
  public static final int TRANSLATED = 1 << 12;

  /** Going through: its sender could have given it to the next hop itself (RFC 1812 5.2.7.2). */
  public static final int REDIRECT_DUE = 1 << 13;

  // Owners; numbers, for collectors are told of each reference that is stored, four on a way.
  private static final int POOL = 0;
  private static final int BORROWED = 1; // going up: a device's poll gave it, and frees it
  private static final int DROPPED = 2; // going up: ended by drop; freed after the call
  private static final int HOLDER = 3; // whoever holds it

  private final PacketPool pool;
  private final ByteBuf buf;
  private int owner = POOL;
  private boolean cameFromDevice;
  private @Nullable PacketLedger ledger;

  private int start;
  private int network;
  private int transport;
  private int end;
  private int flags;
  private int interfaceIndex;
  private int receivedIndex;
  private int largestFragment;
  private int gsoSize;
  private int protocol;
  private int tos;
  private int ttl;
  private long sourceHi;
  private long sourceLo;
  private long destinationHi;
  private long destinationLo;

  private final @Nullable ByteBuf[] pieces = new @Nullable ByteBuf[MAX_PIECES];
  private final int[] pieceIndex = new int[MAX_PIECES];
  private final int[] pieceLength = new int[MAX_PIECES];
  private int pieceCount;
  private int piecesBytes;
  private @Nullable Flow flow;

  /**
   * The next packet of a queue that its keeper strings together; whoever keeps a packet may use it.
   */
  public @Nullable Packet queueNext;

  Packet(PacketPool pool, ByteBuf buf) {
    this.pool = pool;
    this.buf = buf;
  }

  // Life.

  void allocated() {
    owner = HOLDER;
    ledger = null;
    cameFromDevice = false;
    flags = 0;
    interfaceIndex = -1;
    receivedIndex = -1;
    largestFragment = 0;
    gsoSize = 0;
    protocol = 0;
    tos = 0;
    ttl = 0;
    sourceHi = sourceLo = destinationHi = destinationLo = 0;
    start = network = transport = end = HEADROOM;
    queueNext = null;
    flow = null;
  }

  /**
   * Begins the way up: the packet holds a frame {@code [start, end)} that interface {@code index}
   * received.
   */
  public void receivedBy(PacketLedger ledger, int index) {
    assert owner == HOLDER && this.ledger == null;
    this.ledger = ledger;
    interfaceIndex = index;
    receivedIndex = index;
    cameFromDevice = true;
    owner = BORROWED;
    ledger.polled();
  }

  /** Begins the way down: {@code ledger} is the account of the stack that builds it. */
  public Packet builtBy(PacketLedger ledger) {
    assert owner == HOLDER && this.ledger == null;
    this.ledger = ledger;
    ledger.built();
    return this;
  }

  /**
   * Ends the call that lent the packet upwards: counts a delivery and frees it, unless it was
   * dropped or taken.
   */
  public void endOfInput() {
    if (owner == BORROWED) {
      account().delivered();
      release();
    } else if (owner == DROPPED) {
      release();
    }
  }

  /**
   * Keeps a borrowed packet beyond the call: the caller owns it from now on and must end it by
   * {@link #drop}, {@link #delivered} or by giving it down.
   */
  public Packet take() {
    assert owner == BORROWED : owner;
    owner = HOLDER;
    return this;
  }

  /**
   * Lends a taken packet upwards again, as a device's poll does: the caller ends the call with
   * {@link #endOfInput}.
   */
  public void lend() {
    assert owner == HOLDER && cameFromDevice : owner;
    owner = BORROWED;
  }

  /** Whether it is lent by a device's poll and neither taken nor dropped. */
  public boolean isBorrowed() {
    return owner == BORROWED;
  }

  /**
   * Ends the packet for {@code reason}: counts it and frees it (a borrowed one when the lending
   * call returns).
   */
  public void drop(DropReason reason) {
    assert owner == HOLDER || owner == BORROWED : owner;
    account().dropped(reason, cameFromDevice);
    if (owner == BORROWED) {
      owner = DROPPED;
    } else {
      release();
    }
  }

  /** Ends a taken packet whose content has reached its reader. */
  public void delivered() {
    assert owner == HOLDER && cameFromDevice;
    account().delivered();
    release();
  }

  /** Ends a given packet that the device has put on its wire. */
  public void sent() {
    assert owner == HOLDER : owner;
    account().sent(cameFromDevice);
    release();
  }

  /**
   * Ends a given packet as sent, and gives its bytes to a wire in memory: the packet that comes
   * back owns them, is known to no ledger, and is what the far end receives. Both ends share a
   * pool.
   */
  public Packet crossWire() {
    assert owner == HOLDER : owner;
    account().sent(cameFromDevice);
    Packet frame = own();
    int frameStart = frame.start;
    int frameEnd = frame.end;
    int size = frame.gsoSize;
    frame.allocated();
    frame.gsoSize = size;
    frame.start = frame.network = frame.transport = frameStart;
    frame.end = frameEnd;
    return frame;
  }

  /**
   * Another packet with the same bytes and the same marks, which owns its bytes; the caller holds
   * it. If this one has a ledger, the other counts there as built.
   */
  public Packet duplicate() {
    Packet twin = pool.allocate(end + piecesBytes);
    twin.copyOf(this);
    twin.cameFromDevice = false;
    twin.receivedIndex = -1;
    if (ledger != null) {
      ledger.built();
    }
    return twin;
  }

  /** Frees a packet that no ledger knows: one that a device allocated and did not fill. */
  public void unused() {
    assert owner == HOLDER && ledger == null;
    release();
  }

  private PacketLedger account() {
    PacketLedger known = ledger;
    if (known == null) {
      throw new AssertionError("a packet without a ledger: receivedBy or builtBy comes first");
    }
    return known;
  }

  private void release() {
    clearPieces();
    owner = POOL;
    pool.release(this);
  }

  /** Bytes of memory that keeping this packet holds, whatever its length. */
  public int memoryBytes() {
    return buf.capacity();
  }

  // Bytes and offsets.

  /** The buffer; direct. Owned by the packet. */
  public ByteBuf buf() {
    return buf;
  }

  /** First byte of what has been written so far; on the way up the frame's first. */
  public int start() {
    return start;
  }

  public void start(int index) {
    start = index;
  }

  /** The network header's first byte. */
  public int network() {
    return network;
  }

  public void network(int index) {
    network = index;
  }

  /** The transport header's first byte. */
  public int transport() {
    return transport;
  }

  public void transport(int index) {
    transport = index;
  }

  /** The index behind the last byte in {@link #buf}; on the way up, padding is cut off. */
  public int end() {
    return end;
  }

  public void end(int index) {
    end = index;
  }

  /** Bytes from {@link #start} to the end, referenced payload included. */
  public int length() {
    return end - start + piecesBytes;
  }

  /** Bytes that fit into {@link #buf} behind {@link #end}. */
  public int tailroom() {
    return buf.capacity() - end;
  }

  // Payload references (going down).

  /**
   * Appends {@code length} bytes of {@code from}, beginning at its absolute {@code index}, without
   * copying. The bytes must stay as they are until the packet has been transmitted; no reference
   * count is taken.
   *
   * @return false if {@link #MAX_PIECES} are there already: nothing is appended
   */
  public boolean addPiece(ByteBuf from, int index, int length) {
    if (pieceCount == MAX_PIECES) {
      return false;
    }
    pieces[pieceCount] = from;
    pieceIndex[pieceCount] = index;
    pieceLength[pieceCount] = length;
    pieceCount++;
    piecesBytes += length;
    return true;
  }

  public int pieceCount() {
    return pieceCount;
  }

  public ByteBuf piece(int i) {
    ByteBuf piece = pieces[i];
    assert piece != null;
    return piece;
  }

  public int pieceIndex(int i) {
    return pieceIndex[i];
  }

  public int pieceLength(int i) {
    return pieceLength[i];
  }

  /** Bytes in all referenced pieces. */
  public int piecesBytes() {
    return piecesBytes;
  }

  /**
   * Makes the packet independent of other buffers: copies referenced payload behind its headers.
   * Whoever keeps a packet going down beyond {@code transmit} and {@code flush}, or alters its
   * bytes, calls this first.
   *
   * @return this packet, or a larger one that takes its place where the payload does not fit (this
   *     one is freed)
   */
  public Packet own() {
    if (pieceCount == 0) {
      return this;
    }
    if (piecesBytes > tailroom()) {
      Packet larger = pool.allocate(end + piecesBytes);
      larger.copyOf(this);
      release();
      return larger;
    }
    end = copyPieces(buf, end);
    clearPieces();
    return this;
  }

  /**
   * Moves a packet without pieces into the pool's smallest buffer that has {@code bytes} bytes,
   * headroom included; all offsets stay.
   *
   * @return this packet if it has such a buffer, else the one that takes its place (this one is
   *     freed)
   */
  public Packet resized(int bytes) {
    assert owner == HOLDER && pieceCount == 0 && bytes >= end;
    if (PacketPool.capacityFor(bytes) == buf.capacity()) {
      return this;
    }
    Packet other = pool.allocate(bytes);
    other.copyOf(this);
    release();
    return other;
  }

  /** Takes over addresses, marks, flow and interfaces of a packet that this one is a part of. */
  public void likeness(Packet other) {
    flags = other.flags;
    flow = other.flow;
    interfaceIndex = other.interfaceIndex;
    receivedIndex = other.receivedIndex;
    protocol = other.protocol;
    tos = other.tos;
    ttl = other.ttl;
    sourceHi = other.sourceHi;
    sourceLo = other.sourceLo;
    destinationHi = other.destinationHi;
    destinationLo = other.destinationLo;
  }

  private void copyOf(Packet other) {
    likeness(other);
    ledger = other.ledger;
    cameFromDevice = other.cameFromDevice;
    largestFragment = other.largestFragment;
    gsoSize = other.gsoSize;
    start = other.start;
    network = other.network;
    transport = other.transport;
    buf.setBytes(other.start, other.buf, other.start, other.end - other.start);
    end = other.copyPieces(buf, other.end);
  }

  /**
   * Writes the whole packet, pieces included, into {@code target} at {@code index}; returns the
   * index behind it.
   */
  public int copyTo(ByteBuf target, int index) {
    target.setBytes(index, buf, start, end - start);
    return copyPieces(target, index + end - start);
  }

  private int copyPieces(ByteBuf target, int index) {
    int at = index;
    for (int i = 0; i < pieceCount; i++) {
      target.setBytes(at, piece(i), pieceIndex[i], pieceLength[i]);
      at += pieceLength[i];
    }
    return at;
  }

  private void clearPieces() {
    for (int i = 0; i < pieceCount; i++) {
      pieces[i] = null;
    }
    pieceCount = 0;
    piecesBytes = 0;
  }

  // What is known of it.

  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  public void set(int flag) {
    flags |= flag;
  }

  public void clear(int flag) {
    flags &= ~flag;
  }

  /** The flow that connection tracking has found or prepared for it; null while unknown. */
  public @Nullable Flow flow() {
    return flow;
  }

  public void flow(@Nullable Flow flow) {
    this.flow = flow;
  }

  /**
   * Makes this packet, an ICMP error about {@code about}, related to the other's flow, in the
   * opposite direction; does nothing if that one has none.
   */
  public void relateTo(Packet about) {
    flow = about.flow;
    if (flow != null) {
      flags = flags & ~REPLY | RELATED | ~about.flags & REPLY;
    }
  }

  /** Index of the interface that received it, or that it leaves by; -1 while unknown. */
  public int interfaceIndex() {
    return interfaceIndex;
  }

  public void interfaceIndex(int index) {
    interfaceIndex = index;
  }

  /**
   * Index of the interface that received it, also when it is forwarded and {@link #interfaceIndex}
   * says where it leaves; -1 for one of our own.
   */
  public int receivedIndex() {
    return receivedIndex;
  }

  public void receivedIndex(int index) {
    receivedIndex = index;
  }

  /**
   * Bytes of the largest packet that this one was put together from, or 0 if it came whole: larger
   * ones must not be made of it again.
   */
  public int largestFragment() {
    return largestFragment;
  }

  public void largestFragment(int bytes) {
    largestFragment = bytes;
  }

  /**
   * Of a TCP segment that stands for many (segmentation offload): the bytes of text of each but the
   * last; 0 of any other packet. A device sets it on the way up before it gives the packet.
   */
  public int gsoSize() {
    return gsoSize;
  }

  public void gsoSize(int bytes) {
    gsoSize = bytes;
  }

  /** The IP protocol number. */
  public int protocol() {
    return protocol;
  }

  public void protocol(int number) {
    protocol = number;
  }

  /** The type-of-service octet (RFC 2474, RFC 3168). */
  public int tos() {
    return tos;
  }

  public void tos(int octet) {
    tos = octet;
  }

  /** The time to live; going down, 0 stands for the stack's default. */
  public int ttl() {
    return ttl;
  }

  public void ttl(int hops) {
    ttl = hops;
  }

  public long sourceHi() {
    return sourceHi;
  }

  public long sourceLo() {
    return sourceLo;
  }

  public long destinationHi() {
    return destinationHi;
  }

  public long destinationLo() {
    return destinationLo;
  }

  public void source(long hi, long lo) {
    sourceHi = hi;
    sourceLo = lo;
  }

  public void destination(long hi, long lo) {
    destinationHi = hi;
    destinationLo = lo;
  }
}
