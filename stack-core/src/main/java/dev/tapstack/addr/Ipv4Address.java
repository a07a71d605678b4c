package dev.tapstack.addr;

/** An IPv4 address (RFC 791 2.3). Immutable; any thread. */
public final class Ipv4Address extends IpAddress {
  /** The bits above an IPv4 address in its mapped form, RFC 4291 2.5.5.2. */
  public static final long MAPPED_PREFIX = 0x0000_ffff_0000_0000L;

  /** 0.0.0.0, "this host" or unspecified (RFC 1122 3.2.1.3). */
  public static final Ipv4Address ANY = new Ipv4Address(0);

  /** 255.255.255.255, limited broadcast (RFC 1122 3.2.1.3). */
  public static final Ipv4Address BROADCAST = new Ipv4Address(-1);

  private Ipv4Address(int bits) {
    super(0, mapped(bits));
  }

  /** The address with these 32 bits, the first octet uppermost. */
  public static Ipv4Address of(int bits) {
    return new Ipv4Address(bits);
  }

  /** The lower long of the mapped form of {@code bits}; the upper is 0. */
  public static long mapped(int bits) {
    return MAPPED_PREFIX | bits & 0xffff_ffffL;
  }

  /** Whether two longs hold an IPv4-mapped address. */
  public static boolean isMapped(long hi, long lo) {
    return hi == 0 && (lo & 0xffff_ffff_0000_0000L) == MAPPED_PREFIX;
  }

  /**
   * Parses dotted decimal: four parts of 0 to 255 without leading zeros.
   *
   * @throws IllegalArgumentException naming the text, if it is not that
   */
  public static Ipv4Address parse(String text) {
    String[] parts = text.split("\\.", -1);
    int bits = 0;
    boolean valid = parts.length == 4;
    for (int i = 0; valid && i < 4; i++) {
      valid = parts[i].matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(parts[i]) <= 255;
      bits = valid ? bits << 8 | Integer.parseInt(parts[i]) : 0;
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an IPv4 address: write it as 192.0.2.1");
    }
    return of(bits);
  }

  /** The 32 bits, the first octet uppermost. */
  public int intBits() {
    return (int) lo();
  }

  /** Whether {@code bits} are a multicast address, 224/4 (RFC 1112 4). */
  public static boolean isMulticast(int bits) {
    return bits >>> 28 == 0xe;
  }

  /** {@code bits} in dotted decimal. */
  public static String format(int bits) {
    return (bits >>> 24)
        + "."
        + (bits >>> 16 & 0xff)
        + "."
        + (bits >>> 8 & 0xff)
        + "."
        + (bits & 0xff);
  }

  @Override
  public String toString() {
    return format(intBits());
  }
}
