package dev.tapstack.apps.cli;

import dev.tapstack.apps.gateway.ConfigException;
import dev.tapstack.apps.gateway.ConfigFile;
import dev.tapstack.apps.gateway.ConfigValue;
import dev.tapstack.apps.gateway.FirewallFile;
import dev.tapstack.filter.FirewallRules;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a gateway's firewall rules are written. Immutable; any thread.
 *
 * @param path the file
 * @param fields null if the file has rules and nothing else; else all fields that it may have, of
 *     which {@link GatewayFile#FIREWALL} has the rules
 */
record RulesFile(Path path, @Nullable List<String> fields) {
  /** The option that named the file. */
  String option() {
    return fields == null ? "--firewall" : "--config";
  }

  /**
   * Reads the rules as they are written now.
   *
   * @param interfaces the names of all interfaces that rules may name
   * @param outside those of them to which nothing is let in that no rule lets in
   * @throws ConfigException at the first mistake
   */
  FirewallRules read(List<String> interfaces, List<String> outside) throws ConfigException {
    ConfigValue value = ConfigFile.read(path);
    if (fields != null) {
      value = value.section(fields).require(GatewayFile.FIREWALL);
    }
    return FirewallFile.parse(value, interfaces, outside);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
