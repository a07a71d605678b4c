package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;

/** OpenBSD's nc, for who only wants to know whether a port can be reached. */
final class Netcat {
  private Netcat() {}

  /** Listens for one connection after another; it listens when this returns. */
  static Command listen(TestNamespace namespace, int port) {
    Command listener = namespace.start(words("nc -l -k " + port));
    Command.awaitUntil(
        "somebody listens",
        () -> namespace.run(words("ss -Hltn")).output().contains(":" + port + " "));
    return listener;
  }

  /** Connects and ends, or is refused: an answer may take long on a busy machine. */
  static Outcome connect(TestNamespace from, String address, int port) {
    return connect(from, address, port, 60);
  }

  /** Where silence is expected: two seconds of it are a failure. */
  static Outcome knock(TestNamespace from, String address, int port) {
    return connect(from, address, port, 2);
  }

  private static Outcome connect(TestNamespace from, String address, int port, int seconds) {
    return from.run(words("nc -v -z -w %d %s %d".formatted(seconds, address, port)));
  }
}
