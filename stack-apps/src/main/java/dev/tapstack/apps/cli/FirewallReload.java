package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.control.LoopSnapshot;
import dev.tapstack.apps.cli.control.Order;
import dev.tapstack.apps.gateway.ConfigException;
import dev.tapstack.apps.gateway.Gateway;
import dev.tapstack.filter.FirewallRules;
import dev.tapstack.link.NetInterface;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a gateway's rules, at its start and whenever {@code tapstack firewall --reload} asks for
 * it. The file is read and checked whole on the caller's thread; only then the loop changes over
 * from all the old rules to all the new ones, between two packets. Flows are not touched.
 */
final class FirewallReload implements Order {
  private final Stack stack;
  private final Gateway gateway;
  private final @Nullable RulesFile file;
  private final List<String> interfaces;
  private final List<String> outside;
  private final Consumer<String> say;

  /**
   * @param say takes a line for people after each reload
   */
  FirewallReload(Stack stack, Gateway gateway, GatewayConfig config, Consumer<String> say) {
    this.stack = stack;
    this.gateway = gateway;
    this.say = say;
    file = config.firewall();
    interfaces = stack.interfaces().stream().map(NetInterface::name).toList();
    outside = config.outside();
  }

  /**
   * Sets the first rules, if there is a file; before the loop runs.
   *
   * @throws CommandException if the file is wrong
   */
  void start() {
    if (file == null) {
      return;
    }
    try {
      gateway.rules(file.read(interfaces, outside));
    } catch (ConfigException e) {
      throw new CommandException(file.option() + " " + e.getMessage(), e);
    }
  }

  @Override
  public List<Map<String, Object>> carryOut() {
    if (file == null) {
      throw new ControlException(
          "this gateway has no rules to read again: start it with --firewall FILE, or with rules in its"
              + " --config FILE");
    }
    FirewallRules wanted;
    try {
      wanted = file.read(interfaces, outside);
    } catch (ConfigException e) {
      throw new ControlException(e.getMessage() + " (the old rules stay)", e);
    }
    LoopSnapshot.take(
        stack,
        () -> {
          gateway.rules(wanted);
          return true;
        });
    say.accept("firewall: " + wanted.count() + " rules, read again from " + file);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("file", file.toString());
    row.put("rules", wanted.count());
    return List.of(row);
  }
}
