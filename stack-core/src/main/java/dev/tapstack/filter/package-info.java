/**
 * The firewall: who may talk through this host, and to it.
 *
 * <p>Two kinds of rules, as in cloud networks. A {@link dev.tapstack.filter.SecurityGroup} knows
 * flows: it judges the first packet of a flow, and what belongs to an accepted flow passes, both
 * ways. An {@link dev.tapstack.filter.AccessList} knows packets only, and judges each. A {@link
 * dev.tapstack.filter.Rule} is a number, {@link dev.tapstack.filter.Match}es that must all hold,
 * and an {@link dev.tapstack.filter.Action}; in a list the first rule that matches decides.
 *
 * <p>A packet passes, in this order: the access list and the group {@code in} of the interface
 * where it arrived, the group {@code in} of the host that it goes to and {@code out} of the host
 * that it comes from, the group and the access list {@code out} of the interface that it leaves by.
 * Each that is there must let it pass. Rules see the addresses of the inside: after the destination
 * was translated, before the source is.
 *
 * <p>{@link dev.tapstack.filter.Firewall} is the hook. It holds {@link
 * dev.tapstack.filter.FirewallRules} compiled into flat arrays, and replaces them whole.
 */
@NullMarked
package dev.tapstack.filter;

import org.jspecify.annotations.NullMarked;
