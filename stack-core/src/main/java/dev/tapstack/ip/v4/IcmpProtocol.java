package dev.tapstack.ip.v4;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.ip.EchoClient;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IcmpErrors;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.TokenBucket;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * ICMP for IPv4 (RFC 792, RFC 1122 3.2.2): answers echo, hands echo replies to who asked and
 * received errors to the transport that they are about, and builds errors about packets that cannot
 * be delivered. The loop's thread only.
 */
public final class IcmpProtocol implements TransportProtocol, IcmpErrors {
  /** RFC 1812 4.3.2.3: an error has as much of the packet as fits into 576 bytes. */
  private static final int MAX_ERROR_BYTES = 576;

  private static final int MAX_QUOTE_BYTES =
      MAX_ERROR_BYTES - Ipv4.HEADER_LENGTH - Icmp4.HEADER_LENGTH;

  /** RFC 792: a quote has at least this much behind the IP header. */
  private static final int MIN_QUOTED_PAYLOAD = 8;

  /** MTU, pointer or gateway. */
  private static final int SECOND_WORD = 4;

  /**
   * Redirects are hints: who does not follow one hears it again with a later packet. Linux sends a
   * host nine, ever more apart, and none for 20 s then; here all hosts share ten a second.
   */
  private static final int REDIRECTS_PER_SECOND = 10;

  private final IpLayer ip;
  private final StackLoop loop;
  private final Ipv4Options options;
  private final TokenBucket bucket;
  private final TokenBucket redirects;
  private final QuotedPacket quoted = new QuotedPacket();
  private final Counters<IcmpCounter> counters = new Counters<>(IcmpCounter.class);
  private @Nullable EchoClient echoClient;

  IcmpProtocol(IpLayer ip, StackLoop loop, Ipv4Options options) {
    this.ip = ip;
    this.loop = loop;
    this.options = options;
    IpConfig config = ip.config();
    bucket =
        new TokenBucket(config.icmpErrorsPerSecond(), config.icmpErrorBurst(), loop.nowNanos());
    redirects = new TokenBucket(REDIRECTS_PER_SECOND, REDIRECTS_PER_SECOND, loop.nowNanos());
  }

  /** Makes known who gets echo replies; before any packet. */
  public void echoClient(EchoClient client) {
    echoClient = client;
  }

  public Counters<IcmpCounter> counters() {
    return counters;
  }

  @Override
  public int protocol() {
    return Ipv4.PROTOCOL_ICMP;
  }

  // Up.

  @Override
  public void input(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    int length = packet.end() - at;
    if (length < Icmp4.HEADER_LENGTH) {
      packet.drop(DropReason.ICMP_TRUNCATED);
      return;
    }
    if (!Checksum.verify(buf, at, length)) {
      packet.drop(DropReason.ICMP_BAD_CHECKSUM);
      return;
    }
    switch (Icmp4.type(buf, at)) {
      case Icmp4.ECHO_REQUEST -> echo(packet);
      case Icmp4.ECHO_REPLY -> {
        if (echoClient == null || !echoClient.reply(packet)) {
          packet.drop(DropReason.ICMP_NO_SOCKET);
        }
      }
      case Icmp4.DESTINATION_UNREACHABLE, Icmp4.TIME_EXCEEDED, Icmp4.PARAMETER_PROBLEM ->
          receivedError(packet);
      // Source quench is ignored (RFC 6633 3); so are redirects, which anybody can forge.
      default -> packet.drop(DropReason.ICMP_UNKNOWN_TYPE);
    }
  }

  /** RFC 1122 3.2.2.6: the same data, from the address that was asked, with the same TOS. */
  private void echo(Packet request) {
    if (ip.isGroup(request.destinationHi(), request.destinationLo())) {
      request.drop(DropReason.ICMP_ECHO_TO_GROUP);
      return;
    }
    counters.increment(IcmpCounter.ECHO_REQUESTS_RECEIVED);
    int length = request.end() - request.transport();
    Packet reply = ip.newPacket(length);
    ByteBuf buf = reply.buf();
    int at = reply.start();
    buf.setBytes(at, request.buf(), request.transport(), length);
    reply.end(at + length);
    Icmp4.type(buf, at, Icmp4.ECHO_REPLY);
    int before = Icmp4.ECHO_REQUEST << 8 | Icmp4.code(buf, at);
    int after = Icmp4.ECHO_REPLY << 8 | Icmp4.code(buf, at);
    Icmp4.checksum(buf, at, Checksum.update16(Icmp4.checksum(buf, at), before, after));
    reply.protocol(Ipv4.PROTOCOL_ICMP);
    reply.tos(request.tos());
    reply.source(request.destinationHi(), request.destinationLo());
    reply.destination(request.sourceHi(), request.sourceLo());
    options.echo(request, reply);
    counters.increment(IcmpCounter.ECHO_REPLIES_SENT);
    ip.output(reply);
  }

  private void receivedError(Packet packet) {
    ByteBuf buf = packet.buf();
    int at = packet.transport();
    IcmpError kind = kind(Icmp4.type(buf, at), Icmp4.code(buf, at));
    if (kind == null) {
      packet.drop(DropReason.ICMP_UNKNOWN_TYPE);
      return;
    }
    int mtu = kind == IcmpError.TOO_BIG ? Icmp4.nextHopMtu(buf, at) : 0;
    if (!readQuote(buf, at + Icmp4.HEADER_LENGTH, packet.end(), mtu)) {
      packet.drop(DropReason.ICMP_BAD_QUOTE);
      return;
    }
    TransportProtocol transport = ip.transport(quoted.protocol());
    if (transport == null || !transport.error(kind, quoted)) {
      packet.drop(DropReason.ICMP_NO_SOCKET);
      return;
    }
    counters.increment(IcmpCounter.ERRORS_RECEIVED);
  }

  /** RFC 1122 3.2.2.1: the codes that were added mean host or network to a host. */
  private static @Nullable IcmpError kind(int type, int code) {
    return switch (type) {
      case Icmp4.DESTINATION_UNREACHABLE ->
          switch (code) {
            case Icmp4.CODE_NET_UNREACHABLE,
                Icmp4.CODE_SOURCE_ROUTE_FAILED,
                Icmp4.CODE_NET_UNKNOWN,
                Icmp4.CODE_SOURCE_ISOLATED,
                Icmp4.CODE_NET_TOS ->
                IcmpError.NET_UNREACHABLE;
            case Icmp4.CODE_HOST_UNREACHABLE, Icmp4.CODE_HOST_UNKNOWN, Icmp4.CODE_HOST_TOS ->
                IcmpError.HOST_UNREACHABLE;
            case Icmp4.CODE_PROTOCOL_UNREACHABLE -> IcmpError.PROTOCOL_UNREACHABLE;
            case Icmp4.CODE_PORT_UNREACHABLE -> IcmpError.PORT_UNREACHABLE;
            case Icmp4.CODE_FRAGMENTATION_NEEDED -> IcmpError.TOO_BIG;
            case Icmp4.CODE_NET_PROHIBITED,
                Icmp4.CODE_HOST_PROHIBITED,
                Icmp4.CODE_ADMIN_PROHIBITED ->
                IcmpError.PROHIBITED;
            default -> null;
          };
      case Icmp4.TIME_EXCEEDED ->
          switch (code) {
            case Icmp4.CODE_TTL_EXCEEDED -> IcmpError.TTL_EXCEEDED;
            case Icmp4.CODE_REASSEMBLY_EXCEEDED -> IcmpError.REASSEMBLY_EXCEEDED;
            default -> null;
          };
      default -> IcmpError.PARAMETER_PROBLEM;
    };
  }

  /** Reads the quoted packet; false if it is cut short, a later fragment, or not one of ours. */
  private boolean readQuote(ByteBuf buf, int at, int end, int mtu) {
    if (end - at < Ipv4.HEADER_LENGTH || Ipv4.version(buf, at) != Ipv4.VERSION) {
      return false;
    }
    int headerLength = Ipv4.headerLength(buf, at);
    int transport = at + headerLength;
    long source = Ipv4Address.mapped(Ipv4.source(buf, at));
    if (headerLength < Ipv4.HEADER_LENGTH
        || end - transport < MIN_QUOTED_PAYLOAD
        || Ipv4.totalLength(buf, at) < headerLength + MIN_QUOTED_PAYLOAD
        || Ipv4.fragmentOffset(buf, at) != 0
        || !ip.isLocal(0, source)) {
      return false;
    }
    int quoteEnd = Math.min(end, at + Ipv4.totalLength(buf, at));
    quoted.set(buf, transport, quoteEnd, Ipv4.protocol(buf, at), mtu);
    quoted.addresses(0, source, 0, Ipv4Address.mapped(Ipv4.destination(buf, at)));
    return true;
  }

  /** Errors about echo requests have somebody to tell, those about replies nobody. */
  @Override
  public boolean error(IcmpError kind, QuotedPacket about) {
    return echoClient != null && echoClient.error(kind, about);
  }

  // Errors of ours.

  @Override
  public void report(IcmpError kind, Packet about, int info) {
    int second =
        switch (kind) {
          case TOO_BIG -> info;
          case PARAMETER_PROBLEM -> info << Byte.SIZE * 3;
          default -> 0;
        };
    if (mayReport(about) && mayTake(bucket) && send(type(kind), code(kind), second, about)) {
      counters.increment(IcmpCounter.ERRORS_SENT);
    }
  }

  /** RFC 1812 5.2.7.2: for the host only; subnets differ from what its classes say. */
  void redirect(Packet about, int gateway) {
    if (mayReport(about)
        && mayTake(redirects)
        && send(Icmp4.REDIRECT, Icmp4.CODE_REDIRECT_HOST, gateway, about)) {
      counters.increment(IcmpCounter.ERRORS_SENT);
      counters.increment(IcmpCounter.REDIRECTS_SENT);
    }
  }

  private boolean mayTake(TokenBucket from) {
    boolean may = from.take(loop.nowNanos());
    if (!may) {
      counters.increment(IcmpCounter.ERRORS_RATE_LIMITED);
    }
    return may;
  }

  /** Sends an error with that second word. */
  private boolean send(int type, int code, int second, Packet about) {
    int quote = Math.min(about.end() - about.network(), MAX_QUOTE_BYTES);
    int length = Icmp4.HEADER_LENGTH + quote;
    Packet error = ip.newPacket(length);
    ByteBuf buf = error.buf();
    int at = error.start();
    Icmp4.write(buf, at, type, code);
    buf.setInt(at + SECOND_WORD, second);
    buf.setBytes(at + Icmp4.HEADER_LENGTH, about.buf(), about.network(), quote);
    error.end(at + length);
    Icmp4.updateChecksum(buf, at, length);
    error.protocol(Ipv4.PROTOCOL_ICMP);
    error.destination(about.sourceHi(), about.sourceLo());
    if (!setSource(error, about)) {
      error.drop(DropReason.IP_NO_ROUTE);
      return false;
    }
    error.relateTo(about);
    ip.output(error);
    return true;
  }

  /** RFC 1122 3.2.2: what no error may be about. */
  private boolean mayReport(Packet about) {
    ByteBuf buf = about.buf();
    int source = (int) about.sourceLo();
    boolean isToGroup =
        about.has(Packet.LINK_BROADCAST | Packet.LINK_MULTICAST)
            || ip.isGroup(about.destinationHi(), about.destinationLo());
    boolean isFromNobody =
        source >>> 24 == 0
            || source >>> 28 == 0xf
            || ip.isGroup(about.sourceHi(), about.sourceLo());
    if (isToGroup || isFromNobody || Ipv4.fragmentOffset(buf, about.network()) != 0) {
      return false;
    }
    if (about.protocol() != Ipv4.PROTOCOL_ICMP) {
      return true;
    }
    // Unknown types may be errors: only what is known to be a query is reported on.
    return about.end() > about.transport()
        && Icmp4.type(buf, about.transport()) == Icmp4.ECHO_REQUEST;
  }

  /**
   * From the address that was hit (RFC 1122 3.2.2), else from the interface's that received it: the
   * one on the sender's subnet, or its first (RFC 1812 4.3.2.4 has the interface that the error
   * leaves by, nearly always the same; where it is not, traceroute is to show the way there).
   */
  private boolean setSource(Packet error, Packet about) {
    if (ip.isLocal(about.destinationHi(), about.destinationLo())) {
      error.source(about.destinationHi(), about.destinationLo());
      return true;
    }
    boolean isReceived = about.receivedIndex() >= 0;
    int index = isReceived ? about.receivedIndex() : about.interfaceIndex();
    IpAddress own = ip.sourceOn(ip.interfaces().get(index), about.sourceHi(), about.sourceLo());
    if (own == null) {
      return false;
    }
    error.source(own.hi(), own.lo());
    return true;
  }

  private static int type(IcmpError kind) {
    return switch (kind) {
      case TTL_EXCEEDED, REASSEMBLY_EXCEEDED -> Icmp4.TIME_EXCEEDED;
      case PARAMETER_PROBLEM -> Icmp4.PARAMETER_PROBLEM;
      default -> Icmp4.DESTINATION_UNREACHABLE;
    };
  }

  private static int code(IcmpError kind) {
    return switch (kind) {
      case NET_UNREACHABLE -> Icmp4.CODE_NET_UNREACHABLE;
      case HOST_UNREACHABLE -> Icmp4.CODE_HOST_UNREACHABLE;
      case PROTOCOL_UNREACHABLE -> Icmp4.CODE_PROTOCOL_UNREACHABLE;
      case PORT_UNREACHABLE -> Icmp4.CODE_PORT_UNREACHABLE;
      case TOO_BIG -> Icmp4.CODE_FRAGMENTATION_NEEDED;
      case PROHIBITED -> Icmp4.CODE_ADMIN_PROHIBITED;
      case TTL_EXCEEDED -> Icmp4.CODE_TTL_EXCEEDED;
      case REASSEMBLY_EXCEEDED -> Icmp4.CODE_REASSEMBLY_EXCEEDED;
      case PARAMETER_PROBLEM -> Icmp4.CODE_POINTER;
    };
  }
}
