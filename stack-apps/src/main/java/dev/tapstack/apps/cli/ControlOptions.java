package dev.tapstack.apps.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.tapstack.apps.cli.control.ControlTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of every command that looks into a running process. */
final class ControlOptions {
  /** What their help ends with. */
  static final String WHICH =
      "Looks into the one running process of this user; --pid or --control name another.";

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "The process, where more than one is running.")
  private @Nullable Long pid;

  @Option(
      names = "--control",
      paramLabel = "PATH",
      description = "Its control socket, as it printed when it started.")
  private @Nullable Path control;

  @Option(names = "--json", description = "Prints JSON, for programs.")
  private boolean json;

  @Spec(Target.MIXEE)
  private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ControlOptions() {}

  boolean isJson() {
    return json;
  }

  /**
   * The process that is meant.
   *
   * @throws dev.tapstack.apps.cli.control.ControlException if there is none, or more than one
   */
  ControlTarget target() {
    if (control == null) {
      return ControlTarget.find(pid);
    }
    if (pid != null) {
      throw new ParameterException(spec.commandLine(), "--pid and --control: give one of them");
    }
    return ControlTarget.at(control);
  }

  /** Prints rows as {@code --json} asks for, or the lines that they are for people. */
  void show(
      List<Map<String, Object>> rows, Function<List<Map<String, Object>>, List<String>> lines) {
    if (json) {
      printJson(rows);
    } else {
      print(lines.apply(rows));
    }
  }

  /** Prints rows as a JSON array, a row in a line. */
  private void printJson(List<Map<String, Object>> rows) {
    PrintWriter out = out();
    out.print("[");
    for (int i = 0; i < rows.size(); i++) {
      out.print((i == 0 ? "\n  " : ",\n  ") + text(rows.get(i)));
    }
    out.println(rows.isEmpty() ? "]" : "\n]");
    out.flush();
  }

  private void print(List<String> lines) {
    lines.forEach(out()::println);
    out().flush();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** A JSON object in one line. */
  static String text(Map<String, ?> object) {
    try {
      return JSON.std.asString(object);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory, of plain values
    }
  }
}
