package dev.tapstack.apps.cli;

import dev.tapstack.tap.TapException;
import java.util.List;

/**
 * What {@code tapstack doctor} found.
 *
 * @param level how bad it is
 * @param what one line
 * @param commands what mends it, to be typed as they are; may be empty
 */
record Finding(Level level, String what, List<String> commands) {
  /** How bad a finding is; shown in front of it. */
  enum Level {
    /** As it should be. */
    OK("ok  "),
    /** Works, but may surprise. */
    NOTE("note"),
    /** A stack would not start. */
    FAIL("FAIL");

    private final String label;

    Level(String label) {
      this.label = label;
    }
  }

  Finding {
    commands = List.copyOf(commands);
  }

  static Finding ok(String what) {
    return new Finding(Level.OK, what, List.of());
  }

  static Finding note(String what, String... commands) {
    return new Finding(Level.NOTE, what, List.of(commands));
  }

  static Finding fail(String what, String... commands) {
    return new Finding(Level.FAIL, what, List.of(commands));
  }

  /** The message has a remedy of its own already. */
  static Finding fail(TapException why, String... commands) {
    return fail(String.valueOf(why.getMessage()), commands);
  }

  /** Whether a stack would not start because of it. */
  boolean isInTheWay() {
    return level == Level.FAIL;
  }

  /** A line, and an indented one for each command. */
  String text() {
    StringBuilder text = new StringBuilder(level.label).append("  ").append(what);
    for (String command : commands) {
      text.append(System.lineSeparator()).append("          ").append(command);
    }
    return text.toString();
  }
}
