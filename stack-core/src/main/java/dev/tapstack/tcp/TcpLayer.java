package dev.tapstack.tcp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpFamily;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.loop.TimerWheel;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.TcpState;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.TcpHeader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TCP (RFC 9293) of one stack: takes segments from the internet layer and finds their connection,
 * opens and ends connections, and runs the marked ones at the end of each turn. The loop's thread
 * only.
 */
public final class TcpLayer implements TransportProtocol {
  static final int PROTOCOL = 6;

  /** The least MSS that is believed: Linux's TCP_MIN_MSS less options would leave nothing. */
  static final int MIN_MSS = 48;

  private final IpLayer ip;
  private final StackLoop loop;
  private final StackContext context;
  private final Counters<TcpCounter> counters = new Counters<>(TcpCounter.class);
  private final ChunkPool chunks = new ChunkPool();
  private final InitialSequence initialSequence;
  private final TcpDemux demux;
  private final SegmentWriter writer;
  private final Transmitter transmitter;
  private final RetransmitTimer retransmit;
  private final Keepalive keepalive;
  private final PathMtuDiscovery pathMtu;
  private final AckPolicy ackPolicy;
  private final Upcalls upcalls;
  private final SegmentArrives segmentArrives;
  private final SynArrives synArrives;
  private final ErrorArrives errorArrives;
  private final ConnectionEnd connectionEnd;
  private final Segment segment = new Segment();

  private final ArrayDeque<Tcb> marked = new ArrayDeque<>();
  private final ArrayDeque<Tcb> unfinished = new ArrayDeque<>();
  private final StackLoop.Registration nextTurn;
  private boolean isTurnEndAsked;

  /**
   * TCP over {@code ip}, where it is to be registered; {@code context} is what handlers are shown.
   */
  public TcpLayer(IpLayer ip, StackLoop loop, Rng rng, StackContext context) {
    this(ip, loop, rng, context, new InitialSequence(rng.nextSipHash(), rng.nextSipHash()));
  }

  TcpLayer(
      IpLayer ip, StackLoop loop, Rng rng, StackContext context, InitialSequence initialSequence) {
    this.ip = ip;
    this.loop = loop;
    this.context = context;
    this.initialSequence = initialSequence;
    this.demux = new TcpDemux(rng.nextSipHash());
    this.writer = new SegmentWriter(this, ip);
    this.transmitter = new Transmitter(this);
    this.retransmit = new RetransmitTimer(this);
    this.keepalive = new Keepalive(this);
    this.pathMtu = new PathMtuDiscovery(this);
    this.ackPolicy = new AckPolicy(this);
    this.upcalls = new Upcalls(this);
    this.segmentArrives = new SegmentArrives(this);
    this.synArrives = new SynArrives(this);
    this.errorArrives = new ErrorArrives(this);
    this.connectionEnd = new ConnectionEnd(this);
    this.nextTurn = loop.register(this::resumeUnfinished);
  }

  // From the internet layer.

  @Override
  public int protocol() {
    return PROTOCOL;
  }

  @Override
  public void input(Packet packet) {
    counters.increment(TcpCounter.SEGMENTS_IN);
    DropReason fault = check(packet);
    if (fault != null) {
      packet.drop(fault);
      return;
    }
    Segment seg = segment;
    if (!seg.parse(packet)) {
      counters.increment(TcpCounter.MALFORMED_OPTIONS); // what could be read of them counts
    }
    Tcb tcb =
        demux.find(
            packet.destinationHi(),
            packet.destinationLo(),
            seg.destinationPort,
            packet.sourceHi(),
            packet.sourceLo(),
            seg.sourcePort);
    if (tcb != null && !(tcb.state() == TcpState.TIME_WAIT && isNewIncarnation(tcb, seg))) {
      segmentArrives.arrives(tcb, seg);
      return;
    }
    Listener listener =
        demux.findListener(packet.destinationHi(), packet.destinationLo(), seg.destinationPort);
    if (listener != null) {
      synArrives.listen(listener, seg, tcb);
    } else if (tcb != null) {
      segmentArrives.arrives(tcb, seg);
    } else {
      synArrives.closed(seg);
    }
  }

  /** What is wrong with the segment, or null. */
  private @Nullable DropReason check(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int length = packet.end() - at;
    if (length < TcpHeader.HEADER_LENGTH) {
      return DropReason.TCP_TRUNCATED;
    }
    int headerLength = TcpHeader.dataOffset(buf, at);
    if (headerLength < TcpHeader.HEADER_LENGTH || headerLength > length) {
      return DropReason.TCP_BAD_OFFSET;
    }
    if (ip.isGroup(packet.destinationHi(), packet.destinationLo())) {
      return DropReason.TCP_TO_GROUP;
    }
    long pseudoHeader =
        ip.family(packet.sourceHi(), packet.sourceLo()).pseudoHeader(packet, length);
    return Checksum.verify(pseudoHeader, buf, at, length) ? null : DropReason.TCP_BAD_CHECKSUM;
  }

  /**
   * Whether a SYN may take the place of a connection in TIME-WAIT (RFC 1122 4.2.2.13, RFC 6191 2).
   */
  private static boolean isNewIncarnation(Tcb tcb, Segment seg) {
    if (!seg.isSyn() || seg.isAck() || seg.isRst()) {
      return false;
    }
    if (tcb.hasTimestamps && seg.options.hasTimestamps()) {
      int newer = seg.options.tsVal() - tcb.tsRecent;
      return newer > 0 || newer == 0 && Seq.gt(seg.seq, tcb.rcvNxt);
    }
    return Seq.gt(seg.seq, tcb.rcvNxt);
  }

  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    return errorArrives.arrives(kind, about);
  }

  // OPEN, RFC 9293 3.10.1.

  /** See {@link StackContext#listen}. */
  public TcpServer listen(Endpoint local, TcpOptions options, TcpAcceptor acceptor) {
    IpAddress address = local.address();
    if (!isAny(address) && !ip.isLocal(address.hi(), address.lo())) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_NOT_LOCAL,
          "cannot listen on " + local + ": " + address + " is not an address of this stack");
    }
    Object portOwner = new Object(); // its own, so that a second listener on the port is refused
    int port = reserveListening(address, local.port(), portOwner);
    Listener listener =
        new Listener(this, new Endpoint(address, port), portOwner, options, acceptor);
    demux.add(listener);
    return listener;
  }

  private int reserveListening(IpAddress address, int port, Object owner) {
    if (port == 0) {
      int free =
          ip.ports().ephemeral(PROTOCOL, address.hi(), address.lo(), 0, 0, 0, p -> true, owner);
      if (free < 0) {
        throw new OpenException(
            OpenException.Reason.NO_FREE_PORT,
            "cannot listen on " + address + ": no ephemeral port is free");
      }
      return free;
    }
    if (!ip.ports().reserve(PROTOCOL, address.hi(), address.lo(), port, owner)) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_IN_USE,
          "cannot listen on port " + port + " of " + address + ": it is in use");
    }
    return port;
  }

  /** See {@link StackContext#connect}. */
  public TcpConnection connect(
      @Nullable Endpoint local, Endpoint remote, TcpOptions options, TcpHandler handler) {
    IpAddress to = remote.address();
    if (remote.port() == 0 || isAny(to) || ip.isGroup(to.hi(), to.lo())) {
      throw new IllegalArgumentException(
          "cannot connect to " + remote + ": not the address of a host");
    }
    IpAddress from = local != null && !isAny(local.address()) ? local.address() : ip.sourceFor(to);
    if (from == null || ip.route(to.hi(), to.lo()) == null) {
      throw new OpenException(
          OpenException.Reason.NO_ROUTE, "cannot connect to " + remote + ": no route to host");
    }
    if (demux.isFull()) {
      throw new OpenException(
          OpenException.Reason.TABLE_FULL,
          "cannot connect to " + remote + ": the stack has " + demux.count() + " connections");
    }
    int port = reserveLocal(from, local == null ? 0 : local.port(), remote);
    FlowKey key =
        new FlowKey().set(PROTOCOL, from.hi(), from.lo(), port, to.hi(), to.lo(), remote.port());
    Tcb tcb = newTcb(key, options);
    tcb.handler = handler;
    tcb.ownsPort = true;
    tcb.enter(TcpState.SYN_SENT);
    demux.add(tcb);
    counters.increment(TcpCounter.ACTIVE_OPENS);
    startHandshake(tcb);
    return tcb.user;
  }

  private int reserveLocal(IpAddress from, int wanted, Endpoint remote) {
    IpAddress to = remote.address();
    if (wanted == 0) {
      int port =
          ip.ports()
              .ephemeral(
                  PROTOCOL,
                  from.hi(),
                  from.lo(),
                  to.hi(),
                  to.lo(),
                  remote.port(),
                  p -> demux.find(from.hi(), from.lo(), p, to.hi(), to.lo(), remote.port()) == null,
                  this);
      if (port < 0) {
        throw new OpenException(
            OpenException.Reason.NO_FREE_PORT,
            "cannot connect to " + remote + ": no ephemeral port is free");
      }
      return port;
    }
    boolean isTaken =
        demux.find(from.hi(), from.lo(), wanted, to.hi(), to.lo(), remote.port()) != null;
    if (isTaken || !ip.ports().reserve(PROTOCOL, from.hi(), from.lo(), wanted, this)) {
      throw new OpenException(
          OpenException.Reason.ADDRESS_IN_USE,
          "cannot connect from port " + wanted + ": it is in use");
    }
    return wanted;
  }

  Tcb newTcb(FlowKey key, TcpOptions options) {
    IpFamily family = ip.family(key.remoteHi(), key.remoteLo());
    Tcb tcb = new Tcb(this, key, family, options);
    int mss =
        ip.linkMtu(key.remoteHi(), key.remoteLo())
            - family.headerLength()
            - TcpHeader.HEADER_LENGTH;
    tcb.ourMss = options.maxSegmentBytes() > 0 ? Math.min(mss, options.maxSegmentBytes()) : mss;
    pathMtu.begin(tcb);
    tcb.iss = initialSequence.next(key, nowNanos());
    tcb.timestampOffset = initialSequence.timestampOffset(key);
    return tcb;
  }

  /** Begins with the SYN of SYN-SENT, or the SYN-ACK of SYN-RECEIVED. */
  void startHandshake(Tcb tcb) {
    tcb.sndUna = tcb.iss;
    tcb.sndNxt = tcb.iss + 1;
    tcb.sndMax = tcb.sndNxt;
    tcb.isTiming = true;
    tcb.timedSeq = tcb.sndNxt;
    tcb.timedNanos = nowNanos();
    if (tcb.state() == TcpState.SYN_RECEIVED) {
      writer.syn(tcb, true);
    } else {
      tcb.isSynOwed = true; // connect may be called by a handler
      mark(tcb);
    }
    retransmit.begin(tcb);
  }

  // The end of the turn.

  /** What happened to {@code tcb} has consequences that wait for the end of the turn. */
  void mark(Tcb tcb) {
    if (!tcb.isMarked) {
      tcb.isMarked = true;
      marked.add(tcb);
      askTurnEnd();
    }
  }

  private void askTurnEnd() {
    if (!isTurnEndAsked) {
      isTurnEndAsked = true;
      loop.atTurnEnd(this::turnEnd);
    }
  }

  /** {@code tcb} has more to send than one turn's share. */
  void continueNextTurn(Tcb tcb) {
    unfinished.add(tcb);
    nextTurn.announce();
  }

  private int resumeUnfinished(long nowNanos, int budget) {
    for (Tcb tcb = unfinished.poll(); tcb != null; tcb = unfinished.poll()) {
      mark(tcb);
    }
    return 0;
  }

  private void turnEnd(long nowNanos) {
    isTurnEndAsked = false;
    for (int i = marked.size(); i > 0; i--) {
      Tcb tcb = marked.remove();
      tcb.isMarked = false;
      connectionEnd.turnEnd(tcb);
      if (tcb.state() != TcpState.CLOSED) {
        offerRoom(tcb);
      }
      if (tcb.state() != TcpState.CLOSED) { // the application may have ended it just now
        transmitter.transmit(tcb);
        ackPolicy.turnEnd(tcb);
        assert tcb.isConsistent() : tcb.user.info();
      }
    }
  }

  private void offerRoom(Tcb tcb) {
    upcalls.returnBuffers(tcb);
    // A third of the buffer, as on Linux: a call for every segment's worth would cost more than it
    // brings.
    if (tcb.wantsWritable
        && tcb.sendBuffer.writableBytes() > tcb.options.sendBufferBytes() / 3
        && tcb.isSynchronized()) {
      upcalls.writable(tcb);
    }
  }

  // For the parts.

  static boolean isAny(IpAddress address) {
    return address.hi() == 0 && (address.isV4() ? (int) address.lo() == 0 : address.lo() == 0);
  }

  void drop(Segment seg, DropReason reason) {
    seg.packet().drop(reason);
  }

  /** The timestamp clock: 1 ms, with an offset for each connection (RFC 7323 5.4). */
  int timestamp(Tcb tcb) {
    return (int) (nowNanos() / 1_000_000) + tcb.timestampOffset;
  }

  long nowNanos() {
    return loop.nowNanos();
  }

  void armIn(Timer timer, long delayNanos) {
    loop.armIn(timer, delayNanos);
  }

  TimerWheel timers() {
    return loop.timers();
  }

  IpLayer ip() {
    return ip;
  }

  StackContext context() {
    return context;
  }

  Counters<TcpCounter> counters() {
    return counters;
  }

  ChunkPool chunks() {
    return chunks;
  }

  TcpDemux demux() {
    return demux;
  }

  SegmentWriter writer() {
    return writer;
  }

  Transmitter transmitter() {
    return transmitter;
  }

  RetransmitTimer retransmit() {
    return retransmit;
  }

  Keepalive keepalive() {
    return keepalive;
  }

  PathMtuDiscovery pathMtu() {
    return pathMtu;
  }

  AckPolicy ackPolicy() {
    return ackPolicy;
  }

  Upcalls upcalls() {
    return upcalls;
  }

  SegmentArrives segmentArrives() {
    return segmentArrives;
  }

  // How connections end: see ConnectionEnd.

  void finish(Tcb tcb, CloseReason reason) {
    connectionEnd.finish(tcb, reason);
  }

  void finishNormally(Tcb tcb) {
    connectionEnd.finish(tcb, CloseReason.NORMAL);
  }

  void abort(Tcb tcb, CloseReason reason) {
    connectionEnd.abort(tcb, reason);
  }

  void discard(Tcb tcb) {
    connectionEnd.discard(tcb);
  }

  void release(Tcb tcb) {
    connectionEnd.release(tcb);
  }

  void enterFinWait2(Tcb tcb) {
    connectionEnd.enterFinWait2(tcb);
  }

  void enterTimeWait(Tcb tcb) {
    connectionEnd.enterTimeWait(tcb);
  }

  void restartTimeWait(Tcb tcb) {
    connectionEnd.restartTimeWait(tcb);
  }

  void stateTimeout(Tcb tcb) {
    connectionEnd.stateTimeout(tcb);
  }

  /** The listener has closed. */
  void remove(Listener listener) {
    demux.remove(listener);
    IpAddress address = listener.local().address();
    ip.ports().release(PROTOCOL, address.hi(), address.lo(), listener.port(), listener.portOwner());
  }

  // For the stack.

  /** All connections, TIME-WAIT included, in an order that repeats for the same history. */
  public List<TcpConnection> connections() {
    List<TcpConnection> all = new ArrayList<>();
    for (Tcb tcb : demux.connections()) {
      all.add(tcb.user);
    }
    return all;
  }

  /** What listens, in the order in which it began to. */
  public List<TcpServer> listeners() {
    return List.<TcpServer>of(demux.listeners());
  }

  /** Connections that an application or a peer still uses: all but TIME-WAIT. */
  public int openConnections() {
    return demux.count() - connectionEnd.timeWaits();
  }

  /** The counters that are not zero, by name. */
  public Map<String, Long> counted() {
    return counters.nonZero();
  }

  /** Bytes of payload memory that connections hold. */
  public long memoryBytes() {
    return (long) chunks.outstanding() * ChunkPool.CHUNK_BYTES;
  }

  /** Stops all listeners; connections go on. */
  public void closeListeners() {
    for (Listener listener : demux.listeners()) {
      listener.close();
    }
  }

  /** Resets every connection and frees everything, telling the handlers. */
  public void close() {
    closeListeners();
    for (Tcb tcb : demux.connections()) {
      abort(tcb, CloseReason.STACK_CLOSED);
    }
    while (!marked.isEmpty()) {
      turnEnd(nowNanos()); // what a handler does meanwhile marks again
    }
    connectionEnd.closeUnread();
    nextTurn.close();
    chunks.close();
  }
}
