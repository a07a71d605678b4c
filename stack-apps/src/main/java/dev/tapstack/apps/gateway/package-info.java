/**
 * What the gateway reads: configuration files in YAML, and the firewall's rules among them.
 *
 * <p>{@link dev.tapstack.apps.gateway.ConfigFile} reads a file into values that know their line and
 * field, so that every mistake is refused where it stands, with what to write instead. {@link
 * dev.tapstack.apps.gateway.FirewallFile} reads {@link dev.tapstack.filter.FirewallRules} from one.
 */
@NullMarked
package dev.tapstack.apps.gateway;

import org.jspecify.annotations.NullMarked;
