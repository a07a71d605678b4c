package dev.tapstack.apps.cli.control;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The running process that a command looks into. One thread.
 *
 * @param socket its control socket
 */
public record ControlTarget(Path socket) {
  /** The process whose control socket is {@code socket}. */
  public static ControlTarget at(Path socket) {
    return new ControlTarget(socket);
  }

  /**
   * A process of this user's.
   *
   * @param pid which, or null for the only one
   * @throws ControlException if there is none, or more than one
   */
  public static ControlTarget find(@Nullable Long pid) {
    return find(ControlPaths.ofUser(), pid);
  }

  static ControlTarget find(ControlPaths paths, @Nullable Long pid) {
    List<Long> running = paths.running();
    String these = running.stream().map(String::valueOf).collect(Collectors.joining(", "));
    if (pid != null) {
      if (!running.contains(pid)) {
        throw new ControlException(
            "process %d has no control socket in %s (%s)"
                .formatted(pid, paths.directory(), running.isEmpty() ? "nobody has" : these));
      }
      return new ControlTarget(paths.socketOf(pid));
    }
    if (running.isEmpty()) {
      throw new ControlException(
          "no process to look into: start 'tapstack serve', or name its socket by --control (none"
              + " is in "
              + paths.directory()
              + ")");
    }
    if (running.size() > 1) {
      throw new ControlException("more than one process: name one by --pid: " + these);
    }
    return new ControlTarget(paths.socketOf(running.getFirst()));
  }

  /**
   * Asks for what a view shows now.
   *
   * @throws ControlException if it cannot be had
   */
  public List<Map<String, Object>> rows(String view) {
    return rows(view, Map.of());
  }

  /**
   * Has an {@link Instruction} carried out.
   *
   * @return what was done
   * @throws ControlException if it was not
   */
  public List<Map<String, Object>> instruct(String instruction, Map<String, Object> how) {
    return rows(instruction, Map.of(Protocol.KEY_HOW, how));
  }

  private List<Map<String, Object>> rows(String command, Map<String, Object> more) {
    try (SocketChannel channel = connect()) {
      InputStream in = ask(channel, command, more);
      Map<String, Object> head = head(in);
      int count = head.get(Protocol.KEY_ROWS) instanceof Integer number ? number : 0;
      List<Map<String, Object>> rows = new ArrayList<>();
      while (rows.size() < count) {
        Map<String, Object> row = Protocol.read(in);
        if (row == null) {
          throw new IOException("it ended in the middle of its answer");
        }
        rows.add(row);
      }
      return rows;
    } catch (IOException e) {
      throw new ControlException(socket + ": " + e.getMessage(), e);
    }
  }

  /**
   * Begins to capture frames; close what this returns.
   *
   * @param word the name of the interface that is meant, or anything else for all of them
   * @throws ControlException if it cannot be done
   */
  public CapturedFrames capture(@Nullable String word) {
    return stream(
        Protocol.CAPTURE,
        word,
        (channel, in, head) -> {
          List<String> interfaces = new ArrayList<>();
          if (head.get(Protocol.KEY_INTERFACES) instanceof List<?> names) {
            names.forEach(name -> interfaces.add(String.valueOf(name)));
          }
          return new CapturedFrames(channel, in, interfaces);
        });
  }

  /**
   * Begins to watch what a feed tells; close what this returns.
   *
   * @throws ControlException if it cannot be done
   */
  public WatchedEvents watch(String feed) {
    return stream(feed, null, (channel, in, head) -> new WatchedEvents(channel, in));
  }

  /** Makes what a command reads a stream with; the head of the answer has been read. */
  @FunctionalInterface
  private interface Opening<T> {
    T open(SocketChannel channel, InputStream in, Map<String, Object> head);
  }

  private <T> T stream(String command, @Nullable String word, Opening<T> opening) {
    SocketChannel channel = connect();
    try {
      InputStream in =
          ask(channel, command, word == null ? Map.of() : Map.of(Protocol.KEY_INTERFACE, word));
      return opening.open(channel, in, head(in));
    } catch (IOException | ControlException e) {
      closeQuietly(channel);
      throw e instanceof ControlException known
          ? known
          : new ControlException(socket + ": " + e.getMessage(), e);
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }

  private SocketChannel connect() {
    try {
      return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    } catch (IOException | IllegalArgumentException e) {
      throw new ControlException(socket + ": " + remedy(e), e);
    }
  }

  private String remedy(Exception e) {
    if (!Files.exists(socket)) {
      return "no such socket";
    }
    return e instanceof AccessDeniedException || !Files.isWritable(socket)
        ? "permission denied: run as the user of that process"
        : "nobody listens: its process has ended (" + e.getMessage() + ")";
  }

  private static InputStream ask(SocketChannel channel, String command, Map<String, Object> more)
      throws IOException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put(Protocol.KEY_VERSION, Protocol.VERSION);
    request.put(Protocol.KEY_COMMAND, command);
    request.putAll(more);
    ByteBuffer line = ByteBuffer.wrap(Protocol.line(request));
    while (line.hasRemaining()) {
      channel.write(line);
    }
    return new BufferedInputStream(Channels.newInputStream(channel), Protocol.MAX_LINE_BYTES);
  }

  private Map<String, Object> head(InputStream in) throws IOException {
    Map<String, Object> head = Protocol.read(in);
    if (head == null) {
      throw new IOException("it gave no answer: the process is ending, or stopped");
    }
    if (head.get(Protocol.KEY_ERROR) instanceof String why) {
      throw new ControlException(why);
    }
    return head;
  }
}
