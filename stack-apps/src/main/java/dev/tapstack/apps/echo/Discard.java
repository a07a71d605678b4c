package dev.tapstack.apps.echo;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import java.util.function.Consumer;

/**
 * Discard, RFC 863: TCP and UDP, port 9. Throws away what it is sent, and closes when the client
 * has finished. The loop's thread only.
 */
public final class Discard extends SmallService {
  /** The port that RFC 863 names. */
  public static final int PORT = 9;

  private Discard(Consumer<String> log) {
    super("discard", log);
  }

  /**
   * Serves {@code port} of {@code context}.
   *
   * @param log is given a line for each connection that has ended
   * @throws IllegalStateException if the port is taken
   */
  public static Discard start(StackContext context, int port, Consumer<String> log) {
    Discard discard = new Discard(log);
    discard.open(context, port, true);
    return discard;
  }

  @Override
  void onReadable(TcpConnection connection) {
    connection.skip(connection.readableBytes());
    if (connection.endOfInput()) {
      connection.close();
    }
  }
}
