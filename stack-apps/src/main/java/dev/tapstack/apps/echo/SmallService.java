package dev.tapstack.apps.echo;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpSocket;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the small services have in common: a port, TCP and UDP if both are served, a line of log for
 * each connection. The loop's thread only.
 */
public abstract class SmallService implements AutoCloseable {
  private final String name;
  private final Consumer<String> log;
  private @Nullable TcpServer server;
  private @Nullable UdpSocket socket;

  SmallService(String name, Consumer<String> log) {
    this.name = name;
    this.log = log;
  }

  /** Opens {@code port} on all addresses; UDP only if {@code udp}. */
  final void open(StackContext context, int port, boolean udp) {
    Endpoint local = new Endpoint(Ipv4Address.ANY, port);
    TcpHandler handler = new Logged();
    TcpServer opened = context.listen(local, TcpOptions.DEFAULTS, connection -> handler);
    server = opened;
    if (udp) {
      try {
        Endpoint same = new Endpoint(Ipv4Address.ANY, opened.local().port());
        socket = context.bindUdp(same, this::onDatagrams);
      } catch (IllegalStateException e) {
        opened.close();
        throw e;
      }
    }
  }

  /** The TCP handler of every connection, with a line of log at the end. */
  private final class Logged implements TcpHandler {
    @Override
    public void onConnected(TcpConnection connection) {
      SmallService.this.onConnected(connection);
    }

    @Override
    public void onReadable(TcpConnection connection) {
      SmallService.this.onReadable(connection);
    }

    @Override
    public void onWritable(TcpConnection connection) {
      SmallService.this.onWritable(connection);
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
      TcpInfo info = connection.info();
      log.accept(
          name
              + " "
              + connection.remote()
              + ": "
              + info.bytesReceived()
              + " bytes in, "
              + info.bytesSent()
              + " bytes out, "
              + reason.text());
    }
  }

  void onConnected(TcpConnection connection) {}

  abstract void onReadable(TcpConnection connection);

  void onWritable(TcpConnection connection) {}

  private void onDatagrams(UdpSocket from) {
    for (UdpDatagram next = from.receive(); next != null; next = from.receive()) {
      onDatagram(from, next);
    }
  }

  void onDatagram(UdpSocket from, UdpDatagram datagram) {}

  /**
   * Whether a service that answers whatever it is sent has this port: two of them would exchange
   * one forged datagram for ever. Echo, daytime, quote of the day, chargen, time.
   */
  static boolean answersByItself(int port) {
    return port == 0
        || port == Echo.PORT
        || port == Daytime.PORT
        || port == 17
        || port == 19
        || port == 37;
  }

  /** The port that is served. */
  public final int port() {
    return server == null ? 0 : server.local().port();
  }

  /** Stops listening; open connections go on. Idempotent. */
  @Override
  public final void close() {
    if (server != null) {
      server.close();
    }
    if (socket != null) {
      socket.close();
    }
  }
}
