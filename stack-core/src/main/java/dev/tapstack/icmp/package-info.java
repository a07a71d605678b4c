/**
 * The ping socket: echo requests of applications, their replies and errors (RFC 792, RFC 1122
 * 3.2.2.6). {@link dev.tapstack.icmp.PingLayer} is the way in.
 */
@NullMarked
package dev.tapstack.icmp;

import org.jspecify.annotations.NullMarked;
