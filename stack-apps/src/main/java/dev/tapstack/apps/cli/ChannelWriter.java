package dev.tapstack.apps.cli;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes to a channel that may block, as standard output and files do, on a thread of its own, what
 * the loop gives it.
 *
 * <p>Theory of operation. A fixed number of buffers goes round: the loop takes a free one, fills it
 * and gives it to {@link #write}; the thread writes it whole. When no buffer is free the loop
 * leaves its bytes where they are, in the receive window, until {@code onChange} says that there is
 * one. Methods are for the loop's thread.
 */
final class ChannelWriter implements AutoCloseable {
  /** Some 2 MB between the loop and a reader that stops now and then. */
  private static final int BUFFERS = 32;

  private static final int BUFFER_BYTES = 1 << 16;

  /** Opens the channel, on the thread that writes it, when there is something to be written. */
  @FunctionalInterface
  interface Opener {
    WritableByteChannel open() throws IOException;
  }

  private final Opener opener;
  private final BlockingQueue<ByteBuf> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<ByteBuf> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final ByteBuf end = Unpooled.buffer(0);
  private final LoopCall onChange;
  private final Thread thread;
  private int allocated;
  private volatile boolean isEnded;
  private volatile @Nullable IOException failure;

  /**
   * @param onChange runs in the loop when a buffer has become free, and when everything was written
   *     after {@link #end}, or writing failed
   */
  ChannelWriter(String name, Opener opener, Predicate<Runnable> loop, Runnable onChange) {
    this.opener = opener;
    this.onChange = new LoopCall(loop, onChange);
    thread = new Thread(this::run, name);
    thread.setDaemon(true); // a write to a terminal that was stopped cannot be ended
    thread.start();
  }

  /** Of standard output; otherwise as the constructor. */
  static ChannelWriter ofStandardOutput(Predicate<Runnable> loop, Runnable onChange) {
    return new ChannelWriter("standard output", ChannelWriter::standardOutput, loop, onChange);
  }

  /** Standard output as it is, without the buffer of System.out. */
  static WritableByteChannel standardOutput() {
    return new FileOutputStream(FileDescriptor.out).getChannel();
  }

  private void run() {
    try {
      ByteBuf buffer = filled.take();
      try (WritableByteChannel channel = opener.open()) {
        while (buffer != end) {
          for (ByteBuffer bytes = buffer.nioBuffer(); bytes.hasRemaining(); ) {
            channel.write(bytes);
          }
          free.add(buffer.clear());
          onChange.request();
          buffer = filled.take();
        }
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      return; // closed
    }
    isEnded = true;
    onChange.request();
  }

  /** An empty buffer of 65,536 bytes to be given to {@link #write}, or null. */
  @Nullable ByteBuf buffer() {
    ByteBuf buffer = free.poll();
    if (buffer == null && allocated < BUFFERS) {
      allocated++;
      return Unpooled.directBuffer(BUFFER_BYTES, BUFFER_BYTES);
    }
    return buffer;
  }

  /** Writes the readable bytes of a buffer that came from {@link #buffer}; it goes back there. */
  void write(ByteBuf buffer) {
    filled.add(buffer);
  }

  /** Closes the channel after what it was given. */
  void end() {
    filled.add(end);
  }

  /** Whether everything was written and the channel closed, or writing failed. */
  boolean isEnded() {
    return isEnded;
  }

  /** Why writing failed, or null. */
  @Nullable IOException failure() {
    return failure;
  }

  @Override
  public void close() {
    onChange.close();
    thread.interrupt();
  }
}
