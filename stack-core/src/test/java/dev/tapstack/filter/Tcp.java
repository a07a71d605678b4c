package dev.tapstack.filter;

import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;

/** TCP segments byte by byte, without the code under test (RFC 9293 3.1). */
final class Tcp {
  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int ACK = 16;

  private Tcp() {}

  /** A SYN with a checksum of 0. */
  static byte[] segment(int sourcePort, int destinationPort) {
    return segment(sourcePort, destinationPort, 1000, 0, SYN, 0);
  }

  static byte[] segment(
      int sourcePort, int destinationPort, int seq, int ack, int flags, int text) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + text);
    tcp.putShort((short) sourcePort).putShort((short) destinationPort).putInt(seq).putInt(ack);
    tcp.put((byte) 0x50).put((byte) flags).putShort((short) 512);
    return tcp.array();
  }

  /** An IP packet with that segment, its checksum right. */
  static byte[] packet(String from, String to, byte[] segment) {
    byte[] packet = V4.of(from, to).protocol(V4.TCP).payload(segment).bytes();
    int checksum = checksum(packet);
    packet[36] = (byte) (checksum >> 8);
    packet[37] = (byte) checksum;
    return packet;
  }

  /** What the checksum field of a packet without options should add; 0 if it is right. */
  static int checksum(byte[] packet) {
    ByteBuffer pseudo = ByteBuffer.allocate(12 + packet.length - 20);
    pseudo.put(packet, 12, 8).putShort((short) V4.TCP).putShort((short) (packet.length - 20));
    pseudo.put(packet, 20, packet.length - 20);
    return V4.checksum(pseudo.array());
  }
}
