package dev.tapstack.nat;

import dev.tapstack.addr.Endpoint;

/**
 * A mapping as people see it; immutable.
 *
 * @param protocol the IP protocol number; for ICMP the ports are identifiers of queries
 * @param isStatic whether it is a forward
 * @param flows the flows that use it, of a forward too
 */
public record MappingInfo(
    int protocol, Endpoint inside, Endpoint outside, boolean isStatic, int flows) {}
