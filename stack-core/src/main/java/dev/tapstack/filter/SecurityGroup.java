package dev.tapstack.filter;

import dev.tapstack.addr.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stateful rules for interfaces of this host, or for hosts behind it. Packets of answered flows,
 * and ICMP errors about them, pass without a rule; a rule that names no state is about new flows.
 *
 * <p>For an interface {@code in} is what arrives by it, {@code out} what leaves by it. For a host
 * {@code in} is what goes to its address, {@code out} what comes from it.
 *
 * <p>Immutable; any thread.
 *
 * @param in rules in order; what none matches is dropped. Without rules no flow comes in
 * @param out the same for what goes out; null if every flow may
 */
public record SecurityGroup(
    String name,
    List<String> interfaces,
    List<IpAddress> hosts,
    List<Rule> in,
    @Nullable List<Rule> out) {
  public SecurityGroup {
    interfaces = List.copyOf(interfaces);
    hosts = List.copyOf(hosts);
    in = RuleList.checked(name, in);
    out = out == null ? null : RuleList.checked(name, out);
  }
}
