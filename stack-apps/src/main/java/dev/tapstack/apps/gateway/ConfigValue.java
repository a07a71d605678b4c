package dev.tapstack.apps.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value of a configuration file that knows where it stands. What it is depends on who asks: a
 * scalar is the text as it is written ({@code no} is no boolean), and whatever cannot be read as
 * asked is refused with its line and field. Immutable; any thread.
 */
public final class ConfigValue {
  /** Of a wrong value as much is shown. */
  private static final int MAX_SHOWN = 60;

  /** The largest that {@link #number} reads: nine digits. */
  public static final int MAX_NUMBER = 999_999_999;

  /** The types that values have by themselves; others are asked for by an explicit tag. */
  private static final List<Tag> OWN_TAGS =
      List.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.SEQ, Tag.MAP);

  private final String file;
  private final String field;
  private final Node node;

  ConfigValue(String file, String field, Node node) {
    this.file = file;
    this.field = field;
    this.node = node;
  }

  /** The way to it from the file's top: {@code security-groups[0].in[2].to-port}. */
  public String field() {
    return field;
  }

  /** Its line, from 1. */
  public int line() {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  /** A refusal of this value: file, line and field, then {@code problem}, which has the remedy. */
  public ConfigException refusal(String problem) {
    String where = file + ":" + line() + ": " + (field.isEmpty() ? "" : field + ": ");
    return new ConfigException(where + printable(problem));
  }

  /**
   * The value as a section.
   *
   * @param keys all that may stand in it
   * @throws ConfigException if it is none, or has another key, or one twice
   */
  public ConfigSection section(List<String> keys) throws ConfigException {
    requirePlain();
    if (!(node instanceof MappingNode mapping)) {
      throw refusal("is no section: write fields as 'key: value', of " + keys);
    }
    Map<String, ConfigValue> values = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key =
          new ConfigValue(file, field.isEmpty() ? "key" : field, tuple.getKeyNode()).text();
      String path = field.isEmpty() ? key : field + "." + key;
      if (!keys.contains(key)) {
        throw new ConfigValue(file, path, tuple.getKeyNode())
            .refusal("is unknown: the fields here are " + keys);
      }
      if (values.put(key, new ConfigValue(file, path, tuple.getValueNode())) != null) {
        throw new ConfigValue(file, path, tuple.getKeyNode())
            .refusal("is there twice: leave one of the two");
      }
    }
    return new ConfigSection(this, values);
  }

  /**
   * The value as a list.
   *
   * @throws ConfigException if it is none
   */
  public List<ConfigValue> list() throws ConfigException {
    requirePlain();
    if (!(node instanceof SequenceNode sequence)) {
      throw refusal("is no list: write [a, b], or each on a line of its own behind '- '");
    }
    List<ConfigValue> values = new ArrayList<>();
    for (Node each : sequence.getValue()) {
      values.add(new ConfigValue(file, field + "[" + values.size() + "]", each));
    }
    return values;
  }

  /** Whether it is one value, and no section or list. */
  public boolean isText() {
    return node instanceof ScalarNode;
  }

  /**
   * The value as it is written, without quotes.
   *
   * @throws ConfigException if it is a section or a list, or nothing
   */
  public String text() throws ConfigException {
    requirePlain();
    if (!(node instanceof ScalarNode scalar)) {
      throw refusal("is a section or a list: write one value");
    }
    if (scalar.getValue().isEmpty() && scalar.getScalarStyle() == ScalarStyle.PLAIN) {
      throw refusal("has no value: write one behind the colon, or leave the field");
    }
    return scalar.getValue();
  }

  /**
   * The value as a whole number.
   *
   * @throws ConfigException if it is none from {@code min} to {@code max}
   */
  public int number(int min, int max) throws ConfigException {
    String text = text();
    boolean isNumber = text.matches("0|-?[1-9][0-9]{0,8}");
    if (!isNumber || Integer.parseInt(text) < min || Integer.parseInt(text) > max) {
      throw refusal(quoted(text) + " is no whole number from " + min + " to " + max);
    }
    return Integer.parseInt(text);
  }

  /**
   * The value as {@code true} or {@code false}.
   *
   * @throws ConfigException if it is neither
   */
  public boolean flag() throws ConfigException {
    String text = text();
    if (!text.equals("true") && !text.equals("false")) {
      throw refusal(quoted(text) + " is neither true nor false");
    }
    return text.equals("true");
  }

  /**
   * What the word stands for.
   *
   * @throws ConfigException if it is none of the words
   */
  public <T> T oneOf(Map<String, T> words) throws ConfigException {
    T meant = words.get(text());
    if (meant == null) {
      throw refusal(quoted(text()) + " is unknown: write one of " + words.keySet());
    }
    return meant;
  }

  /**
   * What {@code parser} makes of the text.
   *
   * @throws ConfigException with the parser's words, if it throws an IllegalArgumentException
   */
  public <T> T parsed(Function<String, T> parser) throws ConfigException {
    String text = text();
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw refusal(String.valueOf(e.getMessage()));
    }
  }

  private void requirePlain() throws ConfigException {
    if (node.getAnchor().isPresent()) {
      throw refusal("has an anchor or is an alias: write the value itself");
    }
    if (!OWN_TAGS.contains(node.getTag())) {
      throw refusal("has the tag " + node.getTag().getValue() + ": leave the tag");
    }
  }

  /** One line of printable characters, not too long. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .map(c -> Character.isISOControl(c) || c > 0x7e ? '?' : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }

  /** The value in quotes, cut if it is long. */
  static String quoted(String text) {
    return "'" + (text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...") + "'";
  }
}
