/**
 * What is particular to IPv4: its header and options (RFC 791), fragmentation, addresses (RFC 1122
 * 3.2.1.3), and ICMP (RFC 792).
 */
@NullMarked
package dev.tapstack.ip.v4;

import org.jspecify.annotations.NullMarked;
