/**
 * Connection tracking: which flow a packet belongs to, and whether it may.
 *
 * <p>A {@link dev.tapstack.conntrack.Tracked} is a flow with two sides, each a tuple of addresses
 * and ports as that side's packets arrive here. {@link dev.tapstack.conntrack.Conntrack} is a hook
 * at all five points: at PREROUTING and OUTPUT it finds the flow of a packet or prepares a new one,
 * at INPUT and POSTROUTING it confirms a prepared flow, which enters the table only then, and at
 * FORWARD it refuses what has none. Between the two NAT may change the reply tuple, and a firewall
 * asks for the {@link dev.tapstack.conntrack.FlowState}; both build on this package, and it knows
 * neither. Who wants to see flows come and go is a {@link dev.tapstack.conntrack.FlowWatcher}.
 */
@NullMarked
package dev.tapstack.conntrack;

import org.jspecify.annotations.NullMarked;
