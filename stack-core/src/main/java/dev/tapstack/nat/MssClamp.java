package dev.tapstack.nat;

import dev.tapstack.ip.Hook;
import dev.tapstack.ip.HookPoint;
import dev.tapstack.ip.HookPriority;
import dev.tapstack.ip.IpLayer;
import dev.tapstack.ip.Verdict;
import dev.tapstack.packet.Packet;
import dev.tapstack.wire.Checksum;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.TcpHeader;
import dev.tapstack.wire.TcpOption;
import io.netty.buffer.ByteBuf;

/**
 * Has two hosts agree on TCP segments that fit both links that they are forwarded between: the MSS
 * option of a SYN or SYN-ACK is lowered to what the smaller of the two MTUs carries (RFC 9293
 * 3.7.1), so that connections work where ICMP, and with it path MTU discovery, is filtered. It is
 * never raised. None is added where there is none: the other host then sends 536 bytes at most,
 * which any link of 576 carries (RFC 9293 MUST-15).
 *
 * <p>A hook at FORWARD, where both interfaces are known; it works with and without NAT. A wrong
 * checksum stays wrong. The loop's thread only.
 */
public final class MssClamp extends Hook {
  /** RFC 6691 2: fixed headers alone; who sends options sends so much less text. */
  private static final int HEADERS = Ipv4.HEADER_LENGTH + TcpHeader.HEADER_LENGTH;

  private final IpLayer ip;
  private long clamped;

  /**
   * @param ip with all interfaces
   */
  public MssClamp(IpLayer ip) {
    this.ip = ip;
  }

  /** From now on what is forwarded is clamped. */
  public void install() {
    ip.addHook(HookPoint.FORWARD, HookPriority.LAST, this);
  }

  /** Options that were lowered. */
  public long clamped() {
    return clamped;
  }

  @Override
  public Verdict judge(HookPoint point, Packet packet) {
    int tcp = packet.transport();
    ByteBuf buf = packet.buf();
    boolean hasHeader =
        packet.protocol() == Ipv4.PROTOCOL_TCP
            && Ipv4.fragmentOffset(buf, packet.network()) == 0
            && packet.end() - tcp >= TcpHeader.HEADER_LENGTH;
    if (hasHeader && (TcpHeader.flags(buf, tcp) & TcpHeader.SYN) != 0) {
      int mtu = Math.min(mtu(packet.receivedIndex()), mtu(packet.interfaceIndex()));
      clamp(buf, tcp, packet.end(), mtu - HEADERS);
    }
    return Verdict.ACCEPT;
  }

  private int mtu(int interfaceIndex) {
    return ip.interfaces().get(interfaceIndex).mtu();
  }

  /** Lowers every MSS option of the header at {@code tcp}: of several the last would count. */
  private void clamp(ByteBuf buf, int tcp, int packetEnd, int most) {
    int end = Math.min(tcp + TcpHeader.dataOffset(buf, tcp), packetEnd);
    int at = tcp + TcpHeader.HEADER_LENGTH;
    while (at < end && buf.getUnsignedByte(at) != TcpOption.END) {
      if (buf.getUnsignedByte(at) == TcpOption.NOP) {
        at++;
        continue;
      }
      int length = TcpOption.optionLength(buf, at, end);
      if (length < 0) {
        return; // the receiver's to judge
      }
      if (buf.getUnsignedByte(at) == TcpOption.MSS && length == TcpOption.MSS_LENGTH) {
        lower(buf, tcp, at + 2, most);
      }
      at += length;
    }
  }

  private void lower(ByteBuf buf, int tcp, int at, int most) {
    int mss = buf.getUnsignedShort(at);
    if (mss <= most) {
      return;
    }
    buf.setShort(at, most);
    // Behind a single NOP it lies across two words of the sum: as one word with its bytes swapped.
    boolean isAcross = (at - tcp & 1) != 0;
    long change =
        isAcross ? Checksum.change16(swap(mss), swap(most)) : Checksum.change16(mss, most);
    TcpHeader.checksum(buf, tcp, Checksum.update(TcpHeader.checksum(buf, tcp), change));
    clamped++;
  }

  private static int swap(int word) {
    return Short.toUnsignedInt(Short.reverseBytes((short) word));
  }
}
