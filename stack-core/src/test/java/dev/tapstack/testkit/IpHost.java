package dev.tapstack.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.icmp.PingLayer;
import dev.tapstack.ip.IcmpError;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.QuotedPacket;
import dev.tapstack.ip.Route;
import dev.tapstack.ip.TransportProtocol;
import dev.tapstack.ip.v4.Ipv4Family;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.udp.UdpLayer;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An internet layer with ICMP and UDP between interfaces that are no devices: a test gives packets
 * as bytes, and sees what leaves as bytes. Addresses: lo 127.0.0.1/8; eth 10.0.0.1/24, gateway
 * 10.0.0.254; everything of protocol {@link V4#EXPERIMENT} is recorded. One thread.
 */
public final class IpHost implements AutoCloseable {
  public static final String ME = "10.0.0.1";
  public static final String PEER = "10.0.0.2";
  public static final String FAR = "192.0.2.9";

  private final LoopHarness harness;
  private final PacketLedger ledger = new PacketLedger();
  private final IpLayer ip;
  private final Ipv4Family v4;
  private final PingLayer ping;
  private final UdpLayer udp;
  private final Wire lo;
  private final Wire eth;
  private final Recorder recorder = new Recorder();

  /** A packet that left: its bytes from the IP header on, by which interface, to whom. */
  public record Sent(byte[] bytes, String interfaceName, String nextHop) {}

  public IpHost(LoopHarness harness) {
    this(harness, 1500, IpConfig.DEFAULTS);
  }

  /** A host whose interface eth has that MTU; closed after the test. */
  public IpHost(LoopHarness harness, int mtu, IpConfig config) {
    this.harness = harness;
    Rng rng = Rng.seeded(1, "host");
    ip = new IpLayer(harness.loop(), harness.pool(), ledger, rng, config);
    v4 = new Ipv4Family(ip, harness.loop(), rng);
    ping = new PingLayer(ip);
    v4.icmp().echoClient(ping);
    udp = new UdpLayer(ip, 256 << 10);
    ip.register(v4);
    ip.register(v4.icmp());
    ip.register(udp);
    ip.register(recorder);
    lo = new Wire(0, "lo", 65_535, "127.0.0.1/8");
    eth = new Wire(1, "eth", mtu, ME + "/24");
    ip.addInterface(lo);
    ip.addInterface(eth);
    ip.routes()
        .add(
            new Route(
                IpPrefix.parse("0.0.0.0/0"),
                Route.Kind.UNICAST,
                eth,
                IpAddress.parse("10.0.0.254")));
    harness.closeAfterTest(this);
  }

  /** An interface whose wire is a list. */
  private final class Wire implements NetInterface {
    private final int index;
    private final String name;
    private final int mtu;
    private final List<IpPrefix> addresses;
    private final List<Sent> sent = new ArrayList<>();
    private final List<String> confirmed = new ArrayList<>();
    private final List<String> doubted = new ArrayList<>();
    private boolean isUp = true;
    private boolean isStrict;

    Wire(int index, String name, int mtu, String... addresses) {
      this.index = index;
      this.name = name;
      this.mtu = mtu;
      this.addresses = Stream.of(addresses).map(IpPrefix::parse).toList();
    }

    @Override
    public int index() {
      return index;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public MacAddress mac() {
      return MacAddress.ZERO;
    }

    @Override
    public int mtu() {
      return mtu;
    }

    @Override
    public List<IpPrefix> addresses() {
      return addresses;
    }

    @Override
    public boolean isUp() {
      return isUp;
    }

    @Override
    public boolean checksReversePath() {
      return isStrict;
    }

    @Override
    public boolean isLoopback() {
      return index == 0;
    }

    @Override
    public void output(Packet packet, long nextHopHi, long nextHopLo) {
      assertEquals(packet.network(), packet.start());
      assertEquals(index, packet.interfaceIndex());
      byte[] bytes = new byte[packet.length()];
      packet.copyTo(Unpooled.wrappedBuffer(bytes), 0);
      sent.add(new Sent(bytes, name, IpAddress.of(nextHopHi, nextHopLo).toString()));
      packet.sent();
    }

    @Override
    public void confirmNeighbor(long nextHopHi, long nextHopLo) {
      confirmed.add(IpAddress.of(nextHopHi, nextHopLo).toString());
    }

    @Override
    public void doubtNeighbor(long nextHopHi, long nextHopLo) {
      doubted.add(IpAddress.of(nextHopHi, nextHopLo).toString());
    }
  }

  /** A transport that keeps what it is given. */
  public static final class Recorder implements TransportProtocol {
    private final List<byte[]> received = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private int flowPort = -1;

    @Override
    public int protocol() {
      return V4.EXPERIMENT;
    }

    @Override
    public void input(Packet packet) {
      byte[] payload = new byte[packet.end() - packet.transport()];
      packet.buf().getBytes(packet.transport(), payload);
      received.add(payload);
    }

    @Override
    public boolean error(IcmpError kind, QuotedPacket about) {
      errors.add(
          kind
              + " "
              + IpAddress.of(about.sourceHi(), about.sourceLo())
              + ">"
              + IpAddress.of(about.destinationHi(), about.destinationLo())
              + " bytes="
              + (about.end() - about.transport())
              + " first="
              + about.buf().getUnsignedByte(about.transport())
              + " mtu="
              + about.mtu());
      return flowPort < 0 || about.buf().getUnsignedShort(about.transport()) == flowPort;
    }

    /** From now on only errors about packets that begin with that 16-bit number are believed. */
    public void onlyFlow(int port) {
      flowPort = port;
    }

    /** The payloads received since the last call. */
    public List<byte[]> take() {
      List<byte[]> all = List.copyOf(received);
      received.clear();
      return all;
    }

    public List<String> errors() {
      return errors;
    }
  }

  /** Gives the host one more interface; what leaves by it is seen in {@link #sentBy}. */
  public NetInterface attach(String name, String... addresses) {
    return attach(name, 1500, addresses);
  }

  /** As the other, with an MTU. */
  public NetInterface attach(String name, int mtu, String... addresses) {
    Wire added = new Wire(ip.interfaces().size(), name, mtu, addresses);
    ip.addInterface(added);
    return added;
  }

  /** One more interface, which checks the reverse path. */
  public NetInterface attachStrict(String name, String... addresses) {
    Wire added = (Wire) attach(name, addresses);
    added.isStrict = true;
    return added;
  }

  /** Pulls an attached interface's cable. */
  public static void down(NetInterface attached) {
    ((Wire) attached).isUp = false;
  }

  public IpLayer ip() {
    return ip;
  }

  public Ipv4Family v4() {
    return v4;
  }

  public PingLayer ping() {
    return ping;
  }

  public UdpLayer udp() {
    return udp;
  }

  public NetInterface eth() {
    return eth;
  }

  public NetInterface lo() {
    return lo;
  }

  public Recorder recorder() {
    return recorder;
  }

  public PacketLedger ledger() {
    return ledger;
  }

  /** Every drop by name, the whole set. */
  public Map<String, Long> drops() {
    return ledger.drops().nonZero();
  }

  /** An IP packet arrives at eth in a frame for this host. */
  public void receive(byte[] ipPacket) {
    receive(eth, ipPacket, 0);
  }

  public void receive(V4 packet) {
    receive(packet.bytes());
  }

  /** An IP packet arrives in a frame with such a destination (the flags of {@link Packet}). */
  public void receive(NetInterface from, byte[] ipPacket, int linkFlags) {
    receive(from, ipPacket, linkFlags, 0);
  }

  /** As the others; the packet lies in a buffer of at least {@code bufferBytes}. */
  public void receive(NetInterface from, byte[] ipPacket, int linkFlags, int bufferBytes) {
    harness.turn(); // packets come in turns, which know the time
    receiveInThisTurn(from, ipPacket, linkFlags, bufferBytes);
  }

  /** As the others, inside of a turn. */
  public void receiveInThisTurn(
      NetInterface from, byte[] ipPacket, int linkFlags, int bufferBytes) {
    Packet packet =
        harness.pool().allocate(Math.max(bufferBytes, Packet.HEADROOM + 14 + ipPacket.length));
    packet.end(packet.start() + 14 + ipPacket.length);
    packet.network(packet.start() + 14);
    packet.buf().setBytes(packet.network(), ipPacket);
    packet.receivedBy(ledger, from.index());
    packet.set(linkFlags);
    ip.input(from, packet);
    packet.endOfInput();
  }

  /** What left by eth since the last call. */
  public List<Sent> sent() {
    return take(eth);
  }

  /** The only packet that left by eth since the last call. */
  public byte[] theOneSent() {
    List<Sent> all = sent();
    assertEquals(1, all.size(), "packets sent");
    return all.get(0).bytes();
  }

  /** What left by the loopback interface since the last call. */
  public List<Sent> sentToSelf() {
    return take(lo);
  }

  /** What left since the last call by an interface that was attached. */
  public List<Sent> sentBy(NetInterface attached) {
    return take((Wire) attached);
  }

  private static List<Sent> take(Wire wire) {
    List<Sent> all = List.copyOf(wire.sent);
    wire.sent.clear();
    return all;
  }

  public List<String> confirmed() {
    return eth.confirmed;
  }

  /** The neighbours at eth that were doubted, in order. */
  public List<String> doubted() {
    return eth.doubted;
  }

  /** A packet of this host, given to its internet layer. */
  public void output(String source, String destination, byte[] payload, int flags) {
    ip.output(build(source, destination, payload, flags));
  }

  /** A packet as a transport builds it. */
  public Packet build(String source, String destination, byte[] payload, int flags) {
    Packet packet = ip.newPacket(payload.length);
    packet.buf().setBytes(packet.start(), payload);
    packet.end(packet.start() + payload.length);
    packet.protocol(V4.EXPERIMENT);
    IpAddress from = IpAddress.parse(source);
    IpAddress to = IpAddress.parse(destination);
    packet.source(from.hi(), from.lo());
    packet.destination(to.hi(), to.lo());
    packet.set(flags);
    return packet;
  }

  /** Frees what the layers keep; every packet has then had its one end. */
  @Override
  public void close() {
    ping.close();
    udp.close();
    ip.close();
    assertEquals(0, ledger.keptUp(), "received packets without an end");
    assertEquals(0, ledger.keptDown(), "built packets without an end");
  }
}
