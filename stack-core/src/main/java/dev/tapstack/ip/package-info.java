/**
 * The internet layer of both families: routes, hooks, reassembly, ports, and the SPIs that a family
 * and the transports implement.
 *
 * <p>{@link dev.tapstack.ip.IpLayer} is the way up and the way down, to be read first. What it asks
 * of IPv4 or IPv6 is {@link dev.tapstack.ip.IpFamily}; {@code dev.tapstack.ip.v4} answers. What is
 * above it are {@link dev.tapstack.ip.TransportProtocol}s, which learn of ICMP errors by a {@link
 * dev.tapstack.ip.QuotedPacket} and ask for them through {@link dev.tapstack.ip.IcmpErrors}. What
 * they learn of a path's MTU they tell {@link dev.tapstack.ip.IpLayer#learnMtu}. Filters and
 * translation come in as {@link dev.tapstack.ip.Hook}s, ordered by {@link
 * dev.tapstack.ip.HookPriority}.
 */
@NullMarked
package dev.tapstack.ip;

import org.jspecify.annotations.NullMarked;
