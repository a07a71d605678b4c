package dev.tapstack.nat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Packets of NAT's tests: built, and read as a line of text with every checksum verified. */
final class Segments {
  static final int SYN = 2;
  static final int RST = 4;
  static final int ACK = 16;

  private Segments() {}

  private static V4 between(String from, String to) {
    return V4.of(host(from), host(to));
  }

  private static String host(String endpoint) {
    return endpoint.split(":")[0];
  }

  private static int port(String endpoint) {
    return Integer.parseInt(endpoint.split(":")[1]);
  }

  /** A datagram "192.168.1.2:5000" to "203.0.113.9:53" with four bytes. */
  static byte[] udp(String from, String to) {
    return between(from, to).udp(port(from), port(to), V4.octets(1, 2, 3, 4)).bytes();
  }

  static byte[] tcp(String from, String to, int flags, int seq, int ack) {
    return tcp(from, to, flags, seq, ack, 0);
  }

  /** A segment with {@code textBytes} zeros of text. */
  static byte[] tcp(String from, String to, int flags, int seq, int ack, int textBytes) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + textBytes);
    tcp.putShort((short) port(from)).putShort((short) port(to)).putInt(seq).putInt(ack);
    tcp.put((byte) 0x50).put((byte) flags).putShort((short) 65535).putInt(0);
    return TcpCodec.withChecksum(between(from, to).protocol(V4.TCP).payload(tcp.array()).bytes());
  }

  static byte[] syn(String from, String to) {
    return tcp(from, to, SYN, 1000, 0);
  }

  /** An echo request; its identifier stands for the sender's port: "192.168.1.2:77". */
  static byte[] ping(String from, String to) {
    return between(from, to).icmp(8, 0, port(from) << 16 | 1, V4.octets(5, 6)).bytes();
  }

  /** An echo reply to the identifier "203.0.113.1:77". */
  static byte[] pong(String from, String to) {
    return between(from, to).icmp(0, 0, port(to) << 16 | 1, V4.octets(5, 6)).bytes();
  }

  /** An ICMP error of {@code type} that quotes the first {@code quoted} bytes of {@code about}. */
  static byte[] error(String from, int type, byte[] about, int quoted) {
    String to = Ipv4Address.format(ByteBuffer.wrap(about).getInt(12));
    byte[] quote = Arrays.copyOf(about, Math.min(quoted, about.length));
    return V4.of(from, to).icmp(type, type == 3 ? 1 : 0, 0, quote).bytes();
  }

  /**
   * "UDP 192.168.1.2:5000 > 203.0.113.9:53", "SYN ...", "PING 192.168.1.2:77 > 203.0.113.9", or
   * "ERROR 3 from > to about [UDP ...]".
   */
  static String read(byte[] packet) {
    assertEquals(0, V4.checksum(Arrays.copyOf(packet, (packet[0] & 15) * 4)), "header checksum");
    ByteBuffer bytes = ByteBuffer.wrap(packet);
    int at = (packet[0] & 15) * 4;
    String from = Ipv4Address.format(bytes.getInt(12));
    String to = Ipv4Address.format(bytes.getInt(16));
    if (packet.length < at + 8) {
      return "CUT " + from + " > " + to;
    }
    int first = bytes.getShort(at) & 0xffff;
    int second = bytes.getShort(at + 2) & 0xffff;
    byte[] payload = Arrays.copyOfRange(packet, at, packet.length);
    boolean isWhole = packet.length >= (bytes.getShort(2) & 0xffff);
    switch (packet[9]) {
      case V4.UDP -> {
        if (isWhole && bytes.getShort(at + 6) != 0) {
          assertEquals(0, withPseudoHeader(packet, payload), "UDP checksum");
        }
        return "UDP " + from + ":" + first + " > " + to + ":" + second;
      }
      case V4.TCP -> {
        if (isWhole) {
          assertEquals(0, withPseudoHeader(packet, payload), "TCP checksum");
        }
        String kind = packet.length < at + 14 ? "TCP" : flags(packet[at + 13]);
        return kind + " " + from + ":" + first + " > " + to + ":" + second;
      }
      case V4.ICMP -> {
        if (isWhole) {
          assertEquals(0, V4.checksum(payload), "ICMP checksum");
        }
        int identifier = bytes.getShort(at + 4) & 0xffff;
        return switch (packet[at]) {
          case 8 -> "PING " + from + ":" + identifier + " > " + to;
          case 0 -> "PONG " + from + " > " + to + ":" + identifier;
          default ->
              "ERROR "
                  + packet[at]
                  + " "
                  + from
                  + " > "
                  + to
                  + " about ["
                  + read(Arrays.copyOfRange(payload, 8, payload.length))
                  + "]";
        };
      }
      default -> {
        return "PROTOCOL " + packet[9] + " " + from + " > " + to;
      }
    }
  }

  private static String flags(int octet) {
    return (octet & RST) != 0
        ? "RST"
        : (octet & SYN) == 0 ? "ACK" : (octet & ACK) == 0 ? "SYN" : "SYN+ACK";
  }

  private static int withPseudoHeader(byte[] packet, byte[] payload) {
    ByteBuffer pseudo = ByteBuffer.allocate(12);
    pseudo.put(packet, 12, 8).putShort(packet[9]).putShort((short) payload.length);
    return V4.checksum(V4.concat(pseudo.array(), payload));
  }
}
