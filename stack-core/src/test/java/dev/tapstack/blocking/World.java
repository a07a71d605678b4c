package dev.tapstack.blocking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/**
 * Where sockets live in a test: the kernel's loopback, through the JDK's own sockets, or two
 * stacks. The same lines run in both, and must end alike.
 */
record World(
    String name, SocketFactory sockets, ServerSocketFactory servers, InetAddress serverHost) {

  /** The JDK's own sockets: the oracle. */
  static World kernel() {
    return new World(
        "kernel",
        SocketFactory.getDefault(),
        ServerSocketFactory.getDefault(),
        InetAddress.getLoopbackAddress());
  }

  /** Clients on one stack, servers on the other. */
  static World of(TwoHosts hosts) {
    try {
      return new World(
          "stack",
          new StackSocketFactory(hosts.a),
          new StackServerSocketFactory(hosts.b),
          InetAddress.getByName(TwoHosts.B));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ServerSocket listen() throws IOException {
    return servers.createServerSocket(0, 50, serverHost);
  }

  Socket connect(ServerSocket to) throws IOException {
    return sockets.createSocket(serverHost, to.getLocalPort());
  }

  /** A port that nobody listens on. */
  int closedPort() throws IOException {
    try (ServerSocket server = listen()) {
      return server.getLocalPort();
    }
  }

  /** A connection: the client's socket and the server's. */
  record Pair(Socket client, Socket server) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }

  Pair pair() throws IOException {
    try (ServerSocket server = listen()) {
      return new Pair(connect(server), server.accept());
    }
  }

  /** What a thread does until it ends in an exception or a value. */
  interface Action {
    Object run() throws Exception;
  }

  /** An action in a thread of its own. */
  static final class Running {
    private final FutureTask<String> outcome;
    final Thread thread;

    private Running(Thread.Builder builder, Action action) {
      outcome = new FutureTask<>(() -> World.outcome(action));
      thread = builder.start(outcome);
    }

    static Running virtual(Action action) {
      return new Running(Thread.ofVirtual(), action);
    }

    static Running platform(Action action) {
      return new Running(Thread.ofPlatform().daemon(), action);
    }

    /** Returns when the thread is parked: a virtual one, or one that waits for a stack. */
    Running awaitBlocked() {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TwoHosts.DEADLINE_MILLIS);
      while (thread.getState() != Thread.State.WAITING
          && thread.getState() != Thread.State.TIMED_WAITING) {
        if (System.nanoTime() - end > 0 || !thread.isAlive()) {
          throw new AssertionError("not blocked but " + thread.getState() + ": " + outcome);
        }
        Thread.yield();
      }
      return this;
    }

    /** What came of it. */
    String outcome() throws Exception {
      return outcome.get(TwoHosts.DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** The exception that ends {@code action}, by class and message, or its value. */
  static String outcome(Action action) {
    try {
      return String.valueOf(action.run());
    } catch (Exception e) {
      return e.getClass().getName() + ": " + e.getMessage();
    }
  }
}
