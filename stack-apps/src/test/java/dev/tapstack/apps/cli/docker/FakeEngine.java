package dev.tapstack.apps.cli.docker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Listens where an engine would, and gives each request the same bytes for an answer. */
final class FakeEngine implements AutoCloseable {
  private final Path socket;
  private final ServerSocketChannel server;
  private final byte[] answer;
  private final boolean ends;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

  /**
   * @param answer all that follows a request
   * @param ends whether the connection is closed then
   */
  FakeEngine(Path socket, byte[] answer, boolean ends) {
    this.socket = socket;
    this.answer = answer;
    this.ends = ends;
    try {
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofPlatform().daemon().start(this::run);
  }

  /** An engine that answers {@code status} with a JSON text. */
  static FakeEngine saying(Path socket, String status, String json) {
    String answer = "HTTP/1.0 " + status + "\r\nContent-Type: application/json\r\n\r\n" + json;
    return new FakeEngine(socket, answer.getBytes(StandardCharsets.UTF_8), true);
  }

  private void run() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        open.add(client);
        requests.add(requestLine(Channels.newInputStream(client)));
        answer(client);
      }
    } catch (AsynchronousCloseException e) {
      // The test is over.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(SocketChannel client) {
    try {
      OutputStream out = Channels.newOutputStream(client);
      out.write(answer);
      if (ends) {
        client.close();
      }
    } catch (IOException e) {
      // The other side has seen enough.
    }
  }

  private static String requestLine(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = in.read();
      if (octet < 0) {
        throw new IOException("no request: " + head);
      }
      head.append((char) octet);
    }
    return head.substring(0, head.indexOf("\r\n"));
  }

  /** The first line of each request, in their order. */
  List<String> requests() {
    return requests;
  }

  @Override
  public void close() {
    try {
      server.close();
      for (SocketChannel each : open) {
        each.close();
      }
      Files.delete(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
