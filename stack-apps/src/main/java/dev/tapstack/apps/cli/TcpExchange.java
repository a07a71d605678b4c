package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpServer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * {@code tapstack nc} over TCP: standard input to the connection, the connection to standard
 * output.
 *
 * <p>Theory of operation. A thread reads standard input and one writes standard output; neither
 * holds more than its fixed number of buffers. Buffers read are given to the connection without a
 * copy, and come back when their bytes are acknowledged; bytes for which no buffer is free stay in
 * the receive window. The loop's thread only.
 */
final class TcpExchange implements TcpHandler {
  private final Host host;
  private final ChannelReader in;
  private final ChannelWriter out;
  private @Nullable TcpServer server;
  private @Nullable TcpConnection connection;
  private @Nullable CloseReason reason;
  private @Nullable String failure;
  private boolean isInputSent;
  private boolean isOutputEnded;

  TcpExchange(Host host) {
    this.host = host;
    in = ChannelReader.ofStandardInput(Integer.MAX_VALUE, host.stack()::execute, this::send);
    out = ChannelWriter.ofStandardOutput(host.stack()::execute, this::outputChanged);
  }

  /**
   * Runs to the end of the connection.
   *
   * @param endpoint the other side, or what to listen on
   * @return 0
   * @throws CommandException if it did not end in order
   */
  int run(Endpoint endpoint, boolean listens) {
    try {
      if (listens) {
        server = host.stack().listen(endpoint, Host.CLIENT_TCP, this::accept);
      } else {
        connection = host.stack().connect(null, endpoint, Host.CLIENT_TCP, this);
      }
    } catch (IllegalStateException e) {
      throw new CommandException(endpoint + ": " + e.getMessage(), e);
    }
    host.stopOnSignal();
    host.run();
    in.close();
    out.close();
    if (failure != null) {
      throw new CommandException(failure);
    }
    return 0;
  }

  private TcpHandler accept(TcpConnection accepted) {
    if (connection != null) {
      accepted.abort(); // a second one of the same turn
      return unused -> {};
    }
    connection = accepted;
    if (server != null) {
      server.close();
    }
    return this;
  }

  @Override
  public void onConnected(TcpConnection connected) {
    host.sayOfConnection("connected: " + connected.local() + " to " + connected.remote());
    in.start();
  }

  @Override
  public void onReadable(TcpConnection readable) {
    receive();
  }

  @Override
  public void onWritable(TcpConnection writable) {
    send();
  }

  private void send() {
    TcpConnection to = connection;
    if (to == null || reason != null || isInputSent) {
      return;
    }
    for (ByteBuf next = in.peek(); next != null; next = in.peek()) {
      if (!to.send(next, (buffer, acknowledged) -> in.free(buffer))) {
        return; // until there is room
      }
      in.take();
    }
    if (in.isAtEnd()) {
      isInputSent = true;
      IOException failed = in.failure();
      if (failed != null) {
        fail("standard input: " + failed.getMessage());
        to.abort();
      } else {
        to.shutdownOutput();
      }
    }
  }

  private void receive() {
    TcpConnection from = connection;
    if (from == null || isOutputEnded) {
      return;
    }
    while (from.readableBytes() > 0) {
      ByteBuf buffer = out.buffer();
      if (buffer == null) {
        return; // the rest stays in the receive window
      }
      from.read(buffer);
      out.write(buffer);
    }
    if (from.endOfInput()) {
      endOutput();
    }
  }

  private void endOutput() {
    if (!isOutputEnded) {
      isOutputEnded = true;
      out.end();
    }
  }

  private void outputChanged() {
    IOException failed = out.failure();
    if (failed != null && connection != null) {
      fail("standard output: " + failed.getMessage());
      connection.abort();
    }
    receive();
    stopIfOver();
  }

  @Override
  public void onClosed(TcpConnection closed, CloseReason why) {
    reason = why;
    if (why != CloseReason.NORMAL) {
      fail(closed.remote() + ": " + why.text());
    }
    host.sayOfConnection(
        "closed: %d bytes sent, %d received: %s"
            .formatted(closed.info().bytesSent(), closed.info().bytesReceived(), why.text()));
    endOutput();
    stopIfOver();
  }

  /** The first failure is the one that is told. */
  private void fail(String what) {
    if (failure == null) {
      failure = what;
    }
  }

  private void stopIfOver() {
    if (reason != null && out.isEnded()) {
      host.loop().stop();
    }
  }
}
