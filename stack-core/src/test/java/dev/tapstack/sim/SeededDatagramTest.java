package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * UDP and ping over links that lose, double, damage and reorder, fragments and ARP included: a
 * datagram arrives whole or not at all.
 */
class SeededDatagramTest {
  private static final int DATAGRAMS = 60;
  private static final int MAX_BYTES = 20_000;
  private static final int PING_BYTES = 4000;

  /**
   * Two fragments of a datagram, damaged in the same column by one bit each, may have the sum that
   * they had before (RFC 1071): no checksum sees that. Anything else changes far more bits.
   */
  private static final int UNSEEN_BITS = 4;

  private static final long RETRY_NANOS = 100_000_000;
  private static final StreamBytes BYTES = new StreamBytes(0);

  private static long fragments;
  private static long arpFrames;
  private static long damaged;
  private static long incomplete;
  private static long pongs;

  static LongStream seeds() {
    return Seeds.all().limit(50);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void arriveWholeOrNotAtAll(long seed) {
    Seeds.run(SeededDatagramTest.class, seed, SeededDatagramTest::run);
  }

  private static void run(long seed, @Nullable Path captureTo) {
    SplittableRandom random = new SplittableRandom(seed);
    FaultProfile faults =
        FaultProfile.NONE
            .withLoss(random.nextDouble() * 0.1)
            .withDuplication(random.nextDouble() * 0.1)
            .withCorruption(random.nextDouble() * 0.05)
            .withReordering(random.nextDouble() * 0.1, 20_000_000)
            .withDelay(random.nextLong(20_000_000), 5_000_000);
    int mtu = random.nextInt(576, 3000);
    try (SimNet net = SimNet.seeded(seed).observe((from, frame, now) -> count(frame))) {
      if (captureTo != null) {
        net.captureTo(captureTo);
      }
      SimHost a = net.host(HostSpec.named("a").port("10.0.0.1/24", mtu));
      SimHost b = net.host(HostSpec.named("b").port("10.0.0.2/24", mtu));
      net.link(a, b, faults);
      echo(b);
      Asker asker = new Asker(a, b, random);
      asker.ask();
      assertTrue(net.runUntil(asker::hasAll, Duration.ofMinutes(10)), "not all were answered");
      net.runUntilIdle(Duration.ofMinutes(10));
      damaged += drops(a, "udp-bad-checksum") + drops(b, "udp-bad-checksum");
      damaged += drops(a, "ip-bad-checksum") + drops(b, "ip-bad-checksum");
      incomplete += drops(a, "fragment-timeout") + drops(b, "fragment-timeout");
      pongs += drops(a, "icmp-no-socket"); // that is where an answer ends which nobody waits for
    }
  }

  private static long drops(SimHost host, String reason) {
    return host.stack().ledger().drops().nonZero().getOrDefault(reason, 0L);
  }

  private static void count(Packet frame) {
    int type = Ethernet.type(frame.buf(), frame.start());
    int ip = frame.start() + Ethernet.HEADER_LENGTH;
    arpFrames += type == Ethernet.TYPE_ARP ? 1 : 0;
    fragments += type == Ethernet.TYPE_IPV4 && Ipv4.isFragment(frame.buf(), ip) ? 1 : 0;
  }

  private static void echo(SimHost host) {
    UdpSocket unused =
        host.stack()
            .bindUdp(
                new Endpoint(Ipv4Address.ANY, 7),
                socket -> {
                  for (UdpDatagram each = socket.receive(); each != null; each = socket.receive()) {
                    socket.reply(each, each.buf().slice(each.payloadIndex(), each.payloadBytes()));
                  }
                });
    assertTrue(unused.local().port() == 7);
  }

  /** Sends datagrams of its own number and length until each has been answered; pings as well. */
  private static final class Asker {
    private final SimHost from;
    private final SimHost to;
    private final int[] lengths;
    private final UdpSocket socket;
    private final BitSet answered = new BitSet();
    private final Timer again = new Timer(now -> ask());

    Asker(SimHost from, SimHost to, SplittableRandom random) {
      this.from = from;
      this.to = to;
      lengths = random.ints(DATAGRAMS, 4, MAX_BYTES).toArray();
      socket = from.stack().bindUdp(new Endpoint(Ipv4Address.ANY, 0), this::answers);
    }

    boolean hasAll() {
      return answered.cardinality() == DATAGRAMS;
    }

    void ask() {
      int number = answered.nextClearBit(0);
      for (int i = 0; i < 3 && number < DATAGRAMS; i++) {
        ByteBuf payload = Unpooled.buffer(lengths[number]);
        payload.writeInt(number).writeBytes(BYTES.slice(number, lengths[number] - 4L));
        socket.send(to.endpoint(7), payload);
        number = answered.nextClearBit(number + 1);
      }
      ping();
      if (!hasAll()) {
        from.stack().arm(again, RETRY_NANOS);
      }
    }

    private void answers(UdpSocket unused) {
      UdpDatagram datagram = socket.receive();
      int at = datagram.payloadIndex();
      int number = datagram.buf().getInt(at);
      assertTrue(number >= 0 && number < DATAGRAMS, "number " + number);
      assertTrue(datagram.payloadBytes() == lengths[number], "cut or joined");
      int bits = BYTES.damagedBits(number, datagram.buf(), at + 4, lengths[number] - 4);
      assertTrue(bits <= UNSEEN_BITS, bits + " wrong bits");
      answered.set(number);
    }

    private void ping() {
      Packet packet = from.stack().ip().newPacket(PING_BYTES);
      ByteBuf buf = packet.buf();
      int at = packet.start();
      buf.setZero(at, Icmp4.HEADER_LENGTH);
      Icmp4.type(buf, at, Icmp4.ECHO_REQUEST);
      ByteBuf bytes = BYTES.slice(0, PING_BYTES - Icmp4.HEADER_LENGTH);
      buf.setBytes(at + Icmp4.HEADER_LENGTH, bytes, 0, bytes.readableBytes());
      Icmp4.checksum(buf, at, Checksum.finish(Checksum.sum(0, buf, at, PING_BYTES)));
      packet.end(at + PING_BYTES);
      packet.protocol(Ipv4.PROTOCOL_ICMP);
      packet.source(from.address().hi(), from.address().lo());
      packet.destination(to.address().hi(), to.address().lo());
      from.stack().ip().output(packet);
    }
  }

  @AfterAll
  static void everythingHasHappened() {
    if (!Seeds.isOne()) {
      assertTrue(fragments > 1000, fragments + " fragments");
      assertTrue(arpFrames > 4 * seeds().count(), arpFrames + " frames of ARP");
      assertTrue(damaged > 0, "nothing was damaged");
      assertTrue(incomplete > 0, "no datagram stayed incomplete");
      assertTrue(pongs > seeds().count(), pongs + " pings were answered");
    }
  }
}
