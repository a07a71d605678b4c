package dev.tapstack.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The packed program as a gateway between two namespaces of its own: inside the kernel has {@link
 * #ALICE} and its default route leads through the gateway, outside it has {@link #BOB}. Ready when
 * the constructor returns; everything is gone when it is closed.
 */
final class GatewayUnderTest implements AutoCloseable {
  /** The kernel's address inside. */
  static final String ALICE = "192.168.1.2";

  /** The gateway's address inside. */
  static final String INSIDE = "192.168.1.1";

  /** The gateway's address outside. */
  static final String OUTSIDE = "203.0.113.1";

  /** The kernel's address outside. */
  static final String BOB = "203.0.113.2";

  private final TestNamespace inside = new TestNamespace();
  private final TestNamespace outside = new TestNamespace();
  private final Command gateway;

  /** Starts with these further arguments of {@code tapstack gateway}. */
  GatewayUnderTest(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                ("gateway --inside lan0@%s=%s/24 --inside-host %s/24"
                        + " --outside wan0@%s=%s/24 --outside-host %s/24")
                    .formatted(inside.name(), INSIDE, ALICE, outside.name(), OUTSIDE, BOB)
                    .split(" ")));
    words.addAll(List.of(arguments));
    gateway = start(words);
  }

  /**
   * Starts with a configuration and nothing else.
   *
   * @param file where to write it
   * @param text in which the namespaces are called alice and bob, and the TAPs and addresses are as
   *     here
   */
  GatewayUnderTest(Path file, String text) {
    write(file, text);
    gateway = start(List.of("gateway", "--config", file.toString()));
  }

  /** Writes a configuration of this gateway, with its namespaces for alice and bob. */
  void write(Path file, String text) {
    String ours = text.replace("@alice", "@" + inside.name()).replace("@bob", "@" + outside.name());
    try {
      Files.writeString(file, ours);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Command start(List<String> words) {
    Command started = Command.start(Command.tapstack(words.toArray(String[]::new)));
    Command.awaitUntil(
        "the gateway is ready",
        () -> {
          if (!started.process().isAlive()) {
            String printed = started.output() + started.errors();
            started.close();
            inside.close();
            outside.close();
            throw new AssertionError(printed);
          }
          return started.output().contains("tapstack ready:");
        });
    return started;
  }

  /** The namespace of alice. */
  TestNamespace inside() {
    return inside;
  }

  /** The namespace of bob. */
  TestNamespace outside() {
    return outside;
  }

  /** The program: its process and what it has printed. */
  Command gateway() {
    return gateway;
  }

  /** Ends the program as a person does, with SIGTERM, and gives what it printed. */
  Outcome stop() {
    gateway.signal("TERM");
    return gateway.await(Command.DEADLINE);
  }

  @Override
  public void close() {
    gateway.close();
    inside.close();
    outside.close();
  }
}
