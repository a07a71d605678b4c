package dev.tapstack.conntrack;

import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.HookPriority;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Verdict;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connection tracking: a hook at all five points, first at PREROUTING, FORWARD and OUTPUT, last at
 * INPUT and POSTROUTING.
 *
 * <ul>
 *   <li>PREROUTING, OUTPUT: finds the packet's flow and follows it, or prepares a new one, which is
 *       in no table. Packets without a flow pass, marked, for this host's own protocols have
 *       answers to them.
 *   <li>INPUT, POSTROUTING: confirms a prepared flow: it enters the table, unless there is no room.
 *       So a packet that was refused on its way leaves no state.
 *   <li>FORWARD: drops what has no flow; a TCP segment from the inside is answered with a RST, so
 *       that clients notice a restarted gateway at once.
 * </ul>
 *
 * What a host says to itself over loopback is left alone. Datagrams are put together before
 * PREROUTING. The loop's thread only.
 */
public final class Conntrack extends Hook implements AutoCloseable {
  private final IpLayer ip;
  private final ConntrackConfig config;
  private final Counters<ConntrackCounter> counters = new Counters<>(ConntrackCounter.class);
  private final FlowTable table;
  private final Hosts hosts;
  private final Expiry expiry;
  private final TupleReader reader;
  private final TcpTracker tcp = new TcpTracker();
  private final BitSet inside = new BitSet();
  private final Tuple probe = new Tuple();
  private final List<FlowWatcher> watchers = new ArrayList<>();
  private @Nullable FlowListener listener;

  public Conntrack(StackLoop loop, IpLayer ip, Rng rng, ConntrackConfig config) {
    this.ip = ip;
    this.config = config;
    table = new FlowTable(rng.nextSipHash());
    hosts = new Hosts(rng.nextSipHash());
    expiry = new Expiry(loop, config, flow -> end(flow, ConntrackCounter.EXPIRED));
    reader = new TupleReader(ip);
  }

  // Wiring.

  /** Adds it to all points. From now on what arrives is put together, for other hosts too. */
  public void install() {
    ip.reassembleAll(true);
    ip.addHook(HookPoint.PREROUTING, HookPriority.CONNTRACK, this);
    ip.addHook(HookPoint.OUTPUT, HookPriority.CONNTRACK, this);
    ip.addHook(HookPoint.FORWARD, HookPriority.CONNTRACK, this);
    ip.addHook(HookPoint.INPUT, HookPriority.CONFIRM, this);
    ip.addHook(HookPoint.POSTROUTING, HookPriority.CONFIRM, this);
  }

  /** Says that an interface is one of the inside: whose segments without a flow get a RST. */
  public void inside(int interfaceIndex) {
    inside.set(interfaceIndex);
  }

  /** Who is told of the end of flows that have a {@link Tracked#mapping}. */
  public void listener(FlowListener listener) {
    this.listener = listener;
  }

  /** Has {@code watcher} told of all flows. Each flow costs some objects while anybody watches. */
  public void watch(FlowWatcher watcher) {
    watchers.add(watcher);
  }

  /** Tells {@code watcher} nothing more. */
  public void unwatch(FlowWatcher watcher) {
    watchers.remove(watcher);
  }

  private void tell(FlowWatcher.Event event, Tracked flow) {
    if (watchers.isEmpty()) {
      return;
    }
    FlowInfo info = FlowInfo.of(flow, state(flow), expiry.remainingNanos(flow, expiry.nowTick()));
    for (int i = 0; i < watchers.size(); i++) {
      watchers.get(i).told(event, info);
    }
  }

  // The hook.

  @Override
  public Verdict judge(HookPoint point, Packet packet) {
    return switch (point) {
      case PREROUTING -> track(packet, true);
      case OUTPUT -> track(packet, false);
      case INPUT, POSTROUTING -> confirm(packet);
      case FORWARD -> forward(packet);
    };
  }

  private Verdict track(Packet packet, boolean isReceived) {
    if (packet.flow() != null || packet.has(Packet.UNTRACKED)) {
      return Verdict.ACCEPT; // an answer of our own, and whose it is is known
    }
    if (ip.interfaces().get(packet.interfaceIndex()).isLoopback()) {
      packet.set(Packet.UNTRACKED);
      return Verdict.ACCEPT;
    }
    Refusal wrong = reader.read(packet, isReceived);
    if (wrong == null) {
      wrong = reader.isError() ? relate(packet) : follow(packet, isReceived);
    }
    if (wrong != null) {
      counters.increment(ConntrackCounter.INVALID);
      packet.flow(wrong);
    }
    return Verdict.ACCEPT;
  }

  /** The flow that has the reader's tuple, and is not over. */
  private @Nullable Tracked find(int nowTick) {
    Side side = reader.side();
    Tracked flow = side == null ? table.find(reader.tuple()) : table.find(reader.tuple(), side);
    if (flow != null && expiry.isOver(flow, nowTick)) {
      end(flow, ConntrackCounter.EXPIRED);
      return null;
    }
    return flow;
  }

  private Side sideOf(Tracked flow) {
    Side side = reader.side();
    if (side != null) {
      return side;
    }
    return reader.tuple().isOf(flow, Side.ORIGINAL) ? Side.ORIGINAL : Side.REPLY;
  }

  /** An error changes nothing of a flow, whoever sent it (RFC 5508 REQ-6, RFC 5382 REQ-10). */
  private @Nullable Refusal relate(Packet packet) {
    Tracked flow = find(expiry.nowTick());
    if (flow == null) {
      return Refusal.UNRELATED;
    }
    counters.increment(ConntrackCounter.RELATED);
    packet.set(Packet.RELATED);
    attach(packet, flow, sideOf(flow));
    return null;
  }

  private static void attach(Packet packet, Tracked flow, Side side) {
    packet.flow(flow);
    if (side == Side.REPLY) {
      packet.set(Packet.REPLY);
    }
  }

  private @Nullable Refusal follow(Packet packet, boolean isReceived) {
    int now = expiry.nowTick();
    boolean isTcp = packet.protocol() == Ipv4.PROTOCOL_TCP;
    if (isTcp) {
      tcp.read(packet);
    }
    Tracked flow = find(now);
    if (flow == null) {
      return prepare(packet, isTcp, isReceived, now);
    }
    Side side = sideOf(flow);
    String before = watchers.isEmpty() ? null : state(flow);
    boolean isRefreshed = !isReceived || isRefreshing(packet);
    if (isTcp) {
      switch (tcp.judge(flow, side)) {
        case PASS -> {}
        case PASS_UNSEEN -> isRefreshed = false;
        case RESTART -> restart(flow);
        case RESTARTED -> counters.increment(ConntrackCounter.RESTARTED);
        case OUT_OF_WINDOW -> {
          return Refusal.OUT_OF_WINDOW;
        }
        case BAD_RESET -> {
          return Refusal.BAD_RESET;
        }
      }
    }
    if (isRefreshed) {
      flow.lastSeenTick = now;
    }
    if (side == Side.REPLY && !flow.isReplied()) {
      flow.replied(true);
    }
    if (!flow.isAssured && isAssured(flow)) {
      flow.isAssured = true;
      hosts.assured(flow);
    }
    expiry.place(flow, idle(flow));
    count(packet, flow, side);
    if (before != null && !before.equals(state(flow))) {
      tell(FlowWatcher.Event.CHANGED, flow);
    }
    return null;
  }

  private static void count(Packet packet, Tracked flow, Side side) {
    flow.count(side, packet.end() - packet.network() + packet.piecesBytes());
    attach(packet, flow, side);
  }

  /** RFC 4787 REQ-6: what comes from outside must not keep a UDP flow alive for ever. */
  private boolean isRefreshing(Packet packet) {
    return packet.protocol() != Ipv4.PROTOCOL_UDP
        || config.isUdpRefreshedByInbound()
        || inside.isEmpty()
        || inside.get(packet.interfaceIndex());
  }

  private void restart(Tracked flow) {
    counters.increment(ConntrackCounter.RESTARTED);
    flow.replied(false);
    if (flow.isAssured) {
      flow.isAssured = false;
      hosts.restarted(flow);
    }
    tcp.begin(flow);
  }

  private @Nullable Refusal prepare(Packet packet, boolean isTcp, boolean isReceived, int now) {
    if (isTcp && !tcp.isFirst()) {
      boolean isFromInside = isReceived && inside.get(packet.interfaceIndex());
      return isFromInside ? Refusal.NO_FLOW_FROM_INSIDE : Refusal.NO_FLOW;
    }
    if (reader.side() == Side.REPLY) {
      return Refusal.NO_FLOW;
    }
    Tuple tuple = reader.tuple();
    Tracked flow =
        new Tracked(
            tuple.protocol,
            tuple.sourceHi,
            tuple.sourceLo,
            tuple.sourcePort(),
            tuple.destinationHi,
            tuple.destinationLo,
            tuple.destinationPort());
    if (isTcp) {
      tcp.begin(flow);
    }
    flow.lastSeenTick = now;
    count(packet, flow, Side.ORIGINAL);
    return null;
  }

  /**
   * Whether a flow is not evicted when room is sought: one that both ends take part in, as far as
   * can be told. A reply alone says little of who sends under a false address: a server behind a
   * forward answers each SYN, this host each echo request.
   */
  private static boolean isAssured(Tracked flow) {
    return switch (flow.protocol()) {
      case Ipv4.PROTOCOL_TCP -> TcpTracker.hasOpened(flow);
      case Ipv4.PROTOCOL_ICMP -> false;
      default -> flow.isReplied();
    };
  }

  private static IdleClass idle(Tracked flow) {
    return switch (flow.protocol()) {
      case Ipv4.PROTOCOL_TCP -> TcpTracker.idle(flow);
      case Ipv4.PROTOCOL_UDP -> IdleClass.UDP;
      case Ipv4.PROTOCOL_ICMP -> IdleClass.ICMP;
      default -> IdleClass.OTHER;
    };
  }

  private Verdict forward(Packet packet) {
    if (Tracked.of(packet) != null) {
      return Verdict.ACCEPT;
    }
    Refusal refusal = packet.flow() instanceof Refusal known ? known : Refusal.NO_FLOW;
    if (refusal == Refusal.NO_FLOW_FROM_INSIDE && !isReset(packet)) {
      Packet reset = Resets.answerTo(packet, ip);
      reset.set(Packet.UNTRACKED);
      ip.output(reset);
      counters.increment(ConntrackCounter.RESETS_SENT);
    }
    return Verdict.drop(refusal.reason());
  }

  private static boolean isReset(Packet segment) {
    return (TcpHeader.flags(segment.buf(), segment.transport()) & TcpHeader.RST) != 0;
  }

  // The table.

  private Verdict confirm(Packet packet) {
    Tracked flow = Tracked.of(packet);
    // An error or a reply confirms nothing: one to a refused packet is ours, a firewall's RST.
    if (flow == null || flow.isConfirmed() || packet.has(Packet.RELATED | Packet.REPLY)) {
      return Verdict.ACCEPT;
    }
    DropReason refused = refused(flow);
    if (refused != null) {
      ended(flow);
      return Verdict.drop(refused);
    }
    flow.confirmed();
    table.add(flow);
    hosts.add(flow);
    expiry.place(flow, idle(flow));
    counters.increment(ConntrackCounter.CONFIRMED);
    tell(FlowWatcher.Event.NEW, flow);
    return Verdict.ACCEPT;
  }

  /** Why a flow cannot enter the table, after room was sought; null if it can. */
  private @Nullable DropReason refused(Tracked flow) {
    if (expiry.isOver(flow, idle(flow), expiry.nowTick())) {
      return Refusal.NO_FLOW.reason();
    }
    for (Side side : SIDES) {
      probe.setTo(flow, side);
      if (isTaken(probe, side)) {
        counters.increment(ConntrackCounter.REFUSED_CLASH);
        return DropReason.CONNTRACK_CLASH;
      }
    }
    long hi = flow.sourceHi(Side.ORIGINAL);
    long lo = flow.sourceLo(Side.ORIGINAL);
    if (hosts.flows(hi, lo) >= config.maxFlowsPerHost()) {
      Tracked oldest = hosts.oldestUnassured(hi, lo);
      if (oldest == null) {
        counters.increment(ConntrackCounter.REFUSED_HOST_FULL);
        return DropReason.CONNTRACK_HOST_FULL;
      }
      end(oldest, ConntrackCounter.EVICTED_HOST_FULL);
    }
    if (table.size() >= config.maxFlows()) {
      Tracked oldest = expiry.oldestUnassured();
      if (oldest == null) {
        counters.increment(ConntrackCounter.REFUSED_TABLE_FULL);
        return DropReason.CONNTRACK_TABLE_FULL;
      }
      end(oldest, ConntrackCounter.EVICTED_TABLE_FULL);
    }
    return null;
  }

  private static final Side[] SIDES = Side.values();

  /**
   * Of ICMP queries the sides are told apart by the packets' types, of the rest by tuples alone.
   */
  private boolean isTaken(Tuple tuple, Side side) {
    boolean hasTypes = tuple.protocol == Ipv4.PROTOCOL_ICMP;
    return (hasTypes ? table.find(tuple, side) : table.find(tuple)) != null;
  }

  private void end(Tracked flow, ConntrackCounter why) {
    counters.increment(why);
    tell(FlowWatcher.Event.ENDED, flow);
    table.remove(flow);
    hosts.remove(flow, !flow.isAssured);
    expiry.remove(flow);
    ended(flow);
  }

  private void ended(Tracked flow) {
    if (flow.mapping() != null && listener != null) {
      listener.ended(flow);
    }
  }

  // What others ask.

  /** The flow of which packets on one of its sides have that tuple, or null. */
  public @Nullable Tracked find(
      int protocol,
      long sourceHi,
      long sourceLo,
      int sourcePort,
      long destinationHi,
      long destinationLo,
      int destinationPort) {
    probe.protocol = protocol;
    probe.addresses(sourceHi, sourceLo, destinationHi, destinationLo);
    probe.ports(sourcePort, destinationPort);
    return table.find(probe);
  }

  /** Ends a flow that is in the table. */
  public void delete(Tracked flow) {
    end(flow, ConntrackCounter.DELETED);
  }

  /** How many flows are in the table. */
  public int size() {
    return table.size();
  }

  /** How many flows packets from that address have begun. */
  public int flowsFrom(long hi, long lo) {
    return hosts.flows(hi, lo);
  }

  public Counters<ConntrackCounter> counters() {
    return counters;
  }

  /**
   * Up to {@code most} flows that are not over, in the order of protocol, source and destination.
   * It takes a microsecond for each.
   */
  public List<FlowInfo> snapshot(int most) {
    int now = expiry.nowTick();
    List<FlowInfo> all = new ArrayList<>();
    expiry.forEach(flow -> {
      if (all.size() < most && !expiry.isOver(flow, now)) {
        all.add(FlowInfo.of(flow, state(flow), expiry.remainingNanos(flow, now)));
      }
    });
    all.sort(FlowInfo.ORDER);
    return all;
  }

  private static String state(Tracked flow) {
    if (flow.protocol() == Ipv4.PROTOCOL_TCP) {
      return TcpTracker.state(flow);
    }
    return (flow.isReplied() ? FlowState.ESTABLISHED : FlowState.NEW).name();
  }

  /** Stops looking for flows that are over. */
  @Override
  public void close() {
    expiry.close();
  }
}
