package dev.tapstack.apps.wire;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A client on a stack of its own: sends its bytes, keeps what comes. */
final class WireClient implements TcpHandler {
  private final ByteBuf toSend = Unpooled.buffer();
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private boolean isFinishing;
  private boolean hasFinished;
  private boolean isReading = true;
  private TcpConnection connection;
  private CloseReason reason;

  WireClient send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  WireClient send(byte[] bytes) {
    toSend.writeBytes(bytes);
    write();
    return this;
  }

  /** FIN behind what was given to send. */
  WireClient finish() {
    isFinishing = true;
    write();
    return this;
  }

  /** Leaves what comes in the window, or takes it. */
  void reading(boolean reading) {
    isReading = reading;
    if (connection != null) {
      onReadable(connection);
    }
  }

  byte[] received() {
    return received.toByteArray();
  }

  String text() {
    return received.toString(StandardCharsets.ISO_8859_1);
  }

  TcpConnection connection() {
    return connection;
  }

  /** Bytes that have not been taken by the stack. */
  int unsentBytes() {
    return toSend.readableBytes();
  }

  /** How it ended, or null. */
  CloseReason reason() {
    return reason;
  }

  private void write() {
    if (connection != null && reason == null && !hasFinished) {
      connection.write(toSend);
      if (isFinishing && !toSend.isReadable()) {
        hasFinished = true;
        connection.shutdownOutput();
      }
    }
  }

  @Override
  public void onConnected(TcpConnection opened) {
    connection = opened;
    write();
  }

  @Override
  public void onWritable(TcpConnection same) {
    write();
  }

  @Override
  public void onReadable(TcpConnection same) {
    while (isReading && same.readableBytes() > 0) {
      ByteBuf in = same.peek();
      byte[] bytes = new byte[in.readableBytes()];
      in.getBytes(in.readerIndex(), bytes);
      received.writeBytes(bytes);
      same.skip(bytes.length);
    }
    if (same.endOfInput()) {
      hasFinished = true; // like curl: whoever has the answer stops sending
      same.close();
    }
  }

  @Override
  public void onClosed(TcpConnection same, CloseReason why) {
    reason = why;
  }
}
