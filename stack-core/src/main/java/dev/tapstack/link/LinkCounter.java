package dev.tapstack.link;

/** What an interface counts; drops are counted by name in the stack's ledger. */
public enum LinkCounter {
  FRAMES_IN,
  BYTES_IN,
  /** Frames given to the device. */
  FRAMES_OUT,
  BYTES_OUT,
  ARP_REQUESTS_IN,
  ARP_REPLIES_IN,
  /** Requests sent, announcements and probes not counted. */
  ARP_REQUESTS_OUT,
  ARP_REPLIES_OUT,
  /** Probes sent (RFC 5227 2.1.1); no requests. */
  ARP_PROBES_OUT,
  /** Announcements sent (RFC 5227 2.3), defences included. */
  ARP_ANNOUNCEMENTS_OUT,
  /** ARP packets from others that claim an address of ours (RFC 5227 2.1.1, 2.4). */
  ARP_CONFLICTS,
  NEIGHBORS_CREATED,
  /** Forgotten because the table was full. */
  NEIGHBORS_EVICTED,
  /** Neighbours that did not answer, neither at first nor when asked again. */
  NEIGHBORS_FAILED
}
