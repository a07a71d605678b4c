package dev.tapstack.tcp;

import dev.tapstack.ip.IcmpError;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.V4;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** ICMP errors about segments of a {@link TcpHost} (RFC 792). */
final class Icmp {
  private static final int DESTINATION_UNREACHABLE = 3;
  private static final int TIME_EXCEEDED = 11;

  private Icmp() {}

  /**
   * An error about the segment with relative sequence number {@code seq} arrives.
   *
   * @param mtu what {@link IcmpError#TOO_BIG} tells (RFC 1191 4), else 0
   */
  static void arrives(TcpHost host, IcmpError kind, int seq, int mtu) {
    int type = kind == IcmpError.TTL_EXCEEDED ? TIME_EXCEEDED : DESTINATION_UNREACHABLE;
    int code =
        switch (kind) {
          case NET_UNREACHABLE, TTL_EXCEEDED -> 0;
          case HOST_UNREACHABLE -> 1;
          case PROTOCOL_UNREACHABLE -> 2;
          case PORT_UNREACHABLE -> 3;
          case TOO_BIG -> 4;
          default -> throw new AssertionError("no code for " + kind);
        };
    ByteBuffer header = ByteBuffer.allocate(20);
    header.putShort((short) host.app.connection().local().port());
    header.putShort((short) TcpHost.PEER_PORT);
    header.putInt(host.isn() + seq);
    byte[] about = V4.of(IpHost.ME, IpHost.PEER).protocol(V4.TCP).payload(header.array()).bytes();
    byte[] quote = Arrays.copyOf(about, 28);
    host.arrive(V4.of(IpHost.PEER, IpHost.ME).icmp(type, code, mtu, quote).bytes());
    host.settle();
  }
}
