package dev.tapstack.tcp;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.v4.Ipv4Family;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.StackContext;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.testkit.LoopHarness;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Predicate;

/**
 * Two hosts of internet layer and TCP alone, whose interfaces hand packets to each other after a
 * fixed delay, without a link: for tests of TCP that need a second TCP and no more.
 */
final class TwoHosts {
  final Host a;
  final Host b;
  private final LoopHarness harness;
  private final long delayNanos;

  /** Decides which packets are lost: true for lost. Asked for each in the order of sending. */
  Predicate<Packet> loss = packet -> false;

  TwoHosts(LoopHarness harness, long delayNanos, int mtu) {
    this.harness = harness;
    this.delayNanos = delayNanos;
    this.a = new Host("a", "10.0.0.1/24", mtu);
    this.b = new Host("b", "10.0.0.2/24", mtu);
    a.peer = b;
    b.peer = a;
  }

  /** One of the two. */
  final class Host implements NetInterface, AutoCloseable {
    final PacketLedger ledger = new PacketLedger();
    final IpLayer ip;
    final TcpLayer tcp;
    private final String name;
    private final IpPrefix address;
    private final int mtu;
    private Host peer = this;

    Host(String name, String address, int mtu) {
      this.name = name;
      this.address = IpPrefix.parse(address);
      this.mtu = mtu;
      Rng rng = Rng.seeded(1, name);
      ip = new IpLayer(harness.loop(), harness.pool(), ledger, rng, IpConfig.DEFAULTS);
      ip.register(new Ipv4Family(ip, harness.loop(), rng));
      ip.addInterface(this);
      StackContext none =
          (StackContext)
              Proxy.newProxyInstance(
                  StackContext.class.getClassLoader(),
                  new Class<?>[] {StackContext.class},
                  (proxy, method, arguments) -> {
                    throw new AssertionError("no stack here");
                  });
      tcp = new TcpLayer(ip, harness.loop(), rng, none);
      ip.register(tcp);
      harness.closeAfterTest(this);
    }

    IpAddress ipAddress() {
      return address.address();
    }

    @Override
    public void output(Packet packet, long nextHopHi, long nextHopLo) {
      if (loss.test(packet)) {
        packet.drop(DropReason.FAULT_LOSS);
        return;
      }
      int length = packet.length();
      Packet copy = harness.pool().allocateFor(length);
      packet.copyTo(copy.buf(), copy.start());
      copy.network(copy.start());
      copy.end(copy.start() + length);
      packet.sent();
      if (delayNanos == 0) {
        harness.loop().register((now, budget) -> peer.receive(copy)).announce();
      } else {
        harness.loop().armIn(new Timer(now -> peer.receive(copy)), delayNanos);
      }
    }

    private int receive(Packet packet) {
      packet.receivedBy(ledger, 0);
      ip.input(this, packet);
      packet.endOfInput();
      return 0;
    }

    @Override
    public void close() {
      tcp.close();
      ip.close();
      harness.settle();
    }

    @Override
    public int index() {
      return 0;
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
      return List.of(address);
    }

    @Override
    public boolean isUp() {
      return true;
    }

    @Override
    public boolean isLoopback() {
      return false;
    }

    @Override
    public void confirmNeighbor(long nextHopHi, long nextHopLo) {}

    @Override
    public void doubtNeighbor(long nextHopHi, long nextHopLo) {}
  }
}
