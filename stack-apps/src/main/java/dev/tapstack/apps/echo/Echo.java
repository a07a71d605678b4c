package dev.tapstack.apps.echo;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/**
 * Echo, RFC 862: TCP and UDP, port 7. What is not read back by the client stays in its window; when
 * it has finished, the rest is returned and the connection closed. The loop's thread only.
 */
public final class Echo extends SmallService {
  /** The port that RFC 862 names. */
  public static final int PORT = 7;

  private Echo(Consumer<String> log) {
    super("echo", log);
  }

  /**
   * Serves {@code port} of {@code context}.
   *
   * @param log is given a line for each connection that has ended
   * @throws IllegalStateException if the port is taken
   */
  public static Echo start(StackContext context, int port, Consumer<String> log) {
    Echo echo = new Echo(log);
    echo.open(context, port, true);
    return echo;
  }

  @Override
  void onReadable(TcpConnection connection) {
    for (ByteBuf in = connection.peek(); in != null; in = connection.peek()) {
      ByteBuf source = in.duplicate();
      connection.skip(connection.write(source));
      if (source.isReadable()) {
        return; // until there is room
      }
    }
    if (connection.endOfInput()) {
      connection.close();
    }
  }

  @Override
  void onWritable(TcpConnection connection) {
    onReadable(connection);
  }

  @Override
  void onDatagram(UdpSocket from, UdpDatagram datagram) {
    if (!answersByItself(datagram.source().port())) {
      from.reply(datagram, datagram.buf().slice(datagram.payloadIndex(), datagram.payloadBytes()));
    }
  }
}
