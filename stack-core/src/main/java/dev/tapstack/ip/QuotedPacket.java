package dev.tapstack.ip;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The packet that an ICMP error is about, as we sent it: source is our address. Reused for each
 * error; valid until the call that passes it returns. The loop's thread only.
 */
public final class QuotedPacket {
  private @Nullable ByteBuf buf;
  private int transport;
  private int end;
  private int protocol;
  private int mtu;
  private long sourceHi;
  private long sourceLo;
  private long destinationHi;
  private long destinationLo;

  /**
   * @param transport absolute index of the quoted transport header in {@code buf}; 8 bytes of it at
   *     least are there
   * @param end absolute index behind the last quoted byte
   * @param mtu the next hop's MTU that a {@link IcmpError#TOO_BIG} tells, or 0
   */
  public void set(ByteBuf buf, int transport, int end, int protocol, int mtu) {
    this.buf = buf;
    this.transport = transport;
    this.end = end;
    this.protocol = protocol;
    this.mtu = mtu;
  }

  public void addresses(long sourceHi, long sourceLo, long destinationHi, long destinationLo) {
    this.sourceHi = sourceHi;
    this.sourceLo = sourceLo;
    this.destinationHi = destinationHi;
    this.destinationLo = destinationLo;
  }

  public ByteBuf buf() {
    ByteBuf known = buf;
    assert known != null;
    return known;
  }

  public int transport() {
    return transport;
  }

  public int end() {
    return end;
  }

  public int protocol() {
    return protocol;
  }

  public int mtu() {
    return mtu;
  }

  public long sourceHi() {
    return sourceHi;
  }

  public long sourceLo() {
    return sourceLo;
  }

  public long destinationHi() {
    return destinationHi;
  }

  public long destinationLo() {
    return destinationLo;
  }
}
