/**
 * Bytes on the wire: where each field of each protocol is, and nothing about what it means to a
 * stack.
 *
 * <p>Three parts:
 *
 * <ul>
 *   <li>Static accessors over {@code (ByteBuf buf, int offset)}, where the offset is that of the
 *       first byte of the header: {@link dev.tapstack.wire.Ethernet}, {@link
 *       dev.tapstack.wire.Arp}, {@link dev.tapstack.wire.Ipv4}, {@link dev.tapstack.wire.Icmp4},
 *       {@link dev.tapstack.wire.Udp}, {@link dev.tapstack.wire.TcpHeader}, {@link
 *       dev.tapstack.wire.TcpOption}, {@link dev.tapstack.wire.VirtioNet}, and the arithmetic of
 *       {@link dev.tapstack.wire.Checksum}. A field has a getter {@code field(buf, offset)} and a
 *       setter {@code field(buf, offset, value)}, both named by its RFC. They are absolute: the
 *       indices of the buffer are neither read nor moved. Unsigned fields are {@code int}, except
 *       that 32-bit fields (addresses, sequence numbers) are raw {@code int} bits and MAC addresses
 *       are the low 48 bits of a {@code long}. Setters take the low bits of the value that the
 *       field has room for. Lengths are in bytes, whatever unit the wire uses. Nothing here
 *       allocates, and no accessor checks a length: check once that the header is inside the
 *       buffer, then trust the offsets.
 *   <li>{@link dev.tapstack.wire.Dissector}: any frame as one line or as a tree, for people, for
 *       captures and for comparing with an independent parser. It checks everything and never
 *       throws.
 *   <li>{@link dev.tapstack.wire.PcapWriter} and {@link dev.tapstack.wire.PcapReader}: the capture
 *       file format that Wireshark and tcpdump read.
 * </ul>
 */
@NullMarked
package dev.tapstack.wire;

import org.jspecify.annotations.NullMarked;
