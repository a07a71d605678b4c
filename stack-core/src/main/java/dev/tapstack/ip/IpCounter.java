package dev.tapstack.ip;

/** What the internet layer counts besides drops; after the IP group of RFC 4293. */
public enum IpCounter {
  /** Packets that links gave. */
  RECEIVED,
  /** Datagrams given to a transport. */
  DELIVERED,
  /** Packets of others that were sent on. */
  FORWARDED,
  /** Datagrams that transports gave. */
  OUTPUT,
  /** Datagrams put together. */
  REASSEMBLED,
  /** Datagrams cut into fragments. */
  FRAGMENTED,
  /** Fragments sent. */
  FRAGMENTS_SENT,
  /** Large segments cut because the device does not do it. */
  SEGMENTED,
  /** Segments that they were cut into. */
  SEGMENTS_SENT,
  /** Path MTUs learned (RFC 1191). */
  PATH_MTUS_LEARNED,
  /** Path MTUs that went because another destination had the same place. */
  PATH_MTUS_EVICTED
}
