package dev.tapstack.apps.cli;

import dev.tapstack.apps.gateway.ConfigException;
import dev.tapstack.apps.gateway.ConfigFile;
import dev.tapstack.apps.gateway.ConfigSection;
import dev.tapstack.apps.gateway.ConfigValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The configuration file of {@code tapstack gateway}. Its fields are the command's long options
 * without their dashes: text as on the command line, {@code true} or {@code false}, and a list
 * where an option may be repeated. {@code firewall} may have the rules themselves instead of a
 * path.
 *
 * <p>An option of the command line counts instead of the whole field, all its repetitions included.
 * So fields need no code of their own, and no option is without its field. One thread.
 */
final class GatewayFile {
  static final String FIREWALL = "firewall";

  /** An option's name in a message. */
  private static final Pattern OPTION = Pattern.compile("--([a-z][a-z-]*)");

  private final Path path;
  private final List<String> fields;
  private final Map<String, ConfigValue> applied = new LinkedHashMap<>();

  private GatewayFile(Path path, List<String> fields) {
    this.path = path;
    this.fields = fields;
  }

  /**
   * Reads the file, and sets those options of the command that its command line does not have.
   *
   * @param command what was parsed just now
   * @param self the option that named the file
   * @throws ConfigException at the first mistake
   */
  static GatewayFile apply(Path path, CommandSpec command, String self) throws ConfigException {
    Map<String, OptionSpec> options = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      boolean isAsked = option.usageHelp() || option.versionHelp() || option.inherited();
      if (!isAsked && !option.longestName().equals(self)) {
        options.put(option.longestName().substring("--".length()), option);
      }
    }
    List<String> fields = List.copyOf(options.keySet());
    GatewayFile file = new GatewayFile(path, fields);
    ConfigSection section = ConfigFile.read(path).section(fields);
    ParseResult given = command.commandLine().getParseResult();
    for (Map.Entry<String, OptionSpec> each : options.entrySet()) {
      ConfigValue value = section.find(each.getKey());
      if (value != null) {
        file.apply(each.getKey(), value, each.getValue(), given);
      }
    }
    return file;
  }

  private void apply(String field, ConfigValue value, OptionSpec option, ParseResult given)
      throws ConfigException {
    boolean isSection = field.equals(FIREWALL) && !value.isText();
    Object read = isSection ? null : value(value, option);
    if (!given.hasMatchedOption(option)) {
      applied.put(field, value);
      if (!isSection) {
        option.setValue(read);
      }
    }
  }

  /** The value for an option, of the type of its Java field. */
  private static Object value(ConfigValue value, OptionSpec option) throws ConfigException {
    if (!option.isMultiValue()) {
      return one(value, option.type());
    }
    List<Object> all = new ArrayList<>();
    for (ConfigValue each : value.isText() ? List.of(value) : value.list()) {
      all.add(one(each, option.auxiliaryTypes()[0]));
    }
    return all;
  }

  private static Object one(ConfigValue value, Class<?> type) throws ConfigException {
    if (type == boolean.class) {
      return value.flag();
    }
    if (type == int.class) {
      return value.number(0, ConfigValue.MAX_NUMBER);
    }
    return type == String.class ? value.text() : value.parsed(text -> Converters.parse(type, text));
  }

  /** Where the rules stand, if it is in this file; else null. */
  @Nullable RulesFile rules() {
    ConfigValue value = applied.get(FIREWALL);
    return value == null || value.isText() ? null : new RulesFile(path, fields);
  }

  /**
   * A refusal of what contradicts itself in line and field, if it is about a field of this file;
   * else null.
   *
   * @param problem names options as on the command line
   */
  @Nullable ConfigException refusal(String problem) {
    Matcher mentioned = OPTION.matcher(problem);
    while (mentioned.find()) {
      ConfigValue value = applied.get(mentioned.group(1));
      if (value != null) {
        return place(value, problem).refusal(problem);
      }
    }
    return null;
  }

  /** The value of a list that the problem names, or the list. */
  private static ConfigValue place(ConfigValue value, String problem) {
    try {
      for (ConfigValue each : value.isText() ? List.of(value) : value.list()) {
        if (problem.contains(each.text())) {
          return each;
        }
      }
    } catch (ConfigException e) {
      // It is no list: the whole of it is meant.
    }
    return value;
  }
}
