package dev.tapstack.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns {@link TcpSegment}s into IPv4 packets and back without the code under test (RFC 9293 3.1).
 * One for a conversation between {@link IpHost#ME}, the stack, and {@link IpHost#PEER}: it knows
 * the two initial sequence numbers, and the first timestamp of the stack, from which its others are
 * counted. Text is a pattern of the sequence number, checked when it is read. One thread.
 */
public final class TcpCodec {
  private static final int IP_HEADER = 20;
  private static final int TCP_HEADER = 20;

  private final int stackIsn;
  private final int peerIsn;
  private boolean knowsTimestamps;
  private int firstTimestamp;

  /** Whether the stack's segments may be without DF. */
  public boolean mayFragment;

  /** How many were. */
  public int fragmentable;

  /** A segment of the stack: which ports, what. */
  public record Decoded(int stackPort, int peerPort, TcpSegment segment) {}

  public TcpCodec(int stackIsn, int peerIsn) {
    this.stackIsn = stackIsn;
    this.peerIsn = peerIsn;
  }

  /** The byte of either direction's stream at relative sequence number {@code seq}. */
  public static byte pattern(int seq) {
    return (byte) (seq * 167 + (seq >> 8) * 13);
  }

  /** The stream's bytes from {@code seq} on. */
  public static byte[] pattern(int seq, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = pattern(seq + i);
    }
    return bytes;
  }

  /** The IPv4 packet of a segment that the peer sends. */
  public byte[] encode(int peerPort, int stackPort, TcpSegment segment) {
    byte[] options = encodeOptions(segment);
    int text = segment.seq() + (segment.has('S') ? 1 : 0);
    ByteBuffer tcp = ByteBuffer.allocate(TCP_HEADER + options.length + segment.length());
    tcp.putShort((short) peerPort).putShort((short) stackPort);
    tcp.putInt(peerIsn + segment.seq());
    tcp.putInt(segment.has('.') ? stackIsn + segment.ack() : 0);
    tcp.put((byte) (TCP_HEADER + options.length << 2)).put((byte) segment.flagBits());
    tcp.putShort((short) (segment.window() == TcpSegment.ANY ? 65_535 : segment.window()));
    tcp.putShort((short) 0)
        .putShort((short) segment.urgent())
        .put(options)
        .put(pattern(text, segment.length()));
    V4 packet = V4.of(IpHost.PEER, IpHost.ME).protocol(V4.TCP).payload(tcp.array());
    return withChecksum(packet.bytes());
  }

  /** Computes the TCP checksum anew. */
  public static byte[] withChecksum(byte[] ip) {
    ip[IP_HEADER + 16] = ip[IP_HEADER + 17] = 0;
    int checksum = checksum(ip);
    ip[IP_HEADER + 16] = (byte) (checksum >> 8);
    ip[IP_HEADER + 17] = (byte) checksum;
    return ip;
  }

  /** RFC 9293 3.1 over pseudo-header, header and text; 0 for a packet whose checksum is right. */
  private static int checksum(byte[] ip) {
    ByteBuffer pseudo = ByteBuffer.allocate(12);
    pseudo.put(ip, 12, 8).putShort((short) V4.TCP).putShort((short) (ip.length - IP_HEADER));
    return V4.checksum(V4.concat(pseudo.array(), Arrays.copyOfRange(ip, IP_HEADER, ip.length)));
  }

  private byte[] encodeOptions(TcpSegment segment) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String option : segment.options()) {
      String[] words = option.split(" ");
      switch (words[0]) {
        case "nop" -> out.write(1);
        case "eol" -> out.write(0);
        case "mss" -> write(out, 2, 4, shortOf(words[1]));
        case "wscale" -> write(out, 3, 3, new byte[] {(byte) Integer.parseInt(words[1])});
        case "sackOK" -> write(out, 4, 2, new byte[0]);
        case "TS" -> {
          int ecr = Integer.parseInt(words[4]);
          ByteBuffer values = ByteBuffer.allocate(8).putInt(Integer.parseInt(words[2]));
          values.putInt(knowsTimestamps ? ecr + firstTimestamp : ecr);
          write(out, 8, 10, values.array());
        }
        default -> throw new AssertionError("unknown option '" + option + "'");
      }
    }
    while (out.size() % 4 != 0) {
      out.write(0);
    }
    return out.toByteArray();
  }

  private static byte[] shortOf(String number) {
    int value = Integer.parseInt(number);
    return new byte[] {(byte) (value >> 8), (byte) value};
  }

  private static void write(ByteArrayOutputStream out, int kind, int length, byte[] value) {
    out.write(kind);
    out.write(length);
    out.writeBytes(value);
  }

  /** Reads a packet of the stack; fails the test if a checksum, an address or the text is wrong. */
  public Decoded decode(byte[] ip) {
    assertEquals(0, V4.checksum(Arrays.copyOf(ip, IP_HEADER)), "IPv4 header checksum");
    assertEquals(0, checksum(ip), "TCP checksum");
    ByteBuffer packet = ByteBuffer.wrap(ip);
    assertEquals(ip.length, packet.getShort(2) & 0xffff, "IPv4 total length");
    if (mayFragment && packet.getShort(6) == 0) {
      fragmentable++;
    } else {
      assertEquals(0x4000, packet.getShort(6) & 0xffff, "Don't Fragment (RFC 1191 3)");
    }
    ByteBuffer tcp = packet.slice(IP_HEADER, ip.length - IP_HEADER);
    int headerLength = (tcp.get(12) & 0xf0) >> 2;
    assertEquals(0, tcp.get(12) & 0x0f, "reserved bits");
    String flags = TcpSegment.flags(tcp.get(13) & 0xff);
    boolean hasAck = flags.contains(".");
    TcpSegment segment =
        new TcpSegment(
            flags,
            tcp.getInt(4) - stackIsn,
            tcp.capacity() - headerLength,
            hasAck ? tcp.getInt(8) - peerIsn : 0,
            tcp.getShort(14) & 0xffff,
            tcp.getShort(18) & 0xffff,
            decodeOptions(tcp, headerLength));
    if (!hasAck) {
      assertEquals(0, tcp.getInt(8), "ACK field without the ACK bit");
    }
    checkText(segment, tcp, headerLength);
    return new Decoded(tcp.getShort(0) & 0xffff, tcp.getShort(2) & 0xffff, segment);
  }

  private static void checkText(TcpSegment segment, ByteBuffer tcp, int at) {
    for (int i = 0; i < segment.length(); i++) {
      assertEquals(
          pattern(segment.seq() + i), tcp.get(at + i), "byte " + (segment.seq() + i) + " sent");
    }
  }

  private List<String> decodeOptions(ByteBuffer tcp, int headerLength) {
    List<String> options = new ArrayList<>();
    int at = TCP_HEADER;
    while (at < headerLength) {
      int kind = tcp.get(at);
      if (kind == 0) {
        options.add("eol");
        break;
      }
      int length = kind == 1 ? 1 : tcp.get(at + 1);
      options.add(
          switch (kind) {
            case 1 -> "nop";
            case 2 -> "mss " + (tcp.getShort(at + 2) & 0xffff);
            case 3 -> "wscale " + tcp.get(at + 2);
            case 4 -> "sackOK";
            case 8 -> "TS val " + relative(tcp.getInt(at + 2)) + " ecr " + tcp.getInt(at + 6);
            default -> "kind " + kind;
          });
      at += length;
    }
    assertEquals(0, headerLength % 4);
    return options;
  }

  private int relative(int timestamp) {
    if (!knowsTimestamps) {
      knowsTimestamps = true;
      firstTimestamp = timestamp;
    }
    return timestamp - firstTimestamp;
  }
}
