package dev.tapstack.device;

/**
 * What a device can do. Segmentation and checksum offload will be stated here.
 *
 * @param mtu the largest IP packet in bytes that a frame carries
 * @param isEthernet whether frames begin with an Ethernet header; otherwise with the IP header
 *     (loopback)
 */
public record DeviceCaps(int mtu, boolean isEthernet) {
  /** RFC 791 3.2: every link carries 68 bytes; a TAP takes 65,521 at most. */
  public DeviceCaps {
    if (mtu < 68 || mtu > 65_535) {
      throw new IllegalArgumentException("MTU " + mtu + " is not within 68..65535");
    }
  }
}
