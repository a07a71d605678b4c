package dev.tapstack.ip.v4;

/** What IGMP counts besides drops. */
public enum IgmpCounter {
  QUERIES_RECEIVED,
  /** Reports of other hosts about groups that this host has joined too. */
  REPORTS_HEARD,
  /** Reports of all versions. */
  REPORTS_SENT,
  /** Leave messages (version 2). */
  LEAVES_SENT
}
