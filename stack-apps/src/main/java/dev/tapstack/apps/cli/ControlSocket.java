package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.apps.cli.control.Answer;
import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.control.ControlServer;
import dev.tapstack.loop.StackLoop;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The control socket of a command that runs a stack. Where there can be none, that is said, and the
 * command goes on without.
 */
final class ControlSocket implements AutoCloseable {
  private final @Nullable ControlServer server;
  private final String line;

  /**
   * Opens it; commands are answered as soon as the loop runs.
   *
   * @param answers {@link StackViews}, and what the command adds
   * @param ports whose frames can be captured
   */
  ControlSocket(
      Stack stack, StackLoop loop, Map<String, ? extends Answer> answers, List<TapPort> ports) {
    ControlServer opened = null;
    String said;
    try {
      opened =
          ControlServer.open(
              stack,
              answers,
              ports.stream().map(TapPort::monitor).toList(),
              Capture.epochOffsetNanos(loop));
      said = "control socket: " + opened.path();
    } catch (ControlException e) {
      said = "no control socket: " + e.getMessage();
    }
    server = opened;
    line = said;
  }

  /** Where it is, for people. */
  String line() {
    return line;
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
