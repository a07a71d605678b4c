package dev.tapstack.socket;

/**
 * What an application does with a connection. Methods run on the loop's thread, never one inside
 * another for the same connection, and must not block. An exception that one throws is logged and
 * aborts the connection.
 */
public interface TcpHandler {
  /** The connection is established: once, before any other method but {@link #onClosed}. */
  default void onConnected(TcpConnection connection) {}

  /**
   * New bytes can be read, or the peer's end of input was reached ({@link
   * TcpConnection#endOfInput}). Not called again for bytes that the handler leaves unread: they
   * stay in the window, and can be read at any time.
   */
  void onReadable(TcpConnection connection);

  /** There is room again after a {@link TcpConnection#write} that did not take everything. */
  default void onWritable(TcpConnection connection) {}

  /**
   * The connection has ended: once, as the last call. With {@link CloseReason#NORMAL} all that was
   * written has been acknowledged and the peer has finished.
   */
  default void onClosed(TcpConnection connection, CloseReason reason) {}
}
