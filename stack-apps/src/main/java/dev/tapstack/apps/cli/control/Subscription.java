package dev.tapstack.apps.cli.control;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/**
 * What a running process tells as it happens. One thread reads; {@link #stop} is for any. Closing
 * it ends it; the process goes on either way.
 */
abstract class Subscription implements AutoCloseable {
  private final SocketChannel channel;
  private boolean isCutOff;

  Subscription(SocketChannel channel) {
    this.channel = channel;
  }

  /** Says that the process has ended. */
  final void cutOff() {
    isCutOff = true;
  }

  /** Whether the end came because the process ended. */
  public final boolean isCutOff() {
    return isCutOff;
  }

  /** Asks for no more. */
  public final void stop() {
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      // It has ended.
    }
  }

  @Override
  public final void close() throws IOException {
    channel.close();
  }
}
