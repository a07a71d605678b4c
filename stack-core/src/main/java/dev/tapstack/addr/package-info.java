/**
 * Addresses as values: IP addresses of both families, prefixes, MAC addresses, endpoints and the
 * key of a flow.
 *
 * <p>Both families share one form, 128 bits in two longs, IPv4 as IPv4-mapped IPv6 (RFC 4291
 * 2.5.5.2), so that tables and packets need no second shape. The packet path carries the two longs;
 * these classes are for configuration, the API and messages.
 */
@NullMarked
package dev.tapstack.addr;

import org.jspecify.annotations.NullMarked;
