package dev.tapstack.tap;

/** Tells whether a TAP is up, down or gone. The loop's thread only. */
interface LinkMonitor extends AutoCloseable {
  /** What a link is to the device that uses it. */
  enum State {
    UP,
    DOWN,
    GONE
  }

  /** A descriptor that becomes readable when the state may have changed. */
  int fd();

  /** The state at present; the descriptor is readable again only after another change. */
  State state();

  @Override
  void close();
}
