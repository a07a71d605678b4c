package dev.tapstack.packet;

/**
 * What connection tracking knows of the flow that a packet belongs to, as the packet carries it
 * along: see {@code Tracked} in {@code dev.tapstack.conntrack}. Nothing below looks inside.
 */
public interface Flow {}
