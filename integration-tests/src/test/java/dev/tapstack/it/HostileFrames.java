package dev.tapstack.it;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.testkit.SampleFrames;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ethernet;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;

/**
 * Frames that nobody would send who means well, drawn from a seed: random ones, of which most get
 * past some checks, and valid ones to the stack with a few changes.
 */
final class HostileFrames {
  private static final int IP = Ethernet.HEADER_LENGTH;
  private static final int MIN_BYTES = Ethernet.HEADER_LENGTH;
  private static final int MAX_BYTES = Ethernet.HEADER_LENGTH + 1500;

  private static final int[] PORTS = {80, 8080, 40_000, 7, 9, 19, 81};

  private final Random random;
  private final Deque<byte[]> samples = new ArrayDeque<>();
  private final long stackMac;
  private final int subnet;
  private final int[] destinations;

  /**
   * Frames to a stack.
   *
   * @param stackMac its link address
   * @param subnet address of the /24 that they come from
   * @param destinations addresses that they go to: the stack's own, or of whom it sends on to
   */
  HostileFrames(long seed, long stackMac, String subnet, String... destinations) {
    this.stackMac = stackMac;
    this.subnet = Ipv4Address.parse(subnet).intBits();
    this.destinations =
        Arrays.stream(destinations).mapToInt(each -> Ipv4Address.parse(each).intBits()).toArray();
    random = new Random(seed);
  }

  /** Random bytes; in three of four frames the first headers lead further in. */
  byte[] random() {
    byte[] bytes = new byte[MIN_BYTES + random.nextInt(MAX_BYTES - MIN_BYTES + 1)];
    random.nextBytes(bytes);
    ByteBuf frame = Unpooled.wrappedBuffer(bytes);
    int depth = random.nextInt(4);
    if (depth >= 1) {
      Ethernet.destination(frame, 0, stackMac);
      Ethernet.source(frame, 0, 0x0200_0000_0000L | random.nextInt(1 << 24));
    }
    if (depth >= 2) {
      boolean isArp = random.nextInt(4) == 0;
      Ethernet.type(frame, 0, isArp ? Ethernet.TYPE_ARP : Ethernet.TYPE_IPV4);
      if (depth == 3 && !isArp && bytes.length >= IP + Ipv4.HEADER_LENGTH) {
        int[] protocols = {Ipv4.PROTOCOL_ICMP, Ipv4.PROTOCOL_TCP, Ipv4.PROTOCOL_UDP, 99};
        int protocol = protocols[random.nextInt(protocols.length)];
        int flags = random.nextInt(4) == 0 ? Ipv4.FLAG_MF : 0;
        Ipv4.write(
            frame,
            IP,
            bytes.length - IP,
            random.nextInt(65_536),
            flags,
            64,
            protocol,
            peer(),
            destination());
      }
    }
    return bytes;
  }

  /**
   * A valid frame to the stack with up to eight changes; half of them keep their checksums right.
   */
  byte[] mutated() {
    if (samples.isEmpty()) {
      samples.addAll(new SampleFrames(random.nextLong()).oneOfEach());
    }
    byte[] frame = addressed(samples.removeFirst());
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes; i++) {
      frame = changed(frame);
    }
    if (random.nextBoolean()) {
      rightChecksums(frame);
    }
    return frame;
  }

  /** The frame with the stack as its destination and some host of the subnet as its source. */
  private byte[] addressed(byte[] sample) {
    ByteBuf frame = Unpooled.wrappedBuffer(sample);
    Ethernet.destination(frame, 0, stackMac);
    int type = Ethernet.type(frame, 0);
    if (type == Ethernet.TYPE_ARP) {
      // Not the kernel's: it must be reachable when all is over.
      Arp.senderIp(frame, IP, subnet | 3 + random.nextInt(250));
      Arp.targetIp(frame, IP, destination());
    } else if (type == Ethernet.TYPE_IPV4) {
      Ipv4.source(frame, IP, peer());
      Ipv4.destination(frame, IP, destination());
      int transport = IP + Ipv4.headerLength(frame, IP);
      int protocol = Ipv4.protocol(frame, IP);
      boolean hasPorts = protocol == Ipv4.PROTOCOL_TCP || protocol == Ipv4.PROTOCOL_UDP;
      if (hasPorts && sample.length >= transport + Udp.HEADER_LENGTH) {
        frame.setShort(transport + 2, PORTS[random.nextInt(PORTS.length)]);
      }
      rightChecksums(sample);
    }
    return sample;
  }

  private int destination() {
    return destinations[random.nextInt(destinations.length)];
  }

  private int peer() {
    return subnet | 1 + random.nextInt(254);
  }

  private byte[] changed(byte[] frame) {
    int at = random.nextInt(frame.length);
    switch (random.nextInt(6)) {
      case 0 -> frame[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> frame[at] = (byte) random.nextInt();
      case 2 -> frame[at] = (byte) (random.nextBoolean() ? 0 : -1);
      // Headers are where it matters.
      case 3 -> frame[Math.min(at, random.nextInt(80))] = (byte) random.nextInt();
      case 4 -> {
        return Arrays.copyOf(frame, Math.max(MIN_BYTES, at));
      }
      default -> {
        return Arrays.copyOf(frame, Math.min(MAX_BYTES, frame.length + random.nextInt(100)));
      }
    }
    return frame;
  }

  /** Puts the checksums right that such a frame has, as far as its lengths make sense. */
  private static void rightChecksums(byte[] bytes) {
    ByteBuf frame = Unpooled.wrappedBuffer(bytes);
    if (bytes.length < IP + Ipv4.HEADER_LENGTH || Ethernet.type(frame, 0) != Ethernet.TYPE_IPV4) {
      return;
    }
    int transport = IP + Ipv4.headerLength(frame, IP);
    int end = Math.min(bytes.length, IP + Ipv4.totalLength(frame, IP));
    if (transport < IP + Ipv4.HEADER_LENGTH || end - transport < TcpHeader.HEADER_LENGTH) {
      return;
    }
    Ipv4.updateHeaderChecksum(frame, IP);
    int length = end - transport;
    int protocol = Ipv4.protocol(frame, IP);
    long pseudo =
        Checksum.pseudoHeader(
            Ipv4.source(frame, IP), Ipv4.destination(frame, IP), protocol, length);
    switch (protocol) {
      case Ipv4.PROTOCOL_ICMP -> Icmp4.updateChecksum(frame, transport, length);
      case Ipv4.PROTOCOL_TCP -> {
        TcpHeader.checksum(frame, transport, 0);
        long sum = Checksum.sum(pseudo, frame, transport, length);
        TcpHeader.checksum(frame, transport, Checksum.finish(sum));
      }
      case Ipv4.PROTOCOL_UDP -> {
        Udp.checksum(frame, transport, 0);
        long sum = Checksum.sum(pseudo, frame, transport, length);
        Udp.checksum(frame, transport, Checksum.finishUdp(sum));
      }
      default -> {}
    }
  }
}
