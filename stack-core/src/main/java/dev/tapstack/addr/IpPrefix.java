package dev.tapstack.addr;

/**
 * An address with a prefix length: an interface's address and subnet (192.0.2.1/24 keeps its host
 * bits), or a route's destination.
 *
 * <p>Immutable; any thread.
 *
 * @param address any address, host bits kept
 * @param length bits of the prefix, 0 to 32 or 0 to 128
 */
public record IpPrefix(IpAddress address, int length) {
  public IpPrefix {
    if (length < 0 || length > address.bits()) {
      throw new IllegalArgumentException(
          "prefix length " + length + " of " + address + " is not within 0.." + address.bits());
    }
  }

  /**
   * Parses "192.0.2.1/24" or "2001:db8::/32".
   *
   * @throws IllegalArgumentException naming the text, if it is not that
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,3}")) {
      throw new IllegalArgumentException(
          "'" + text + "' has no prefix length: write it as 192.0.2.1/24");
    }
    return new IpPrefix(
        IpAddress.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  /** The mask's upper 64 bits in the 128-bit form. */
  public long maskHi() {
    int bits = mappedLength();
    return bits >= 64 ? -1L : bits == 0 ? 0 : -1L << (64 - bits);
  }

  /** The mask's lower 64 bits in the 128-bit form. */
  public long maskLo() {
    int bits = mappedLength();
    return bits <= 64 ? 0 : -1L << (128 - bits);
  }

  private int mappedLength() {
    return address.isV4() ? length + 96 : length;
  }

  /** The first address of the subnet, host bits 0. */
  public IpAddress network() {
    return IpAddress.of(address.hi() & maskHi(), address.lo() & maskLo());
  }

  /**
   * The last address of the subnet, host bits 1; for IPv4 its directed broadcast (RFC 1122
   * 3.2.1.3).
   */
  public IpAddress last() {
    return IpAddress.of(address.hi() | ~maskHi(), address.lo() | ~maskLo());
  }

  /**
   * Whether the subnet has a broadcast address: IPv4 with a prefix shorter than 31 (RFC 3021 2.1).
   */
  public boolean hasBroadcast() {
    return address.isV4() && length < 31;
  }

  public boolean contains(long hi, long lo) {
    return (hi & maskHi()) == (address.hi() & maskHi())
        && (lo & maskLo()) == (address.lo() & maskLo());
  }

  public boolean contains(IpAddress other) {
    return contains(other.hi(), other.lo());
  }

  /** Whether the two subnets share an address. */
  public boolean overlaps(IpPrefix other) {
    return address.isV4() == other.address.isV4()
        && (length <= other.length ? contains(other.address) : other.contains(address));
  }

  @Override
  public String toString() {
    return address + "/" + length;
  }
}
