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

  /** Connects and ends; two seconds of silence are a failure. */
  static Outcome connect(TestNamespace from, String address, int port) {
    return from.run(words("nc -v -z -w 2 " + address + " " + port));
  }
}
