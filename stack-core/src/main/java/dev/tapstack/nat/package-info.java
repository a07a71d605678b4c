/**
 * Address translation (RFC 4787, 5382, 5508, 7857, 6888): what is rewritten in a packet, and which
 * outside ports stand for which inside endpoints.
 */
@NullMarked
package dev.tapstack.nat;

import org.jspecify.annotations.NullMarked;
