package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A TCP connection, as its application sees it (RFC 9293 3.9.1). The loop's thread only. */
public interface TcpConnection {
  /** What returns a buffer that was given to {@link #send}. */
  @FunctionalInterface
  interface SendCallback {
    /**
     * The stack needs the buffer no more and gives it back to its owner. Called exactly once for
     * each accepted buffer.
     *
     * @param acknowledged whether the peer has acknowledged all of it; false after an abort
     */
    void sent(ByteBuf buffer, boolean acknowledged);
  }

  Endpoint local();

  Endpoint remote();

  TcpState state();

  /** A snapshot of the connection's numbers. */
  TcpInfo info();

  /** The stack that carries the connection. */
  StackContext context();

  /** Replaces the handler (a protocol upgrade). */
  void handler(TcpHandler handler);

  // Receiving.

  /** Bytes that can be read now. */
  int readableBytes();

  /** Whether the peer has finished (FIN) and everything before it has been read. */
  boolean endOfInput();

  /**
   * The first of the bytes that can be read, without copying: a buffer whose readable bytes (reader
   * to writer index) are these; it may hold fewer than {@link #readableBytes}. Owned by the stack:
   * read only, by absolute index or a duplicate; valid until the next {@link #skip}, {@link #read}
   * or the handler's return.
   *
   * @return null if nothing can be read
   */
  @Nullable ByteBuf peek();

  /** Consumes {@code bytes} bytes; the receive window opens accordingly. */
  void skip(int bytes);

  /**
   * Moves bytes into {@code target}, as many as can be read and as it has writable bytes left.
   *
   * @return how many, perhaps 0
   */
  int read(ByteBuf target);

  // Sending.

  /** Bytes that {@link #write} would take now. */
  int writableBytes();

  /** Bytes written and not yet acknowledged. */
  long unacknowledgedBytes();

  /**
   * Copies bytes of {@code source} (advancing its reader index) into the send buffer, as many as
   * fit. After one that did not fit whole, {@link TcpHandler#onWritable} is called when there is
   * room. Before the connection is established bytes are queued.
   *
   * @return how many were taken, perhaps 0; 0 also if the connection has been reset (onClosed is on
   *     its way)
   * @throws IllegalStateException after {@link #shutdownOutput} or {@link #close}
   */
  int write(ByteBuf source);

  /**
   * Queues the readable bytes of {@code buffer} without copying. Ownership moves to the stack until
   * {@code callback} returns it; its bytes must not change meanwhile. Accepted whole while {@link
   * #writableBytes} is above 0, whatever its length; it counts against the send buffer.
   *
   * @return false if the send buffer is full or the connection has been reset: the buffer stays the
   *     caller's, and {@link TcpHandler#onWritable} is called when there is room
   * @throws IllegalStateException after {@link #shutdownOutput} or {@link #close}
   */
  boolean send(ByteBuf buffer, SendCallback callback);

  // Ending.

  /** Half close: FIN follows what is queued (RFC 9293 3.6). Reading goes on. Idempotent. */
  void shutdownOutput();

  /**
   * Closes both directions: FIN follows what is queued. Unread data, or data that arrives later,
   * makes it a reset (RFC 9293 3.6.1, RFC 1122 4.2.2.13); with linger 0 it is one at once.
   * Idempotent.
   */
  void close();

  /** Resets the connection and drops what is queued (RFC 9293 3.10.5). Idempotent. */
  void abort();

  // Options.

  /** Switches Nagle's algorithm off or on (RFC 9293 3.7.4). */
  void noDelay(boolean noDelay);

  /** Switches keep-alives on or off (RFC 9293 3.8.4); their times are those of the options. */
  void keepalive(boolean keepalive);

  /** Whether {@link #close} resets the connection instead (linger 0). */
  void resetOnClose(boolean reset);
}
