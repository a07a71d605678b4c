package dev.tapstack.addr;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An IP address of either family: 128 bits in two longs, IPv4 as IPv4-mapped IPv6 (RFC 4291
 * 2.5.5.2).
 *
 * <p>Immutable; any thread.
 */
public abstract sealed class IpAddress implements Comparable<IpAddress>
    permits Ipv4Address, Ipv6Address {
  private final long hi;
  private final long lo;

  IpAddress(long hi, long lo) {
    this.hi = hi;
    this.lo = lo;
  }

  /**
   * The address whose 128 bits are {@code hi} and {@code lo}; an IPv4-mapped one is an {@link
   * Ipv4Address}.
   */
  public static IpAddress of(long hi, long lo) {
    return Ipv4Address.isMapped(hi, lo) ? Ipv4Address.of((int) lo) : new Ipv6Address(hi, lo);
  }

  /**
   * Parses a literal address, dotted IPv4 or any RFC 4291 2.2 form; never asks a name server.
   *
   * @throws IllegalArgumentException naming the text, if it is not one
   */
  public static IpAddress parse(String text) {
    return text.indexOf(':') >= 0 ? Ipv6Address.parse(text) : Ipv4Address.parse(text);
  }

  /** The address that {@code address} holds. */
  public static IpAddress of(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return Ipv4Address.of(
          (bytes[0] & 0xff) << 24
              | (bytes[1] & 0xff) << 16
              | (bytes[2] & 0xff) << 8
              | bytes[3] & 0xff);
    }
    long hi = 0;
    long lo = 0;
    for (int i = 0; i < 8; i++) {
      hi = hi << 8 | bytes[i] & 0xff;
      lo = lo << 8 | bytes[8 + i] & 0xff;
    }
    return of(hi, lo);
  }

  /** The upper 64 bits; 0 for IPv4. */
  public final long hi() {
    return hi;
  }

  /** The lower 64 bits; for IPv4 {@code 0x0000ffff} above the 32 address bits. */
  public final long lo() {
    return lo;
  }

  public final boolean isV4() {
    return this instanceof Ipv4Address;
  }

  /** Bits of an address of this family: 32 or 128. */
  public final int bits() {
    return isV4() ? 32 : 128;
  }

  /** The address in network byte order, 4 or 16 bytes. */
  public final byte[] toBytes() {
    int length = bits() / 8;
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      int bit = (length - 1 - i) * 8;
      bytes[i] = (byte) (bit >= 64 ? hi >>> (bit - 64) : lo >>> bit);
    }
    return bytes;
  }

  public final InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(toBytes());
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // only for a wrong length
    }
  }

  @Override
  public final int compareTo(IpAddress other) {
    int c = Long.compareUnsigned(hi, other.hi);
    return c != 0 ? c : Long.compareUnsigned(lo, other.lo);
  }

  @Override
  public final boolean equals(Object o) {
    return o instanceof IpAddress other && hi == other.hi && lo == other.lo;
  }

  @Override
  public final int hashCode() {
    return Long.hashCode(hi * 31 + lo);
  }
}
