package dev.tapstack.link;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import org.jspecify.annotations.Nullable;

/**
 * A neighbour, for people and tests; a copy. Any thread.
 *
 * @param mac its link address, or null while it is not known
 */
public record NeighborInfo(IpAddress address, @Nullable MacAddress mac, NeighborState state) {}
