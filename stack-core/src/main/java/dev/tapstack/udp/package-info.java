/**
 * UDP (RFC 768, RFC 1122 4.1): {@link dev.tapstack.udp.UdpLayer} between the internet layer and
 * {@link dev.tapstack.socket.UdpSocket}.
 */
@NullMarked
package dev.tapstack.udp;

import org.jspecify.annotations.NullMarked;
