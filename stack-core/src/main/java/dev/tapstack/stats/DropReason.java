package dev.tapstack.stats;

/**
 * Why a packet ended without being delivered or sent: every drop has a name, shown as it stands
 * here in lower case with dashes. Grouped by the layer that drops.
 */
public enum DropReason {
  // device
  /** The device is down or gone. */
  DEVICE_DOWN,
  /** The device's queue, or the wire's, is full. */
  DEVICE_QUEUE_FULL,
  /** The device refused the frame (its error is logged). */
  DEVICE_ERROR,
  /** A simulated link lost it. */
  FAULT_LOSS,

  // link
  /** Shorter than an Ethernet header. */
  ETHERNET_RUNT,
  /** Neither ours nor broadcast nor a group that we joined. */
  ETHERNET_NOT_FOR_US,
  /** Our own address or a group as source. */
  ETHERNET_BAD_SOURCE,
  /** An EtherType that nothing here handles. */
  ETHERNET_UNKNOWN_TYPE,
  /** Cut short, or fields that are not Ethernet and IPv4 (RFC 826). */
  ARP_MALFORMED,
  /**
   * A broadcast, multicast or our own address as the sender (RFC 1122 2.3.2, RFC 5227 2.4 counts
   * the latter).
   */
  ARP_BAD_SENDER,
  /** Asks for an address that is not ours. */
  ARP_NOT_FOR_US,
  /** The interface's addresses are being probed, or another host has them (RFC 5227 2.1.1). */
  ADDRESS_NOT_IN_USE,
  /** The neighbour did not answer. */
  NEIGHBOR_UNREACHABLE,
  /** Too much waits for the neighbour's answer already. */
  NEIGHBOR_QUEUE_FULL,

  // ip
  IP_TRUNCATED,
  IP_BAD_VERSION,
  IP_BAD_HEADER_LENGTH,
  IP_BAD_CHECKSUM,
  IP_BAD_LENGTH,
  IP_BAD_OPTION,
  /** Loose or strict source route: refused. */
  IP_SOURCE_ROUTE,
  /** A source address that cannot be (RFC 1122 3.2.1.3, RFC 1812 5.3.7). */
  IP_MARTIAN_SOURCE,
  /** From where packets back would leave by another interface (RFC 3704 2.2). */
  IP_REVERSE_PATH,
  /** A destination address that cannot be. */
  IP_MARTIAN_DESTINATION,
  /** Source and destination are the same address (LAND). */
  IP_LAND,
  /** A unicast IP destination in a broadcast frame (RFC 1122 3.3.6). */
  IP_UNICAST_IN_BROADCAST,
  /** Not for this host, and it does not forward (no host does to multicast groups). */
  IP_NOT_FOR_US,
  /** To the broadcast address of a subnet other than the one that it came from (RFC 2644 2). */
  IP_DIRECTED_BROADCAST,
  /** To be forwarded from or to an address of one link only (RFC 3927 7). */
  IP_LINK_LOCAL,
  IP_UNKNOWN_PROTOCOL,
  IP_NO_ROUTE,
  IP_TTL_EXCEEDED,
  /** Larger than the link and must not be fragmented. */
  IP_TOO_BIG,
  /** A fragment whose length or offset cannot be (RFC 791 3.2, RFC 1858). */
  FRAGMENT_MALFORMED,
  /** An exact copy of a fragment that is held already. */
  FRAGMENT_DUPLICATE,
  /** Overlaps another: the whole datagram goes. */
  FRAGMENT_OVERLAP,
  /** The rest did not come in time. */
  FRAGMENT_TIMEOUT,
  /** Evicted: too much held, in all or for its source. */
  FRAGMENT_MEMORY,
  /** The kept datagram went with it for a reason counted with another fragment. */
  FRAGMENT_DISCARDED,
  /** A filter's rule. */
  FILTERED,

  // conntrack
  /** A transport header that cannot be, or a fragment: no flow can be told. */
  CONNTRACK_MALFORMED,
  /** A wrong transport checksum, in a packet for somebody else. */
  CONNTRACK_BAD_CHECKSUM,
  /** Belongs to no flow, and cannot begin one. */
  CONNTRACK_NO_FLOW,
  /** An ICMP message about no flow. */
  CONNTRACK_UNRELATED,
  /** A TCP segment that its receiver would not take. */
  CONNTRACK_OUT_OF_WINDOW,
  /** A RST that its receiver would not take. */
  CONNTRACK_BAD_RESET,
  /** A new flow whose replies could not be told from another's. */
  CONNTRACK_CLASH,
  /** A new flow, and the table is full of flows with replies. */
  CONNTRACK_TABLE_FULL,
  /** A new flow of a host that has as many flows with replies as it may. */
  CONNTRACK_HOST_FULL,

  // nat
  /** From outside to a mapping whose filter does not let this sender in (RFC 4787 5). */
  NAT_FILTERED,
  /** From outside to a port of an outside address that nobody uses: silence (RFC 5382 REQ-4). */
  NAT_UNSOLICITED,
  /** Every port that could stand for the sender's is taken. */
  NAT_NO_PORT,
  /** Its inside host has as many ports as one host may have (RFC 6888 REQ-4). */
  NAT_HOST_PORTS,
  /** Ports are given in blocks, and its inside host has none (RFC 7422). */
  NAT_NO_BLOCK,
  /** As many mappings as are kept. */
  NAT_TABLE_FULL,
  /** Would have shown an inside address outside. */
  NAT_INSIDE_ADDRESS,

  // icmp
  ICMP_TRUNCATED,
  ICMP_BAD_CHECKSUM,
  ICMP_UNKNOWN_TYPE,
  /** An echo request to a broadcast or multicast address (RFC 1122 3.2.2.6). */
  ICMP_ECHO_TO_GROUP,
  /** An error whose quoted packet is cut short or not ours. */
  ICMP_BAD_QUOTE,
  /** An error, or an echo reply, for which there is no socket, or that it must not believe. */
  ICMP_NO_SOCKET,

  // igmp
  IGMP_TRUNCATED,
  IGMP_BAD_CHECKSUM,
  /** A TTL other than 1: it has come from beyond a router, or pretends to (RFC 3376 4). */
  IGMP_BAD_TTL,
  /** Of no type that a host takes. */
  IGMP_UNKNOWN_TYPE,
  /** A query whose length or address cannot be (RFC 3376 7.1, 9.1). */
  IGMP_BAD_QUERY,
  /** A query without the Router Alert option (RFC 3376 9.1). */
  IGMP_NO_ROUTER_ALERT,
  /** A report of a group that is not joined here, or to another one. */
  IGMP_BAD_REPORT,

  // udp
  UDP_TRUNCATED,
  UDP_BAD_LENGTH,
  UDP_BAD_CHECKSUM,
  UDP_PORT_CLOSED,
  /** To a multicast group that the socket of that port has not joined where it came from. */
  UDP_NOT_JOINED,
  UDP_QUEUE_FULL,

  // tcp
  TCP_TRUNCATED,
  TCP_BAD_OFFSET,
  TCP_BAD_CHECKSUM,
  /** To a broadcast or multicast address (RFC 9293 MUST-57). */
  TCP_TO_GROUP,
  /** A flag combination that cannot be. */
  TCP_BAD_FLAGS,
  /** No listener and no connection; answered with a RST. */
  TCP_PORT_CLOSED,
  /** A RST or an ACK that no state accepts. */
  TCP_UNACCEPTABLE,
  /** Outside the receive window (RFC 9293 3.10.7.4, first step). */
  TCP_OUT_OF_WINDOW,
  /** A timestamp older than the last one (RFC 7323 5.3). */
  TCP_PAWS,
  /** Timestamps were agreed, the segment bears none (RFC 7323 3.2). */
  TCP_NO_TIMESTAMP,
  /** Challenged and left alone (RFC 5961). */
  TCP_CHALLENGED,
  TCP_ACCEPT_QUEUE_FULL,
  TCP_SYN_QUEUE_FULL,
  /** Data after the application closed; answered with a RST. */
  TCP_AFTER_CLOSE,
  /** As many connections as the stack keeps. */
  TCP_TABLE_FULL,
  /** The receive buffer's memory is used up. */
  TCP_RECEIVE_MEMORY,

  // the stack
  /** The packet pool is used up. */
  NO_MEMORY,
  /** The stack is closing. */
  STACK_CLOSED
}
