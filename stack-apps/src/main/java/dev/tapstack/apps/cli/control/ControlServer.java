package dev.tapstack.apps.cli.control;

import dev.tapstack.device.MonitorDevice;
import dev.tapstack.socket.StackContext;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The control socket of a running process. It has threads of its own, one that accepts and one for
 * each client, and touches the stack only by {@link StackContext#execute}.
 *
 * <p>At most {@link #MAX_CLIENTS} are served at a time, more wait in the kernel's queue; whoever
 * asks no question, or does not take the answer, is put out after some seconds. All methods are for
 * any thread but the loop's.
 */
public final class ControlServer implements AutoCloseable {
  private static final int MAX_CLIENTS = 16;

  /** Of captures and watches. A capture has 4 MB, and costs the loop a copy of every frame. */
  private static final int MAX_STREAMS = 4;

  /** For a question and its answer; the loop alone may take ten. */
  private static final long CLIENT_SECONDS = 30;

  private final Path path;
  private final ServerSocketChannel server;
  private final StackContext stack;
  private final Map<String, Answer> answers;
  private final List<MonitorDevice> monitors;
  private final long epochOffsetNanos;
  private final Semaphore mayServe = new Semaphore(MAX_CLIENTS);
  private final Semaphore mayStream = new Semaphore(MAX_STREAMS);
  private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(task -> daemon("control-deadlines", task));
  private volatile boolean isClosed;

  private ControlServer(
      Path path,
      ServerSocketChannel server,
      StackContext stack,
      Map<String, ? extends Answer> answers,
      List<MonitorDevice> monitors,
      long epochOffsetNanos) {
    this.path = path;
    this.server = server;
    this.stack = stack;
    this.answers = Map.copyOf(answers);
    this.monitors = monitors;
    this.epochOffsetNanos = epochOffsetNanos;
  }

  /**
   * Opens this process's socket, for its user alone.
   *
   * @param answers what it has for commands, by their names
   * @param monitors what frames can be captured of
   * @param epochOffsetNanos what is added to the stack's time to give nanoseconds since 1970
   * @throws ControlException if there can be no socket
   */
  public static ControlServer open(
      StackContext stack,
      Map<String, ? extends Answer> answers,
      List<MonitorDevice> monitors,
      long epochOffsetNanos) {
    return open(
        ControlPaths.ofUser(),
        ProcessHandle.current().pid(),
        stack,
        answers,
        monitors,
        epochOffsetNanos);
  }

  static ControlServer open(
      ControlPaths paths,
      long pid,
      StackContext stack,
      Map<String, ? extends Answer> answers,
      List<MonitorDevice> monitors,
      long epochOffsetNanos) {
    Path path = paths.socketOf(pid);
    try {
      paths.makeDirectory();
      paths.running(); // removes what dead processes left
      Files.deleteIfExists(path); // of a dead process that had this pid
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(path), MAX_CLIENTS);
      // Nobody else could connect before this either: the directory is closed to others.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      ControlServer opened =
          new ControlServer(path, server, stack, answers, List.copyOf(monitors), epochOffsetNanos);
      daemon("control-accept", opened::accept).start();
      return opened;
    } catch (IOException | UnsupportedOperationException e) {
      throw new ControlException(path + ": " + e.getMessage(), e);
    }
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Where the socket is. */
  public Path path() {
    return path;
  }

  private void accept() {
    while (!isClosed) {
      try {
        mayServe.acquire();
        SocketChannel client = server.accept();
        clients.add(client);
        daemon("control-client", () -> serve(client)).start();
      } catch (IOException e) {
        mayServe.release();
        if (!isClosed) {
          // No descriptor left, or a client that has gone: the next one is not waited for busily.
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      Future<?> deadline = closeLater(client);
      Map<String, Object> request =
          Protocol.read(new BufferedInputStream(Channels.newInputStream(client)));
      if (request != null) {
        answer(client, request, deadline);
      }
      deadline.cancel(false);
    } catch (IOException | RejectedExecutionException e) {
      // The client has gone, talks nonsense, or was put out, or this ends: nobody is left to be
      // told.
    } finally {
      clients.remove(client);
      mayServe.release();
    }
  }

  private Future<?> closeLater(SocketChannel client) {
    return deadlines.schedule(() -> closeQuietly(client), CLIENT_SECONDS, TimeUnit.SECONDS);
  }

  private static void closeQuietly(SocketChannel client) {
    try {
      client.close();
    } catch (IOException e) {
      // It is closed as far as it can be.
    }
  }

  private void answer(SocketChannel client, Map<String, Object> request, Future<?> deadline)
      throws IOException {
    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(client));
    try {
      requireVersion(request.get(Protocol.KEY_VERSION));
      String command = String.valueOf(request.get(Protocol.KEY_COMMAND));
      if (command.equals(Protocol.CAPTURE)) {
        stream(client, capture(request.get(Protocol.KEY_INTERFACE)), deadline);
        return;
      }
      switch (answers.get(command)) {
        case View<?> view -> sendRows(out, LoopSnapshot.take(stack, view::take).get());
        case Order order -> sendRows(out, order.carryOut());
        case Instruction instruction -> sendRows(out, instruction.carryOut(how(request)));
        case Feed<?> feed ->
            stream(client, new FeedSession<>(stack, feed, epochOffsetNanos), deadline);
        case null -> throw new ControlException("this process has no '" + command + "' to show");
      }
    } catch (ControlException e) {
      String why = String.valueOf(e.getMessage());
      out.write(Protocol.line(Map.of(Protocol.KEY_ERROR, why)));
    }
    out.flush();
  }

  @SuppressWarnings("unchecked") // keys of JSON objects are strings
  private static Map<String, Object> how(Map<String, Object> request) {
    if (request.get(Protocol.KEY_HOW) instanceof Map<?, ?> how) {
      return (Map<String, Object>) how;
    }
    throw new ControlException("it was not said how");
  }

  private static void requireVersion(@Nullable Object theirs) {
    if (!(theirs instanceof Integer number) || number != Protocol.VERSION) {
      throw new ControlException(
          "the process speaks version %d of the control protocol, the command %s: use the program"
                  .formatted(Protocol.VERSION, theirs)
              + " that it was started from");
    }
  }

  private static void sendRows(OutputStream out, List<Map<String, Object>> rows)
      throws IOException {
    out.write(Protocol.line(Map.of(Protocol.KEY_ROWS, rows.size())));
    for (Map<String, Object> row : rows) {
      out.write(Protocol.line(row));
    }
  }

  private CaptureSession capture(@Nullable Object name) {
    List<MonitorDevice> named = monitors.stream().filter(it -> it.name().equals(name)).toList();
    return new CaptureSession(stack, named.isEmpty() ? monitors : named, epochOffsetNanos);
  }

  private void stream(SocketChannel client, Session session, Future<?> deadline)
      throws IOException {
    if (!mayStream.tryAcquire()) {
      throw new ControlException(MAX_STREAMS + " captures or watches are running already: end one");
    }
    try {
      SessionSender sender = new SessionSender(session);
      session.begin();
      try {
        client.write(ByteBuffer.wrap(Protocol.line(session.head())));
        deadline.cancel(false); // it takes as long as it likes
        client.configureBlocking(false);
        sender.send(client, () -> isClosed);
      } finally {
        session.end();
      }
      if (isClosed) {
        return; // the client sees that its stream was cut off
      }
      closeLater(client);
      client.configureBlocking(true);
      sender.sendRest(client);
    } finally {
      mayStream.release();
    }
  }

  /** Ends it: no client is served any more, and no file is left. Idempotent. */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    try (server) {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // It does not go: the next start removes it.
    }
    deadlines.shutdownNow();
    clients.forEach(ControlServer::closeQuietly);
  }
}
