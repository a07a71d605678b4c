package dev.tapstack.nat;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.FlowListener;
import dev.tapstack.conntrack.Side;
import dev.tapstack.conntrack.Tracked;
import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.HookPriority;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Verdict;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Translates addresses between inside and outside (RFC 4787 for UDP, RFC 5382 for TCP, RFC 5508 for
 * ICMP): a hook behind conntrack's at PREROUTING and OUTPUT, where destinations change, and before
 * it at POSTROUTING, where sources do. The loop's thread only.
 *
 * <p>Theory of operation. Only the first packet of a flow is thought about; what becomes of it is
 * written into the flow's reply tuple, and every packet is rewritten by the flow's two tuples
 * alone: in each direction the new destination is the source of the other side, and the new source
 * the destination of the other side. An ICMP error about a packet of the flow has the quoted packet
 * turned back in the same way.
 *
 * <p>A flow that leaves on the outside is given its inside endpoint's mapping, the same whomever it
 * goes to. A flow to an outside endpoint goes to the inside endpoint of its mapping, if its sender
 * may; one that comes from inside may always, and is shown from its own outside endpoint
 * (hairpinning). A mapping lives as long as one of its flows; forwards are mappings that stay.
 */
public final class Nat extends Hook implements FlowListener, AutoCloseable {
  private final IpLayer ip;
  private final NatConfig config;
  private final Counters<NatCounter> counters = new Counters<>(NatCounter.class);
  private final OutsideAddresses outside;
  private final Mappings mappings;
  private final @Nullable HeldSyns heldSyns;
  private final OutsideGuard guard;

  /** What a flow keeps that has two mappings: from inside to inside. */
  private record Hairpin(Mapping from, Mapping to) {}

  /**
   * Reserves the ports of all forwards.
   *
   * @param ip with all interfaces
   * @throws IllegalArgumentException if an interface or address is not this host's, or a forward's
   *     port is taken
   */
  public Nat(IpLayer ip, StackLoop loop, Rng rng, NatConfig config) {
    this.ip = ip;
    this.config = config;
    outside = new OutsideAddresses(ip, config.outside());
    mappings = new Mappings(ip, loop, rng, config, outside, counters);
    heldSyns = config.answersSyns() ? new HeldSyns(loop, ip, counters) : null;
    guard = new OutsideGuard(outside, config);
  }

  /** Adds it to its points, for the flows of {@code conntrack}, which tells it of their end. */
  public void install(Conntrack conntrack) {
    conntrack.listener(this);
    ip.addHook(HookPoint.PREROUTING, HookPriority.NAT_DESTINATION, this);
    ip.addHook(HookPoint.OUTPUT, HookPriority.NAT_DESTINATION, this);
    ip.addHook(HookPoint.POSTROUTING, HookPriority.NAT_SOURCE, this);
    ip.addHook(HookPoint.POSTROUTING, HookPriority.LAST, guard);
  }

  public NatConfig config() {
    return config;
  }

  /** The blocks that ports are given in, or null. */
  public @Nullable PortBlocks blocks() {
    return mappings.blocks();
  }

  public Counters<NatCounter> counters() {
    return counters;
  }

  /** All mappings, forwards included: by protocol, then inside endpoint, then outside endpoint. */
  public List<MappingInfo> mappings() {
    return mappings.all();
  }

  @Override
  public Verdict judge(HookPoint point, Packet packet) {
    return switch (point) {
      case PREROUTING, OUTPUT -> destination(packet);
      case POSTROUTING -> source(packet);
      case INPUT, FORWARD -> Verdict.ACCEPT;
    };
  }

  private static boolean isUndecided(Packet packet, Tracked flow) {
    return !flow.isConfirmed() && !packet.has(Packet.REPLY) && !packet.has(Packet.RELATED);
  }

  // Destinations.

  private Verdict destination(Packet packet) {
    Tracked flow = Tracked.of(packet);
    if (flow == null) {
      return outside.arrivedOutside(packet) && isToUs(packet) ? unasked(packet) : Verdict.ACCEPT;
    }
    if (isUndecided(packet, flow) && isToUs(packet)) {
      Verdict verdict = chooseDestination(packet, flow);
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
    }
    rewriteDestination(packet, flow, Tracked.side(packet));
    return Verdict.ACCEPT;
  }

  private boolean isToUs(Packet packet) {
    return outside.contains(packet.destinationHi(), packet.destinationLo());
  }

  /** The first packet of a flow to an outside address. */
  private Verdict chooseDestination(Packet packet, Tracked flow) {
    long hi = flow.destinationHi(Side.ORIGINAL);
    long lo = flow.destinationLo(Side.ORIGINAL);
    int port = flow.destinationPort(Side.ORIGINAL);
    Mapping to = mappings.toOutside(flow);
    if (to != null) {
      // RFC 4787 REQ-9: what comes from inside is not filtered.
      if (outside.arrivedOutside(packet) && !isLetIn(to, flow)) {
        return refuse(packet, DropReason.NAT_FILTERED);
      }
      flow.replySource(to.insideHi, to.insideLo, to.insidePort);
      return Verdict.ACCEPT;
    }
    IpAddress inside = mappings.oneToOneInside(hi, lo);
    if (inside != null) {
      flow.replySource(inside.hi(), inside.lo(), port);
      return Verdict.ACCEPT;
    }
    return outside.arrivedOutside(packet) ? unasked(packet) : Verdict.ACCEPT;
  }

  /** RFC 4787 REQ-8. An endpoint that the mapping has a flow with has passed as that flow. */
  private boolean isLetIn(Mapping to, Tracked flow) {
    return to.isStatic()
        || switch (config.filtering()) {
          case ENDPOINT_INDEPENDENT -> true;
          case ADDRESS_DEPENDENT ->
              mappings.hasPeer(to, flow.sourceHi(Side.ORIGINAL), flow.sourceLo(Side.ORIGINAL));
          case ADDRESS_AND_PORT_DEPENDENT -> false;
        };
  }

  /**
   * From outside, to an outside address, of no flow: for this host if a socket of its own has that
   * port; ICMP is for the host as well. All else meets silence (RFC 5382 REQ-4), so that a scan of
   * ports or protocols learns nothing.
   */
  private Verdict unasked(Packet packet) {
    int protocol = packet.protocol();
    if (protocol == Ipv4.PROTOCOL_ICMP) {
      return Verdict.ACCEPT;
    }
    boolean hasPort =
        (protocol == Ipv4.PROTOCOL_TCP || protocol == Ipv4.PROTOCOL_UDP)
            && packet.end() - packet.transport() >= 2 * Short.BYTES;
    if (!hasPort) {
      return refuse(packet, DropReason.NAT_UNSOLICITED);
    }
    int port = packet.buf().getUnsignedShort(packet.transport() + Short.BYTES);
    return mappings.isOfThisHost(protocol, packet.destinationHi(), packet.destinationLo(), port)
        ? Verdict.ACCEPT
        : refuse(packet, DropReason.NAT_UNSOLICITED);
  }

  private Verdict refuse(Packet packet, DropReason reason) {
    boolean isHeld = heldSyns != null && isSyn(packet) && heldSyns.hold(packet);
    return isHeld ? Verdict.STOLEN : Verdict.drop(reason);
  }

  private static boolean isSyn(Packet packet) {
    return packet.protocol() == Ipv4.PROTOCOL_TCP
        && packet.end() - packet.transport() >= TcpHeader.HEADER_LENGTH
        && (TcpHeader.flags(packet.buf(), packet.transport())
                & (TcpHeader.SYN | TcpHeader.ACK | TcpHeader.RST))
            == TcpHeader.SYN;
  }

  private static void rewriteDestination(Packet packet, Tracked flow, Side side) {
    Side other = side.other();
    long hi = flow.sourceHi(other);
    long lo = flow.sourceLo(other);
    int port = flow.sourcePort(other);
    if (flow.destinationLo(side) == lo
        && flow.destinationPort(side) == port
        && flow.destinationHi(side) == hi) {
      return;
    }
    // Of an ICMP query only the host that asks has a port, its identifier.
    boolean hasPort = flow.protocol() != Ipv4.PROTOCOL_ICMP || other == Side.ORIGINAL;
    int rewritten = hasPort ? port : Rewrite.ADDRESS_ONLY;
    if (packet.has(Packet.RELATED)) {
      Rewrite.destination(packet, hi, lo, Rewrite.ADDRESS_ONLY);
      Rewrite.quotedSource(packet, hi, lo, rewritten);
    } else {
      Rewrite.destination(packet, hi, lo, rewritten);
    }
  }

  // Sources.

  private Verdict source(Packet packet) {
    Tracked flow = Tracked.of(packet);
    if (flow == null) {
      return Verdict.ACCEPT;
    }
    if (isUndecided(packet, flow)) {
      Verdict verdict = chooseSource(packet, flow);
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
    }
    rewriteSource(packet, flow, Tracked.side(packet));
    if (flow.protocol() == Ipv4.PROTOCOL_UDP
        && flow.mapping() instanceof Mapping shown
        && outside.leavesOutside(packet)
        && !packet.has(Packet.RELATED)) {
      shown.lastSender = flow;
    }
    return Verdict.ACCEPT;
  }

  /**
   * The first packet of a flow leaves; only now does it hold its mappings. From outside to inside
   * only what was sent to an outside address gets so far: who knows an inside address and has a
   * route to it meets the same silence as others.
   */
  private Verdict chooseSource(Packet packet, Tracked flow) {
    long hi = flow.sourceHi(Side.ORIGINAL);
    long lo = flow.sourceLo(Side.ORIGINAL);
    boolean hasNewDestination =
        flow.sourceLo(Side.REPLY) != flow.destinationLo(Side.ORIGINAL)
            || flow.sourceHi(Side.REPLY) != flow.destinationHi(Side.ORIGINAL);
    boolean isHairpin =
        hasNewDestination && outside.arrivedInside(packet) && !outside.leavesOutside(packet);
    boolean goesOut =
        outside.leavesOutside(packet)
            && !outside.arrivedOutside(packet)
            && !outside.contains(hi, lo)
            && !config.isUntranslated(
                flow.destinationHi(Side.ORIGINAL), flow.destinationLo(Side.ORIGINAL));
    if (!hasNewDestination && outside.arrivedOutside(packet) && !outside.leavesOutside(packet)) {
      return Verdict.drop(DropReason.NAT_UNSOLICITED);
    }
    Mapping from = null;
    if (goesOut || isHairpin) {
      IpAddress own = mappings.oneToOneOutside(hi, lo);
      if (own != null) {
        flow.replyDestination(own.hi(), own.lo(), flow.sourcePort(Side.ORIGINAL));
      } else if (mappings.havePorts(flow.protocol())) {
        from = mappings.ofInside(flow);
        if (from == null) {
          return refuseForLackOfRoom(packet);
        }
        flow.replyDestination(from.outsideHi, from.outsideLo, from.outsidePort);
      } else {
        IpAddress shared = mappings.sharedAddressOf(hi, lo);
        flow.replyDestination(shared.hi(), shared.lo(), 0);
      }
      counters.increment(isHairpin ? NatCounter.HAIRPIN_FLOWS : NatCounter.SOURCE_FLOWS);
    }
    if (hasNewDestination) {
      counters.increment(NatCounter.DESTINATION_FLOWS);
    }
    Mapping to = hasNewDestination ? mappings.toOutside(flow) : null;
    begin(flow, from, to);
    if (to != null && !to.isStatic() && outside.arrivedOutside(packet)) {
      beginFromOutside(flow, to);
    }
    return Verdict.ACCEPT;
  }

  /**
   * A filter lets strangers send to a mapping; but were each a new reason to keep it, they could
   * keep it for ever (RFC 4787 REQ-6, RFC 7857 7). So a flow that a datagram from outside begins is
   * as old as the last datagram that left from the mapping.
   */
  private static void beginFromOutside(Tracked flow, Mapping to) {
    Tracked last = to.lastSender;
    if (last != null) {
      flow.idleSince(last);
    }
  }

  /** RFC 5508 REQ-8: the host is told, with code 13 (RFC 6888 REQ-11 has code 1); others go on. */
  private Verdict refuseForLackOfRoom(Packet packet) {
    ip.report(IcmpError.PROHIBITED, packet, 0);
    return Verdict.drop(mappings.shortage().reason);
  }

  private void rewriteSource(Packet packet, Tracked flow, Side side) {
    Side other = side.other();
    long hi = flow.destinationHi(other);
    long lo = flow.destinationLo(other);
    int port = flow.destinationPort(other);
    if (flow.sourceLo(side) == lo && flow.sourcePort(side) == port && flow.sourceHi(side) == hi) {
      return;
    }
    boolean hasPort = flow.protocol() != Ipv4.PROTOCOL_ICMP || other == Side.REPLY;
    int rewritten = hasPort ? port : Rewrite.ADDRESS_ONLY;
    if (!packet.has(Packet.RELATED)) {
      Rewrite.source(packet, hi, lo, rewritten);
      return;
    }
    Rewrite.quotedDestination(packet, hi, lo, rewritten);
    // RFC 5508 REQ-5 c): from the host itself as from its mapping, from a router inside likewise.
    boolean isFromHost =
        packet.sourceLo() == flow.sourceLo(side) && packet.sourceHi() == flow.sourceHi(side);
    boolean showsInside =
        outside.leavesOutside(packet) && !outside.contains(packet.sourceHi(), packet.sourceLo());
    if (isFromHost || showsInside) {
      Rewrite.source(packet, hi, lo, Rewrite.ADDRESS_ONLY);
    }
  }

  // Flows and their mappings.

  private void begin(Tracked flow, @Nullable Mapping from, @Nullable Mapping to) {
    if (from != null) {
      mappings.hold(from, flow.destinationHi(Side.ORIGINAL), flow.destinationLo(Side.ORIGINAL));
      if (heldSyns != null && flow.protocol() == Ipv4.PROTOCOL_TCP) {
        heldSyns.leaves(
            from,
            flow.destinationHi(Side.ORIGINAL),
            flow.destinationLo(Side.ORIGINAL),
            flow.destinationPort(Side.ORIGINAL));
      }
    }
    if (to != null) {
      mappings.hold(to, flow.destinationHi(Side.REPLY), flow.destinationLo(Side.REPLY));
    }
    if (from != null && to != null) {
      flow.mapping(new Hairpin(from, to));
    } else {
      flow.mapping(from != null ? from : to);
    }
  }

  @Override
  public void ended(Tracked flow) {
    Object kept = flow.mapping();
    flow.mapping(null);
    if (kept instanceof Hairpin both) {
      releaseFrom(flow, both.from());
      releaseTo(flow, both.to());
    } else if (kept instanceof Mapping one) {
      boolean isTo = one == mappings.toOutside(flow);
      if (isTo) {
        releaseTo(flow, one);
      } else {
        releaseFrom(flow, one);
      }
    }
  }

  private void releaseFrom(Tracked flow, Mapping from) {
    mappings.release(from, flow.destinationHi(Side.ORIGINAL), flow.destinationLo(Side.ORIGINAL));
  }

  private void releaseTo(Tracked flow, Mapping to) {
    mappings.release(to, flow.destinationHi(Side.REPLY), flow.destinationLo(Side.REPLY));
  }

  /** Gives back what is held; the host's reservations go with the host. */
  @Override
  public void close() {
    if (heldSyns != null) {
      heldSyns.close();
    }
  }
}
