package dev.tapstack.containers;

import java.util.Map;

/**
 * Labels of the containers and networks that tests make, by which {@code scripts/clean} finds those
 * of a test run that was killed.
 */
final class Ownership {
  /** Whose value is the process that made it. */
  static final String PID_LABEL = "dev.tapstack.pid";

  private Ownership() {}

  /** Those of this process. */
  static Map<String, String> labels() {
    return Map.of(PID_LABEL, Long.toString(ProcessHandle.current().pid()));
  }
}
