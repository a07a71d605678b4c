package dev.tapstack.socket;

/** Gives each accepted connection its handler. The loop's thread only. */
@FunctionalInterface
public interface TcpAcceptor {
  /** The handler of a connection that has just been established; {@code onConnected} follows. */
  TcpHandler accept(TcpConnection connection);
}
