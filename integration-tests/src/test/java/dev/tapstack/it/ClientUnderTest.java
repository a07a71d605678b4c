package dev.tapstack.it;

import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * The command lines of {@code tapstack} as a client on a TAP in a test's namespace: the kernel's
 * end has {@link #HOST}, the stack {@link #ADDRESS}.
 */
final class ClientUnderTest {
  /** The stack's address. */
  static final String ADDRESS = "10.77.0.2";

  /** The kernel's address on the other end. */
  static final String HOST = "10.77.0.1";

  /** An address of the subnet that nobody has. */
  static final String NOBODY = "10.77.0.9";

  private ClientUnderTest() {}

  /** A subcommand with the options of the host, and these further words. */
  static String[] words(TestNamespace namespace, String command, String... more) {
    List<String> words = new ArrayList<>(List.of(command, "--tap", "tap0@" + namespace.name()));
    words.addAll(List.of("--address", ADDRESS + "/24", "--host-address", HOST + "/24"));
    words.addAll(List.of(more));
    return Command.tapstack(words.toArray(String[]::new)).toArray(String[]::new);
  }

  /** Runs it to its end, without input. */
  static Outcome run(TestNamespace namespace, String command, String... more) {
    return Command.run(Command.DEADLINE, List.of(words(namespace, command, more)));
  }

  /** Asserts that it failed with nothing but this line. */
  static void assertFailed(String line, Outcome outcome) {
    if (outcome.status() != 1
        || !outcome.errors().strip().equals(line)
        || !outcome.output().isEmpty()) {
      throw new AssertionError("expected '" + line + "' and status 1: " + outcome);
    }
  }

  /** A server socket of the kernel's in the namespace, on any port. */
  static ServerSocket listen(TestNamespace namespace) {
    return NetworkNamespace.named(namespace.name()).call(ClientUnderTest::listen);
  }

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A UDP socket of the kernel's in the namespace, on any port. */
  static DatagramSocket bind(TestNamespace namespace) {
    return NetworkNamespace.named(namespace.name()).call(ClientUnderTest::bind);
  }

  private static DatagramSocket bind() {
    try {
      return new DatagramSocket();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
