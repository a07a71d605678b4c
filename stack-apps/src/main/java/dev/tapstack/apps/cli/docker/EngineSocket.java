package dev.tapstack.apps.cli.docker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One request to the engine's Unix socket, bounded in time and in bytes. By HTTP/1.0, so that the
 * answer is neither chunked nor followed by another: it ends when the engine closes. One thread.
 */
final class EngineSocket {
  /** A network of thousands of containers is described in a few hundred bytes for each. */
  static final int MAX_ANSWER_BYTES = 16 << 20;

  private static final int READ_BYTES = 64 << 10;
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})\\b.*");

  private final Selector selector;
  private final SocketChannel channel;
  private final long deadlineNanos;

  private EngineSocket(Selector selector, SocketChannel channel, Duration patience) {
    this.selector = selector;
    this.channel = channel;
    this.deadlineNanos = System.nanoTime() + patience.toNanos();
  }

  /**
   * An answer.
   *
   * @param status as in RFC 9110 15
   * @param content what followed its head
   */
  record Answer(int status, byte[] content) {}

  /**
   * Asks for {@code path}.
   *
   * @param patience for the whole of it
   * @throws IOException whose message says what is wrong, if there is no answer
   */
  static Answer get(Path socket, String path, Duration patience) throws IOException {
    try (Selector selector = Selector.open();
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      // A Unix socket is connected at once, or refused; or too many wait for the engine already.
      if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
        throw new IOException("it takes no connections: look at 'docker version'");
      }
      EngineSocket engine = new EngineSocket(selector, channel, patience);
      engine.send("GET " + path + " HTTP/1.0\r\nHost: docker\r\n\r\n");
      return parse(engine.readToEnd());
    }
  }

  private void send(String request) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE);
      }
    }
  }

  private byte[] readToEnd() throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    ByteBuffer bytes = ByteBuffer.allocate(READ_BYTES);
    for (int count = channel.read(bytes); count >= 0; count = channel.read(bytes)) {
      if (count == 0) {
        await(SelectionKey.OP_READ);
      }
      answer.write(bytes.array(), 0, bytes.position());
      bytes.clear();
      if (answer.size() > MAX_ANSWER_BYTES) {
        throw new IOException("its answer is longer than " + MAX_ANSWER_BYTES + " bytes");
      }
    }
    return answer.toByteArray();
  }

  private void await(int operation) throws IOException {
    channel.register(selector, operation);
    long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
    if (leftMillis <= 0 || selector.select(leftMillis) == 0) {
      throw new IOException("it does not answer in time: look at 'docker version'");
    }
    selector.selectedKeys().clear();
  }

  private static Answer parse(byte[] answer) throws IOException {
    // A char for each byte, so that an index here is one there.
    String text = new String(answer, StandardCharsets.ISO_8859_1);
    int headEnd = text.indexOf("\r\n\r\n");
    Matcher status = STATUS_LINE.matcher(text.lines().findFirst().orElse(""));
    if (headEnd < 0 || !status.matches()) {
      throw new IOException("its answer is not HTTP");
    }
    byte[] content = Arrays.copyOfRange(answer, headEnd + 4, answer.length);
    return new Answer(Integer.parseInt(status.group(1)), content);
  }
}
