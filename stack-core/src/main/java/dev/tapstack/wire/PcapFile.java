package dev.tapstack.wire;

/**
 * The .pcap capture file format (draft-ietf-opsawg-pcap): a file header of 24 bytes, then for each
 * frame a record header of 16 and its bytes, all in the byte order of the program that wrote it,
 * which the magic number shows. This class has the layout; {@link PcapWriter} and {@link
 * PcapReader} do the work.
 */
public final class PcapFile {
  /** Length of the file header, in bytes. */
  public static final int HEADER_LENGTH = 24;

  /** Length of a record header, in bytes. */
  public static final int RECORD_HEADER_LENGTH = 16;

  /** Link type of Ethernet frames without a frame check sequence (LINKTYPE_ETHERNET). */
  public static final int LINK_TYPE_ETHERNET = 1;

  /** The largest snapshot length that libpcap accepts for Ethernet (its MAXIMUM_SNAPLEN). */
  public static final int MAX_SNAP_LENGTH = 262_144;

  static final int MAGIC_MICROS = 0xa1b2c3d4;
  static final int MAGIC_NANOS = 0xa1b23c4d;
  static final int MAGIC_PCAPNG = 0x0a0d0d0a;
  static final int VERSION_MAJOR = 2;
  static final int VERSION_MINOR = 4;

  /** Unit of the second field of a record's time. */
  public enum Resolution {
    /** The original format: any program reads it. */
    MICROS(MAGIC_MICROS, 1_000),
    /** Since libpcap 1.5 (2013): tcpdump, Wireshark and Pcap4J read it. */
    NANOS(MAGIC_NANOS, 1);

    final int magic;
    final int nanosPerUnit;

    Resolution(int magic, int nanosPerUnit) {
      this.magic = magic;
      this.nanosPerUnit = nanosPerUnit;
    }
  }

  private PcapFile() {}
}
