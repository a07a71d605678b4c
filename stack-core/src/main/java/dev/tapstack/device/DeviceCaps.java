package dev.tapstack.device;

/**
 * What a device can do. Checksum offload will be stated here.
 *
 * @param mtu the largest IP packet in bytes that a frame carries
 * @param isEthernet whether frames begin with an Ethernet header; otherwise with the IP header
 *     (loopback)
 * @param maxGsoBytes the largest IP packet that it takes with a {@code gsoSize} (see {@code
 *     Packet}), and itself cuts into segments that its MTU carries; 0 if it takes none
 */
public record DeviceCaps(int mtu, boolean isEthernet, int maxGsoBytes) {
  /** RFC 791 3.2: every link carries 68 bytes; a TAP takes 65,521 at most. */
  public DeviceCaps {
    if (mtu < 68 || mtu > 65_535) {
      throw new IllegalArgumentException("MTU " + mtu + " is not within 68..65535");
    }
    if (maxGsoBytes < 0 || maxGsoBytes > 65_535) {
      throw new IllegalArgumentException("maxGsoBytes " + maxGsoBytes + " is not within 0..65535");
    }
  }

  /** Without segmentation offload. */
  public DeviceCaps(int mtu, boolean isEthernet) {
    this(mtu, isEthernet, 0);
  }
}
