package dev.tapstack.apps.gateway;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A section of a configuration file: values by their keys, all of them known. Immutable. */
public final class ConfigSection {
  private final ConfigValue whole;
  private final Map<String, ConfigValue> values;

  ConfigSection(ConfigValue whole, Map<String, ConfigValue> values) {
    this.whole = whole;
    this.values = values;
  }

  /** The section itself, to be refused as a whole. */
  public ConfigValue whole() {
    return whole;
  }

  /** The value of {@code key}, or null if it is not there. */
  public @Nullable ConfigValue find(String key) {
    return values.get(key);
  }

  /**
   * The value of {@code key}.
   *
   * @throws ConfigException if it is not there
   */
  public ConfigValue require(String key) throws ConfigException {
    ConfigValue value = values.get(key);
    if (value == null) {
      throw whole.refusal("lacks '" + key + "': add it");
    }
    return value;
  }

  /**
   * The list of {@code key}; empty if it is not there.
   *
   * @throws ConfigException if it is no list
   */
  public List<ConfigValue> list(String key) throws ConfigException {
    ConfigValue value = values.get(key);
    return value == null ? List.of() : value.list();
  }
}
