package dev.tapstack.addr;

/**
 * An IEEE 802 MAC address: 48 bits, the first octet on the wire uppermost. Immutable; any thread.
 *
 * @param bits the address; the upper 16 bits are 0
 */
public record MacAddress(long bits) {
  public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);
  public static final MacAddress ZERO = new MacAddress(0);

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException(
          "a MAC address has 48 bits, not 0x" + Long.toHexString(bits));
    }
  }

  /**
   * Parses "02:00:00:00:00:01".
   *
   * @throws IllegalArgumentException naming the text, if it is not that
   */
  public static MacAddress parse(String text) {
    if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a MAC address: write it as 02:00:00:00:00:01");
    }
    return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
  }

  /**
   * Whether the group bit is set: broadcast or multicast (IEEE 802, the first octet's lowest bit).
   */
  public static boolean isGroup(long bits) {
    return (bits >>> 40 & 1) != 0;
  }

  /** The group address of an IPv4 multicast group (RFC 1112 6.4). */
  public static long multicast(int ipv4Group) {
    return 0x0100_5e00_0000L | ipv4Group & 0x7f_ffff;
  }

  public static String format(long bits) {
    StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      int octet = (int) (bits >>> shift) & 0xff;
      text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
      if (shift > 0) {
        text.append(':');
      }
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return format(bits);
  }
}
