package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceCaps;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.filter.Firewall;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.Frames;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.wire.Ethernet;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A frame of a known flow goes through a whole gateway, from the device's poll to the other
 * device's transmit, without an object being made: link, internet layer, connection tracking, NAT
 * and firewall.
 */
class GatewayAllocationTest {
  private static final int FRAMES = 20_000;
  private static final int TURN_FRAMES = 64;
  private static final DeviceCaps CAPS = new DeviceCaps(1500, true);
  private static final String ALICE = "192.168.1.2";
  private static final String BOB = "203.0.113.9";
  private static final String GATE = "203.0.113.1";
  private static final long GATEWAY_MAC = 0x02_00_00_00_00_01L;
  private static final long HOST_MAC = 0x02_00_00_00_00_02L;

  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final Wire inside = new Wire("lan");
  private final Wire outside = new Wire("wan");

  /** A device that receives one frame again and again, and counts what it is given. */
  private final class Wire implements Device {
    private final String name;
    private DeviceInput input;
    private StackLoop.Registration registration;
    private byte[] frame;
    private int waiting;
    private int transmitted;
    private byte[] last;
    private boolean keepsLast = true;

    Wire(String name) {
      this.name = name;
    }

    void receive(byte[] frame, int times) {
      this.frame = frame;
      for (int left = times; left > 0; left -= TURN_FRAMES) {
        waiting = Math.min(left, TURN_FRAMES);
        registration.announce();
        harness.turn();
      }
    }

    /** The IP packet in the last frame transmitted. */
    byte[] lastPacket() {
      return Arrays.copyOfRange(last, Ethernet.HEADER_LENGTH, last.length);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public DeviceCaps caps() {
      return CAPS;
    }

    @Override
    public void attach(DeviceInput input, StackLoop.Registration registration) {
      this.input = input;
      this.registration = registration;
    }

    @Override
    public int poll(long nowNanos, int budget) {
      int count = waiting;
      for (; waiting > 0; waiting--) {
        Packet packet = harness.pool().allocateFor(frame.length);
        packet.buf().setBytes(packet.start(), frame);
        packet.end(packet.start() + frame.length);
        input.input(packet);
      }
      return count;
    }

    @Override
    public void transmit(Packet packet) {
      transmitted++;
      if (keepsLast) {
        last = new byte[packet.length()];
        packet.copyTo(Unpooled.wrappedBuffer(last), 0);
      }
      packet.sent();
    }

    @Override
    public void flush() {}

    @Override
    public boolean isUp() {
      return true;
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void open() {
    Stack stack =
        harness.closeAfterTest(
            new Stack(
                harness.loop(),
                harness.pool(),
                StackConfig.named("gateway")
                    .forwarding(true)
                    .seed(1)
                    .attach(inside, mac(), List.of(IpPrefix.parse("192.168.1.1/24")))
                    .attach(outside, mac(), List.of(IpPrefix.parse(GATE + "/24")))
                    .build()));
    Conntrack conntrack =
        harness.closeAfterTest(
            new Conntrack(
                harness.loop(), stack.ip(), Rng.seeded(1, "flows"), ConntrackConfig.DEFAULTS));
    conntrack.inside(1);
    conntrack.install();
    NatConfig config = NatConfig.outside("wan").address(IpAddress.parse(GATE)).build();
    harness
        .closeAfterTest(new Nat(stack.ip(), harness.loop(), Rng.seeded(1, "nat"), config))
        .install(conntrack);
    Firewall firewall = new Firewall(stack.ip(), harness.loop(), line -> {});
    firewall.install();
    firewall.replace(FirewallRules.NONE.withOutside(List.of("wan")));
    inside.receive(
        Frames.arpRequest(HOST_MAC, ALICE, "192.168.1.1"),
        1); // both neighbours are known from now on
    outside.receive(Frames.arpRequest(HOST_MAC, BOB, GATE), 1);
  }

  private static MacAddress mac() {
    return new MacAddress(GATEWAY_MAC);
  }

  private static byte[] frame(byte[] packet) {
    return Frames.ipv4(HOST_MAC, GATEWAY_MAC, packet);
  }

  @Test
  void aSegmentOfAKnownConnectionAllocatesNothing() {
    String client = ALICE + ":5000";
    String server = BOB + ":80";
    inside.receive(frame(Segments.syn(client, server)), 1);
    outside.receive(
        frame(Segments.tcp(server, GATE + ":5000", Segments.SYN | Segments.ACK, 9000, 1001)), 1);
    measure(
        frame(Segments.tcp(client, server, Segments.ACK, 1001, 9001, 1448)),
        frame(Segments.tcp(server, GATE + ":5000", Segments.ACK, 9001, 1001, 1448)));
  }

  @Test
  void aDatagramOfAKnownFlowAllocatesNothing() {
    measure(
        frame(Segments.udp(ALICE + ":5000", BOB + ":53")),
        frame(Segments.udp(BOB + ":53", GATE + ":5000")));
  }

  @Test
  void anEchoOfAKnownQueryAllocatesNothing() {
    measure(
        frame(Segments.ping(ALICE + ":5000", BOB + ":0")),
        frame(Segments.pong(BOB + ":0", GATE + ":5000")));
  }

  /** Sends both ways, the second an answer to the first, with all translated as it should be. */
  private void measure(byte[] there, byte[] back) {
    send(there, back); // classes are loaded, the pool is filled
    assertEquals(BOB, address(outside.lastPacket(), 16));
    assertEquals(GATE, address(outside.lastPacket(), 12));
    assertEquals(ALICE, address(inside.lastPacket(), 16));
    Segments.read(outside.lastPacket()); // checksums
    Segments.read(inside.lastPacket());
    inside.keepsLast = outside.keepsLast = false;
    int before = inside.transmitted + outside.transmitted;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
    send(there, back);
    long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
    assertEquals(2 * FRAMES, inside.transmitted + outside.transmitted - before);
    // The measurement itself allocates a little; a single object for each packet is 16 bytes.
    assertTrue(allocated < FRAMES, allocated + " bytes for " + 2 * FRAMES + " frames");
  }

  private void send(byte[] there, byte[] back) {
    inside.receive(there, FRAMES);
    outside.receive(back, FRAMES);
  }

  private static String address(byte[] packet, int at) {
    return Ipv4Address.format(Unpooled.wrappedBuffer(packet).getInt(at));
  }
}
