package dev.tapstack.apps.cli;

import dev.tapstack.apps.cli.control.WatchedEvents;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code tapstack conntrack}: the flows of a running gateway, as {@code conntrack -L} has them;
 * with {@code --watch} what becomes of them, as {@code conntrack -E}.
 */
@Command(
    name = "conntrack",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the flows of a running gateway, both sides of each; at most 10000.",
    description = {
      ControlOptions.WHICH,
      "--watch --json prints an object in a line for each event. Events that this command is too"
          + " slow for are not shown, but counted; the gateway never waits."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack conntrack",
      "  What becomes of flows, until Ctrl-C; and of those of one host:",
      "    tapstack conntrack --watch",
      "    tapstack conntrack --watch --json | jq -c 'select(.src == \"192.168.1.2\")'",
      "  Who has sent how much:",
      "    tapstack conntrack --json | jq -r '.[] | \"\\(.src) \\(.bytes)\"'"
    })
final class ConntrackCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  @Option(
      names = "--watch",
      description = "Shows each flow that begins, changes its state or ends, until Ctrl-C.")
  private boolean isWatching;

  @Mixin private ControlOptions control;
  @Spec private CommandSpec spec;

  private long shown;
  private long lost;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ConntrackCommand() {}

  @Override
  public Integer call() {
    if (isWatching) {
      watch();
      return 0;
    }
    control.show(
        control.target().rows("conntrack"),
        rows -> rows.stream().map(ConntrackCommand::line).toList());
    return 0;
  }

  private void watch() {
    PrintWriter err = spec.commandLine().getErr();
    try (WatchedEvents events = control.target().watch(GatewayViews.CONNTRACK_WATCH)) {
      Signals.onFirst(events::stop);
      err.println("watching until Ctrl-C");
      err.flush();
      boolean isRead = true;
      while (isRead) {
        Map<String, Object> event = events.next();
        isRead = tellLost(events.lost()) && event != null && show(event);
      }
      err.println(
          (events.isCutOff() ? "the process has ended: " : "")
              + "%d events shown, %d lost because this was too slow".formatted(shown, lost));
      err.flush();
    } catch (IOException e) {
      throw new CommandException("the watch is cut off: " + e.getMessage(), e);
    }
  }

  private boolean tellLost(long lostSoFar) {
    if (lostSoFar == lost) {
      return true;
    }
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("event", "lost");
    told.put("count", lostSoFar - lost);
    lost = lostSoFar;
    return print(told, "[LOST] " + told.get("count") + " events");
  }

  private boolean show(Map<String, Object> event) {
    shown++;
    String kind = "[" + String.valueOf(event.get("event")).toUpperCase(Locale.ROOT) + "]";
    Instant time = Instant.parse(String.valueOf(event.get("time")));
    return print(event, String.format("%s %9s %s", TIME.format(time), kind, line(event)));
  }

  /** False when nobody reads any more, as behind {@code | head}. */
  private boolean print(Map<String, Object> event, String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(control.isJson() ? ControlOptions.text(event) : line);
    return !out.checkError(); // flushes too
  }

  private static String line(Map<String, Object> row) {
    StringBuilder line = new StringBuilder();
    line.append(String.format("%-4s %6s", row.get("protocol"), row.get("timeout")));
    if ("tcp".equals(row.get("protocol"))) {
      line.append(' ').append(row.get("state"));
    }
    addSide(line, row, "");
    if (Boolean.FALSE.equals(row.get("replied"))) {
      line.append(" [UNREPLIED]");
    }
    addSide(line, row, "reply-");
    return line.toString();
  }

  private static void addSide(StringBuilder line, Map<String, Object> row, String prefix) {
    for (String name : List.of("src", "dst", "sport", "dport", "packets", "bytes")) {
      line.append(' ').append(name).append('=').append(row.get(prefix + name));
    }
  }
}
