package dev.tapstack.ip;

/**
 * Limits and defaults of the internet layer. Immutable.
 *
 * @param defaultTtl the TTL of packets that do not set one (RFC 1122 3.2.1.7; 64 is IANA's default)
 * @param reassemblyBytes memory that fragments may hold in all. Default 4 MiB, Linux's
 *     ipfrag_high_thresh
 * @param reassemblyBytesPerSource memory that the fragments of one source may hold. Default 1 MiB:
 *     a few of the largest datagrams in ordinary frames
 * @param icmpErrorsPerSecond errors sent in the long run. Default 1,000, Linux's icmp_msgs_per_sec
 * @param icmpErrorBurst errors that may be sent at once. Default 50, Linux's icmp_msgs_burst: more
 *     than the probes that a traceroute sends at once
 */
public record IpConfig(
    int defaultTtl,
    int reassemblyBytes,
    int reassemblyBytesPerSource,
    int icmpErrorsPerSecond,
    int icmpErrorBurst) {
  /** The defaults; each is explained at its component. */
  public static final IpConfig DEFAULTS = new IpConfig(64, 4 << 20, 1 << 20, 1000, 50);

  public IpConfig {
    if (defaultTtl < 1 || defaultTtl > 255) {
      throw new IllegalArgumentException("default TTL " + defaultTtl + " is not within 1..255");
    }
    if (reassemblyBytes < 0 || reassemblyBytesPerSource < 0) {
      throw new IllegalArgumentException("a reassembly limit is negative");
    }
    if (icmpErrorsPerSecond < 1 || icmpErrorBurst < 1) {
      throw new IllegalArgumentException(
          "ICMP limits " + icmpErrorsPerSecond + "/s and " + icmpErrorBurst + " are not positive");
    }
  }
}
