package dev.tapstack.containers;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The project of {@code scripts/docker-compose.yml}, on the image under test, under a name of this
 * process; gone when it is closed. By version 2 of Compose where that is there, else by version 1.
 */
final class Compose implements AutoCloseable {
  /** With the build of an image, by a machine that has none of it yet. */
  private static final Duration UP_LIMIT = Duration.ofMinutes(4);

  private final String name = "tapstack-it-" + ProcessHandle.current().pid();
  private final List<String> words = new ArrayList<>();

  /**
   * Starts nothing yet.
   *
   * @param directory for a file of its own
   */
  Compose(Path directory) {
    Path override = directory.resolve("override.yml");
    try {
      Files.writeString(override, override());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    words.addAll(program());
    String file =
        Path.of(System.getProperty("tapstack.root"), "scripts/docker-compose.yml").toString();
    words.addAll(List.of("-p", name, "-f", file, "-f", override.toString()));
  }

  /** Debian's {@code docker} has no {@code compose}, and so fails. */
  private static List<String> program() {
    List<String> second = List.of("docker", "compose");
    boolean isThere =
        Command.run(Command.DEADLINE, List.of("docker", "compose", "version")).status() == 0;
    return isThere ? second : List.of("docker-compose");
  }

  /**
   * What a test's project has beyond a person's: who made it, and which image it tests. Networks
   * have it in their names alone: version 1 would take what stands here for the whole of them.
   */
  private static String override() {
    String labels =
        "labels: {%s: '%d'}".formatted(Ownership.PID_LABEL, ProcessHandle.current().pid());
    return """
    services:
      web: {%1$s}
      client: {%1$s}
      gateway: {image: '%2$s', %1$s}
    """
        .formatted(labels, System.getProperty(TapStackContainer.IMAGE_PROPERTY));
  }

  /** Makes and starts everything; it works when this returns. */
  void up() {
    run(UP_LIMIT, "up", "-d").ok();
  }

  /** Runs a line's words in a service's container, and gives what they print. */
  String exec(String service, String line) {
    List<String> arguments = new ArrayList<>(List.of("exec", "-T", service));
    arguments.addAll(List.of(line.split(" ", -1)));
    return run(Command.DEADLINE, arguments.toArray(String[]::new)).ok().output();
  }

  /** The containers and networks that there are of it, by the engine's word. */
  String leftovers() {
    String filter = "label=com.docker.compose.project=" + name;
    return Command.run(Command.DEADLINE, List.of("docker", "ps", "-aq", "--filter", filter))
            .ok()
            .output()
        + Command.run(
                Command.DEADLINE, List.of("docker", "network", "ls", "-q", "--filter", filter))
            .ok()
            .output();
  }

  private Outcome run(Duration deadline, String... arguments) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(arguments));
    return Command.run(deadline, all);
  }

  @Override
  public void close() {
    run(Command.DEADLINE, "down", "--volumes").ok();
  }
}
