/**
 * Interfaces and Ethernet: frames between a device and the network layer, and the neighbours' link
 * addresses.
 *
 * <p>The network layer is known here only as {@link dev.tapstack.link.NetworkProtocol}.
 */
@NullMarked
package dev.tapstack.link;

import org.jspecify.annotations.NullMarked;
