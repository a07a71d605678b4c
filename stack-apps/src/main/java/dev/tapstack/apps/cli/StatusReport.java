package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.apps.cli.StackViews.SocketRow;
import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.control.LoopSnapshot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What SIGUSR1 prints of a running {@code serve}: its TCP connections, as {@code ss -ti} shows the
 * kernel's, then what was counted.
 *
 * <p>The loop only takes the snapshot; the thread of the signal makes text of it and prints, so
 * that the loop waits for no terminal.
 */
final class StatusReport {
  private final Stack stack;
  private final Supplier<Map<String, Map<String, Long>>> counters;
  private final Consumer<String> out;
  private final AtomicBoolean isPrinting = new AtomicBoolean();

  /**
   * @param counters everything that is counted; called in the loop
   * @param out takes the report
   */
  StatusReport(
      Stack stack, Supplier<Map<String, Map<String, Long>>> counters, Consumer<String> out) {
    this.stack = stack;
    this.counters = counters;
    this.out = out;
  }

  private record Snapshot(List<SocketRow> sockets, Map<String, Map<String, Long>> counters) {}

  /** Prints the report, unless one is being printed; any thread but the loop's. */
  void print() {
    if (!isPrinting.compareAndSet(false, true)) {
      return;
    }
    try {
      out.accept(
          text(
              LoopSnapshot.take(
                  stack, () -> new Snapshot(StackViews.sockets(stack), counters.get()))));
    } catch (ControlException e) {
      out.accept("status: " + e.getMessage());
    } finally {
      isPrinting.set(false);
    }
  }

  private static String text(Snapshot snapshot) {
    List<SocketRow> connections =
        snapshot.sockets().stream().filter(socket -> socket.info() != null).toList();
    StringBuilder text = new StringBuilder();
    text.append("status: ").append(connections.size()).append(" TCP connection");
    text.append(connections.size() == 1 ? "" : "s");
    if (!connections.isEmpty()) {
      for (String line : SocketTable.lines(StackViews.socketRows(connections), true)) {
        text.append(System.lineSeparator()).append("  ").append(line);
      }
    }
    return text.append(Summary.lines(snapshot.counters())).toString();
  }
}
