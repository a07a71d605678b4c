package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.packet.Packet;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@link Rewrite} against packets that are built anew, byte by byte and with a plain checksum, with
 * the other endpoint: the rewritten packet is that packet.
 */
class RewriteTest {
  private static final int PACKETS = 2000;

  @RegisterExtension final LoopHarness harness = new LoopHarness();

  enum Kind {
    TCP,
    UDP,
    UDP_WITHOUT_CHECKSUM,
    ECHO_REQUEST,
    ECHO_REPLY,
    TIMESTAMP,
    ROUTER_SOLICITATION,
    OTHER,
    LATER_FRAGMENT
  }

  private enum Side {
    SOURCE,
    DESTINATION
  }

  /** A packet as numbers; {@link #bytes} lays it out. */
  private record Sample(
      Kind kind,
      int source,
      int destination,
      int sourcePort,
      int destinationPort,
      byte[] options,
      byte[] data) {
    static Sample random(Kind kind, Random random) {
      byte[] options = new byte[random.nextInt(4) == 0 ? 4 * random.nextInt(11) : 0];
      Arrays.fill(options, (byte) 1);
      byte[] data = new byte[random.nextInt(200)];
      random.nextBytes(data);
      return new Sample(
          kind,
          random.nextInt(),
          random.nextInt(),
          random.nextInt(65536),
          random.nextInt(65536),
          options,
          data);
    }

    boolean hasPorts() {
      return kind == Kind.TCP || kind == Kind.UDP || kind == Kind.UDP_WITHOUT_CHECKSUM;
    }

    boolean isQuery() {
      return kind == Kind.ECHO_REQUEST || kind == Kind.ECHO_REPLY || kind == Kind.TIMESTAMP;
    }

    /** With another endpoint; the identifier of a query is the same on both sides. */
    Sample with(Side side, int address, int port) {
      boolean isSource = side == Side.SOURCE;
      int newSourcePort = port >= 0 && (isSource || isQuery()) ? port : sourcePort;
      int newDestinationPort = port >= 0 && !isSource ? port : destinationPort;
      return new Sample(
          kind,
          isSource ? address : source,
          isSource ? destination : address,
          hasPorts() || isQuery() ? newSourcePort : sourcePort,
          hasPorts() ? newDestinationPort : destinationPort,
          options,
          data);
    }

    byte[] bytes() {
      V4 packet =
          V4.of(Ipv4Address.format(source), Ipv4Address.format(destination)).options(ints(options));
      int ids = sourcePort << 16 | destinationPort;
      return switch (kind) {
        case TCP -> packet.protocol(V4.TCP).payload(tcp()).bytes();
        case UDP -> packet.udp(sourcePort, destinationPort, data).bytes();
        case UDP_WITHOUT_CHECKSUM -> {
          byte[] bytes = packet.udp(sourcePort, destinationPort, data).bytes();
          bytes[20 + options.length + 6] = bytes[20 + options.length + 7] = 0;
          yield bytes;
        }
        case ECHO_REQUEST -> packet.icmp(8, 0, ids, data).bytes();
        case ECHO_REPLY -> packet.icmp(0, 0, ids, data).bytes();
        case TIMESTAMP -> packet.icmp(13, 0, ids, data).bytes();
        case ROUTER_SOLICITATION -> packet.icmp(10, 0, ids, data).bytes();
        case OTHER -> packet.payload(data).bytes();
        case LATER_FRAGMENT -> packet.protocol(V4.UDP).fragment(64, false).payload(data).bytes();
      };
    }

    private byte[] tcp() {
      int length = 20 + data.length;
      ByteBuffer tcp = ByteBuffer.allocate(length);
      tcp.putShort((short) sourcePort).putShort((short) destinationPort);
      tcp.putInt(0x12345678).putInt(0x9abcdef0).putShort((short) 0x5018).putShort((short) 1000);
      tcp.putInt(0).put(data);
      ByteBuffer pseudo = ByteBuffer.allocate(12);
      pseudo.putInt(source).putInt(destination).putShort((short) V4.TCP).putShort((short) length);
      tcp.putShort(16, (short) V4.checksum(V4.concat(pseudo.array(), tcp.array())));
      return tcp.array();
    }

    /** Where its bytes may not be cut without losing a 16-bit field that a rewrite changes. */
    int[] fields(Side side) {
      int at = 20 + options.length;
      int port = side == Side.SOURCE ? at : at + 2;
      return switch (kind) {
        case TCP -> new int[] {port, at + 16};
        case UDP, UDP_WITHOUT_CHECKSUM -> new int[] {port, at + 6};
        default -> new int[0];
      };
    }

    /** How much of it a quote must have so that its identifier is there. */
    int queryBytes() {
      return 20 + options.length + 8;
    }
  }

  private static int[] ints(byte[] bytes) {
    int[] ints = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ints[i] = bytes[i];
    }
    return ints;
  }

  /** A packet of the pool that holds these bytes, as the IP layer shows it to hooks. */
  private Packet packet(byte[] bytes) {
    Packet packet = harness.pool().allocateFor(bytes.length);
    int at = packet.start();
    packet.buf().setBytes(at, bytes);
    packet.end(at + bytes.length);
    packet.network(at);
    packet.transport(at + (bytes[0] & 15) * 4);
    return packet;
  }

  private static byte[] bytesAndFree(Packet packet) {
    byte[] bytes = new byte[packet.length()];
    packet.copyTo(Unpooled.wrappedBuffer(bytes), 0);
    packet.unused();
    return bytes;
  }

  private static void rewrite(Packet packet, Side side, int address, int port) {
    long lo = Ipv4Address.mapped(address);
    if (side == Side.SOURCE) {
      Rewrite.source(packet, 0, lo, port);
      assertEquals(lo, packet.sourceLo());
    } else {
      Rewrite.destination(packet, 0, lo, port);
      assertEquals(lo, packet.destinationLo());
    }
  }

  private static void rewriteQuote(Packet error, Side side, int address, int port) {
    if (side == Side.SOURCE) {
      Rewrite.quotedSource(error, 0, Ipv4Address.mapped(address), port);
    } else {
      Rewrite.quotedDestination(error, 0, Ipv4Address.mapped(address), port);
    }
  }

  private static int randomPort(Random random) {
    return random.nextInt(8) == 0 ? Rewrite.ADDRESS_ONLY : random.nextInt(65536);
  }

  @ParameterizedTest
  @EnumSource
  void aRewrittenPacketIsThePacketBuiltAnew(Kind kind) {
    Random random = new Random(kind.ordinal());
    for (int i = 0; i < PACKETS; i++) {
      Sample sample = Sample.random(kind, random);
      Side side = random.nextBoolean() ? Side.SOURCE : Side.DESTINATION;
      int address = random.nextInt();
      int port = randomPort(random);
      Packet packet = packet(sample.bytes());
      rewrite(packet, side, address, port);
      assertArrayEquals(
          sample.with(side, address, port).bytes(), bytesAndFree(packet), "packet " + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQuoteIsRewrittenAtEveryLengthThatItIsCutTo(Kind kind) {
    Random random = new Random(100 + kind.ordinal());
    for (int i = 0; i < PACKETS / 20; i++) {
      Sample sample = Sample.random(kind, random);
      Side side = random.nextBoolean() ? Side.SOURCE : Side.DESTINATION;
      int address = random.nextInt();
      int port = randomPort(random);
      byte[] whole = sample.bytes();
      for (int cut = 0; cut <= whole.length; cut++) {
        Packet error = packet(error(Arrays.copyOf(whole, cut)));
        rewriteQuote(error, side, address, port);
        assertArrayEquals(
            error(rewrittenQuote(sample, side, address, port, cut)),
            bytesAndFree(error),
            "packet " + i + " cut to " + cut);
      }
    }
  }

  private static byte[] error(byte[] quote) {
    return V4.of("192.0.2.1", "198.51.100.7").icmp(3, 1, 0, quote).bytes();
  }

  /** The quote of the packet built anew; what was cut in the middle of a field stays as it was. */
  private static byte[] rewrittenQuote(Sample sample, Side side, int address, int port, int cut) {
    byte[] before = Arrays.copyOf(sample.bytes(), cut);
    if (cut < 20) {
      return before;
    }
    boolean lacksIdentifier = sample.isQuery() && cut < sample.queryBytes();
    int seenPort = lacksIdentifier ? Rewrite.ADDRESS_ONLY : port;
    byte[] after = Arrays.copyOf(sample.with(side, address, seenPort).bytes(), cut);
    for (int field : sample.fields(side)) {
      if (field == cut - 1) {
        after[field] = before[field];
      }
    }
    return after;
  }

  /** RFC 5508 REQ-4, REQ-5: outer and inner header change together. */
  @Test
  void outerAndInnerHeaderOfAnErrorAreRewrittenIndependently() {
    Random random = new Random(7);
    for (int i = 0; i < PACKETS; i++) {
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      Sample sample = Sample.random(kind, random);
      int inside = random.nextInt();
      int port = random.nextInt(65536);
      Packet error = packet(error(sample.bytes()));
      rewrite(error, Side.DESTINATION, inside, port);
      rewriteQuote(error, Side.SOURCE, inside, port);
      byte[] expected =
          V4.of("192.0.2.1", Ipv4Address.format(inside))
              .icmp(3, 1, 0, sample.with(Side.SOURCE, inside, port).bytes())
              .bytes();
      assertArrayEquals(expected, bytesAndFree(error), "packet " + i + " " + kind);
    }
  }

  /** RFC 768: a computed 0 goes out as 0xffff, also in a quote. */
  @Test
  void aUdpChecksumThatComesToZeroIsSentAsAllOnes() {
    Random random = new Random(8);
    for (int i = 0; i < PACKETS; i++) {
      int address = random.nextInt();
      int port = random.nextInt(65536);
      Sample sample = Sample.random(Kind.UDP, random);
      if (sample.data().length < 2) {
        continue;
      }
      sample.data()[0] = sample.data()[1] = 0;
      byte[] other = sample.with(Side.SOURCE, address, port).bytes();
      int checksumAt = 20 + sample.options().length + 6;
      sample.data()[0] = other[checksumAt]; // what is missing to a sum of all ones
      sample.data()[1] = other[checksumAt + 1];
      byte[] before = sample.bytes();
      byte[] expected = sample.with(Side.SOURCE, address, port).bytes();
      assertEquals(-1, expected[checksumAt]);
      assertEquals(-1, expected[checksumAt + 1]);
      Packet packet = packet(before);
      rewrite(packet, Side.SOURCE, address, port);
      assertArrayEquals(expected, bytesAndFree(packet));
      Packet error = packet(error(before));
      rewriteQuote(error, Side.SOURCE, address, port);
      assertArrayEquals(error(expected), bytesAndFree(error));
    }
  }

  /** The receiver, not the NAT, is to see that it is damaged. */
  @ParameterizedTest
  @EnumSource(names = {"TCP", "UDP", "ECHO_REQUEST"})
  void aWrongChecksumStaysWrong(Kind kind) {
    Random random = new Random(9);
    for (int i = 0; i < PACKETS; i++) {
      Sample sample = Sample.random(kind, random);
      if (sample.data().length == 0) {
        continue;
      }
      byte[] damaged = sample.bytes();
      damaged[damaged.length - 1] ^= 0x10;
      int address = random.nextInt();
      int port = random.nextInt(65536);
      byte[] expected = sample.with(Side.SOURCE, address, port).bytes();
      expected[expected.length - 1] ^= 0x10;
      Packet packet = packet(damaged);
      rewrite(packet, Side.SOURCE, address, port);
      assertArrayEquals(expected, bytesAndFree(packet));
    }
  }

  /** A packet of our own going down: its payload lies elsewhere and is not touched. */
  @Test
  void payloadThatLiesElsewhereIsNeitherReadNorWritten() {
    Sample sample = Sample.random(Kind.TCP, new Random(10));
    byte[] whole = sample.bytes();
    int headers = 40 + sample.options().length;
    ByteBuf payload = Unpooled.wrappedBuffer(sample.data());
    Packet packet = packet(Arrays.copyOf(whole, headers));
    packet.addPiece(payload, 0, sample.data().length);
    rewrite(packet, Side.SOURCE, 0x0a000001, 4242);
    assertNotEquals(0, sample.data().length);
    assertArrayEquals(sample.with(Side.SOURCE, 0x0a000001, 4242).bytes(), bytesAndFree(packet));
  }
}
