package dev.tapstack.apps.cli.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@link ControlPaths}: whose sockets are where. */
class ControlPathsTest {
  private static String socket(int userId, Map<String, String> environment) {
    return ControlPaths.ofUser(userId, environment).socketOf(42).toString();
  }

  @Test
  void eachUserHasADirectory() {
    Map<String, String> session = Map.of("XDG_RUNTIME_DIR", "/run/user/1000");
    assertEquals("/run/tapstack/42.sock", socket(0, Map.of()));
    assertEquals("/run/tapstack/42.sock", socket(0, session), "sudo keeps it sometimes");
    assertEquals("/run/user/1000/tapstack/42.sock", socket(1000, session));
    assertEquals("/tmp/tapstack-1000/42.sock", socket(1000, Map.of()));
    assertEquals("/tmp/tapstack-1000/42.sock", socket(1000, Map.of("XDG_RUNTIME_DIR", "x")));
  }
}
