package dev.tapstack.wire;

/**
 * The header that a TAP device with IFF_VNET_HDR puts before each frame (virtio 1.2, 5.1.6): where
 * the checksum is left to the receiver, and how a large segment is to be cut. Its 16-bit fields are
 * little-endian once TUNSETVNETLE is set, in the byte order of the machine before.
 */
public final class VirtioNet {
  /** Length with the {@code num_buffers} field, as virtio 1.0 and later have it always. */
  public static final int HEADER_LENGTH = 12;

  /** Offset of {@code flags}, one byte. */
  public static final int FLAGS = 0;

  /** Offset of {@code gso_type}, one byte. */
  public static final int GSO_TYPE = 1;

  /** Offset of {@code hdr_len}, 16 bits: bytes of all headers of a segment to be cut. */
  public static final int HDR_LEN = 2;

  /** Offset of {@code gso_size}, 16 bits: payload bytes of each piece. */
  public static final int GSO_SIZE = 4;

  /** Offset of {@code csum_start}, 16 bits: where summing begins, counted from the frame. */
  public static final int CSUM_START = 6;

  /** Offset of {@code csum_offset}, 16 bits: the checksum field, counted from csum_start. */
  public static final int CSUM_OFFSET = 8;

  /** Offset of {@code num_buffers}, 16 bits. */
  public static final int NUM_BUFFERS = 10;

  /** Flag: the checksum field holds the pseudo-header sum only. */
  public static final int FLAG_NEEDS_CSUM = 1;

  /** Flag: the checksum was verified. */
  public static final int FLAG_DATA_VALID = 2;

  /** A frame as it is. */
  public static final int GSO_NONE = 0;

  /** A TCP segment over IPv4, to be cut. */
  public static final int GSO_TCPV4 = 1;

  /** UDP over IPv4, to be fragmented. */
  public static final int GSO_UDP = 3;

  /** A TCP segment over IPv6, to be cut. */
  public static final int GSO_TCPV6 = 4;

  /** Datagrams of UDP, either family, to be cut. */
  public static final int GSO_UDP_L4 = 5;

  /** Added to the type: the segment has ECN bits set. */
  public static final int GSO_ECN = 0x80;

  private VirtioNet() {}
}
