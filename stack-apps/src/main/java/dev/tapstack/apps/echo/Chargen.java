package dev.tapstack.apps.echo;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Character generator, RFC 864: TCP, port 19. Sends lines of 72 characters without end, each begun
 * one character further in the row of the 95 printing ones; throws away what it is sent. A client
 * that has finished sending may still want to read: the connection ends when it resets it.
 *
 * <p>All clients are sent the same buffer, without copying. The loop's thread only.
 */
public final class Chargen extends SmallService {
  /** The port that RFC 864 names. */
  public static final int PORT = 19;

  private static final int FIRST = ' ';
  private static final int CHARACTERS = 95;
  private static final int LINE_CHARACTERS = 72;

  /** Times that the whole pattern stands in the buffer: as many as keep it below 64 KB. */
  private static final int PERIODS = 9;

  private static final TcpConnection.SendCallback SHARED = (buffer, acknowledged) -> {};

  private final ByteBuf pattern = pattern();

  private Chargen(Consumer<String> log) {
    super("chargen", log);
  }

  /**
   * Serves {@code port} of {@code context}.
   *
   * @param log is given a line for each connection that has ended
   * @throws IllegalStateException if the port is taken
   */
  public static Chargen start(StackContext context, int port, Consumer<String> log) {
    Chargen chargen = new Chargen(log);
    chargen.open(context, port, false);
    return chargen;
  }

  private static ByteBuf pattern() {
    int lines = PERIODS * CHARACTERS;
    ByteBuffer bytes = ByteBuffer.allocateDirect(lines * (LINE_CHARACTERS + 2));
    for (int line = 0; line < lines; line++) {
      for (int i = 0; i < LINE_CHARACTERS; i++) {
        bytes.put((byte) (FIRST + (line + i) % CHARACTERS));
      }
      bytes.put((byte) '\r').put((byte) '\n');
    }
    return Unpooled.wrappedBuffer(bytes.flip());
  }

  @Override
  void onConnected(TcpConnection connection) {
    onWritable(connection);
  }

  @Override
  void onWritable(TcpConnection connection) {
    while (connection.send(pattern.duplicate(), SHARED)) {
      // Until there is no room.
    }
  }

  @Override
  void onReadable(TcpConnection connection) {
    connection.skip(connection.readableBytes());
  }
}
