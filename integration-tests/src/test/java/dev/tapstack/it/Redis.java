package dev.tapstack.it;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/** A kernel's Redis that keeps nothing. Serving when the constructor returns. */
final class Redis implements AutoCloseable {
  private final InetSocketAddress address;
  private final Command redis;

  /**
   * Starts it.
   *
   * @param prefix the words before each command, which name a namespace; perhaps none
   * @param directory where it runs
   */
  Redis(List<String> prefix, InetSocketAddress address, Path directory) {
    this.address = address;
    String host = address.getHostString();
    String port = Integer.toString(address.getPort());
    redis =
        Command.start(
            words(
                prefix,
                List.of("redis-server", "--bind", host, "--port", port, "--save", ""),
                List.of("--dir", directory.toString(), "--protected-mode", "no")));
    List<String> ping = words(prefix, List.of("redis-cli", "-h", host, "-p", port, "ping"));
    Command.awaitUntil(
        "redis",
        () ->
            redis.process().isAlive()
                && Command.run(Command.DEADLINE, ping).output().equals("PONG\n"));
  }

  @SafeVarargs
  private static List<String> words(List<String>... parts) {
    return List.of(parts).stream().flatMap(List::stream).toList();
  }

  InetSocketAddress address() {
    return address;
  }

  /** Ends it at once, amid whatever it does. */
  void kill() {
    redis.signal("KILL");
    redis.await(Command.DEADLINE);
  }

  @Override
  public void close() {
    redis.close();
  }
}
