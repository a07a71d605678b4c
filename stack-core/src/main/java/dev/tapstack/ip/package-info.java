/**
 * The internet layer of both families: routes, hooks, reassembly, ports, and the SPIs that a family
 * and the transports implement.
 *
 * <p>{@link dev.tapstack.ip.IpLayer} is the way up and the way down; what is particular to IPv4
 * stands in {@code dev.tapstack.ip.v4} behind {@link dev.tapstack.ip.IpFamily}.
 */
@NullMarked
package dev.tapstack.ip;

import org.jspecify.annotations.NullMarked;
