package dev.tapstack.apps.echo;

import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Daytime, RFC 867: TCP and UDP, port 13. Says the time of this machine in a line and closes; what
 * it is sent is thrown away. The loop's thread only.
 */
public final class Daytime extends SmallService {
  /** The port that RFC 867 names. */
  public static final int PORT = 13;

  /** The first of the forms that RFC 867 suggests: Tuesday, February 22, 1982 17:37:43-PST. */
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("EEEE, MMMM d, uuuu HH:mm:ss-zzz", Locale.US);

  private final Clock clock;

  private Daytime(Clock clock, Consumer<String> log) {
    super("daytime", log);
    this.clock = clock;
  }

  /**
   * Serves {@code port} of {@code context}.
   *
   * @param clock gives time and zone
   * @param log is given a line for each connection that has ended
   * @throws IllegalStateException if the port is taken
   */
  public static Daytime start(StackContext context, int port, Clock clock, Consumer<String> log) {
    Daytime daytime = new Daytime(clock, log);
    daytime.open(context, port, true);
    return daytime;
  }

  private ByteBuf line() {
    String text = FORM.format(ZonedDateTime.now(clock)) + "\r\n";
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @Override
  void onConnected(TcpConnection connection) {
    connection.write(line());
    connection.shutdownOutput();
  }

  @Override
  void onReadable(TcpConnection connection) {
    connection.skip(connection.readableBytes());
    if (connection.endOfInput()) {
      connection.close();
    }
  }

  @Override
  void onDatagram(UdpSocket from, UdpDatagram datagram) {
    if (!answersByItself(datagram.source().port())) {
      from.reply(datagram, line());
    }
  }
}
