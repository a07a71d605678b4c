package dev.tapstack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.RawPeer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * An interface 192.0.2.1/24 on a cable whose other end is in the test's hand, with a network layer
 * that keeps what it gets. Frames are written byte by byte, independent of the code under test.
 */
final class LinkFixture implements NetworkProtocol {
  static final long SECOND = 1_000_000_000L;

  /** Nothing is early, and nothing later than the timing wheel's tick. */
  static final long TICK = 1 << 20;

  static final String OWN_MAC = "020000000001";
  static final String PEER_MAC = "020000000002";
  static final String OTHER_MAC = "020000000003";
  static final String BROADCAST = "ffffffffffff";
  static final String NO_MAC = "000000000000";
  static final String OWN = "192.0.2.1";
  static final String PEER = "192.0.2.2";

  final LoopHarness harness;
  final PipeDevice pipe = new PipeDevice("eth0", "cable", 1500);
  final PacketLedger ledger = new PacketLedger();
  final DeviceInterface nif;
  final RawPeer wire;

  /** Texts of packets that came up. */
  final List<String> received = new ArrayList<>();

  final List<Integer> receivedMarks = new ArrayList<>();

  /** Texts of packets whose neighbour does not answer. */
  final List<String> unreachable = new ArrayList<>();

  /** What a router would reach by another interface. */
  String elsewhere = "";

  Runnable onUnreachable = () -> {};

  LinkFixture(LoopHarness harness) {
    this(harness, "192.0.2.1/24");
  }

  LinkFixture(LoopHarness harness, String... addresses) {
    this(harness, false, addresses);
  }

  LinkFixture(LoopHarness harness, boolean probes, String... addresses) {
    this.harness = harness;
    nif =
        new DeviceInterface(
            harness.loop(),
            harness.pool(),
            ledger,
            Rng.seeded(1, "host"),
            this,
            pipe,
            new InterfaceConfig(
                0,
                MacAddress.parse("02:00:00:00:00:01"),
                List.of(addresses).stream().map(IpPrefix::parse).toList(),
                InterfaceOptions.NONE.withProbing(probes).withProxyArp(true)));
    harness.closeAfterTest(nif);
    wire = new RawPeer(harness, pipe.peer());
  }

  /** Opens the interface, and forgets its announcements. */
  LinkFixture open() {
    nif.open();
    harness.runFor(3 * SECOND);
    wire.takeAll();
    return this;
  }

  @Override
  public void input(NetInterface from, Packet packet) {
    byte[] bytes = new byte[packet.end() - packet.network()];
    packet.buf().getBytes(packet.network(), bytes);
    received.add(new String(bytes, StandardCharsets.US_ASCII));
    receivedMarks.add(
        (packet.has(Packet.LINK_BROADCAST) ? 1 : 0) + (packet.has(Packet.LINK_MULTICAST) ? 2 : 0));
  }

  @Override
  public boolean leadsElsewhere(NetInterface asked, long hi, long lo) {
    return asked == nif && IpAddress.of(hi, lo).toString().equals(elsewhere);
  }

  @Override
  public void neighborUnreachable(NetInterface via, Packet packet) {
    byte[] bytes = new byte[packet.end() - packet.network()];
    packet.buf().getBytes(packet.network(), bytes);
    unreachable.add(new String(bytes, StandardCharsets.US_ASCII));
    packet.drop(DropReason.NEIGHBOR_UNREACHABLE);
    onUnreachable.run();
  }

  /** Sends {@code text} as if it were an IP packet. */
  void output(String text, String nextHop) {
    IpAddress to = IpAddress.parse(nextHop);
    nif.output(packet(text), to.hi(), to.lo());
  }

  Packet packet(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    Packet packet = harness.pool().allocateFor(bytes.length).builtBy(ledger);
    packet.buf().setBytes(packet.start(), bytes);
    packet.end(packet.start() + bytes.length);
    return packet;
  }

  /** A frame from the wire arrives and is handled. */
  void arrives(String... hex) {
    wire.send(HexFormat.of().parseHex(String.join("", hex)));
    harness.settle();
  }

  /** An ARP packet from the wire, in the order of RFC 826's fields. */
  void arpArrives(
      String destination, int operation, String sha, String spa, String tha, String tpa) {
    arrives(arpFrame(destination, sha, operation, sha, spa, tha, tpa));
  }

  static String arpFrame(
      String destination,
      String source,
      int operation,
      String sha,
      String spa,
      String tha,
      String tpa) {
    return destination
        + source
        + "0806"
        + "0001080006040"
        + "00"
        + operation
        + sha
        + hex(spa)
        + tha
        + hex(tpa);
  }

  static String hex(String address) {
    return HexFormat.of().formatHex(IpAddress.parse(address).toBytes());
  }

  static String hexText(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The frames that were sent, as hex, taken out. */
  List<String> sent() {
    return wire.takeAll().stream().map(HexFormat.of()::formatHex).toList();
  }

  static String request(String target) {
    return arpFrame(BROADCAST, OWN_MAC, 1, OWN_MAC, OWN, NO_MAC, target);
  }

  static String directRequest(String mac, String target) {
    return arpFrame(mac, OWN_MAC, 1, OWN_MAC, OWN, mac, target);
  }

  static String announcement(String own) {
    return arpFrame(BROADCAST, OWN_MAC, 1, OWN_MAC, own, NO_MAC, own);
  }

  static String frame(String destination, String text) {
    return destination + OWN_MAC + "0800" + hexText(text);
  }

  void peerAnswers() {
    arpArrives(OWN_MAC, 2, PEER_MAC, PEER, OWN_MAC, OWN);
  }

  /** The peer is known and has just been confirmed. */
  void resolvePeer() {
    output("first", PEER);
    harness.settle();
    peerAnswers();
    assertEquals(List.of(request(PEER), frame(PEER_MAC, "first")), sent());
  }

  NeighborState state(String address) {
    return nif.neighbors().stream()
        .filter(each -> each.address().equals(IpAddress.parse(address)))
        .map(NeighborInfo::state)
        .findFirst()
        .orElse(null);
  }

  String drops() {
    return ledger.drops().nonZero().toString();
  }

  /** For numbered packets. */
  static int number(String hexFrame) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hexFrame)).getInt(14);
  }
}
