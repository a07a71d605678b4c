package dev.tapstack.testkit;

import dev.tapstack.addr.Ipv4Address;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Builds IPv4 packets byte by byte, right or wrong, without the code under test: its own checksum,
 * its own layout (RFC 791 3.1).
 */
public final class V4 {
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;

  /** Unassigned to any transport here (RFC 3692: for experiments). */
  public static final int EXPERIMENT = 253;

  private final int source;
  private final int destination;
  private int tos;
  private int id;
  private int fragmentField;
  private int ttl = 64;
  private int protocol = EXPERIMENT;
  private byte[] options = {};
  private byte[] payload = {};

  private V4(String source, String destination) {
    this.source = Ipv4Address.parse(source).intBits();
    this.destination = Ipv4Address.parse(destination).intBits();
  }

  public static V4 of(String source, String destination) {
    return new V4(source, destination);
  }

  public V4 tos(int octet) {
    tos = octet;
    return this;
  }

  public V4 id(int value) {
    id = value;
    return this;
  }

  public V4 dontFragment() {
    fragmentField |= 0x4000;
    return this;
  }

  /** Makes it a fragment, {@code offset} in bytes. */
  public V4 fragment(int offset, boolean moreFollow) {
    fragmentField = offset / 8 | (moreFollow ? 0x2000 : 0);
    return this;
  }

  public V4 ttl(int hops) {
    ttl = hops;
    return this;
  }

  public V4 protocol(int number) {
    protocol = number;
    return this;
  }

  /** The options; the caller pads them to a multiple of four. */
  public V4 options(int... octets) {
    options = octets(octets);
    return this;
  }

  public V4 payload(byte[] bytes) {
    payload = bytes;
    return this;
  }

  /** A UDP datagram with its checksum as payload. */
  public V4 udp(int sourcePort, int destinationPort, byte[] data) {
    protocol = UDP;
    int length = 8 + data.length;
    ByteBuffer udp = ByteBuffer.allocate(length);
    udp.putShort((short) sourcePort).putShort((short) destinationPort).putShort((short) length);
    udp.putShort((short) 0).put(data);
    ByteBuffer pseudo = ByteBuffer.allocate(12);
    pseudo.putInt(source).putInt(destination).putShort((short) UDP).putShort((short) length);
    int checksum = checksum(concat(pseudo.array(), udp.array()));
    udp.putShort(6, (short) (checksum == 0 ? 0xffff : checksum));
    return payload(udp.array());
  }

  /** An ICMP message with its checksum as payload; {@code rest} is the second word. */
  public V4 icmp(int type, int code, int rest, byte[] data) {
    protocol = ICMP;
    ByteBuffer icmp = ByteBuffer.allocate(8 + data.length);
    icmp.put((byte) type).put((byte) code).putShort((short) 0).putInt(rest).put(data);
    icmp.putShort(2, (short) checksum(icmp.array()));
    return payload(icmp.array());
  }

  public byte[] bytes() {
    int headerLength = 20 + options.length;
    ByteBuffer packet = ByteBuffer.allocate(headerLength + payload.length);
    packet.put((byte) (0x40 | headerLength / 4)).put((byte) tos);
    packet.putShort((short) (headerLength + payload.length));
    packet.putShort((short) id).putShort((short) fragmentField);
    packet.put((byte) ttl).put((byte) protocol).putShort((short) 0);
    packet.putInt(source).putInt(destination).put(options).put(payload);
    return withHeaderChecksum(packet.array());
  }

  /** Computes the header's checksum anew, after a field was changed by hand. */
  public static byte[] withHeaderChecksum(byte[] packet) {
    packet[10] = packet[11] = 0;
    int headerLength = Math.min((packet[0] & 15) * 4, packet.length);
    int checksum = checksum(Arrays.copyOf(packet, headerLength));
    packet[10] = (byte) (checksum >> 8);
    packet[11] = (byte) checksum;
    return packet;
  }

  /** RFC 1071 in its plainest form. */
  public static int checksum(byte[] bytes) {
    long sum = 0;
    for (int i = 0; i < bytes.length; i++) {
      sum += (i & 1) == 0 ? (bytes[i] & 0xff) << 8 : bytes[i] & 0xff;
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (int) ~sum & 0xffff;
  }

  /** {@code count} bytes that differ from their neighbours, beginning with {@code seed}. */
  public static byte[] data(int count, int seed) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (seed + i * 7 + i / 256);
    }
    return bytes;
  }

  public static byte[] octets(int... values) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int value : values) {
      out.write(value);
    }
    return out.toByteArray();
  }

  public static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
