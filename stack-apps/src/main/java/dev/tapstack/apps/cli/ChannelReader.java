package dev.tapstack.apps.cli;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads a channel that may block, as standard input does, on a thread of its own, for the loop.
 *
 * <p>Theory of operation. A fixed number of buffers goes round: the thread takes a free one, fills
 * it by one read, and queues it; the loop takes it and gives it back with {@link #free}, which it
 * may do as late as the peer's acknowledgement. When no buffer is free nothing is read. Methods are
 * for the loop's thread.
 */
final class ChannelReader implements AutoCloseable {
  /** Enough in flight for a TAP at full speed: some 2 MB. */
  private static final int BUFFERS = 32;

  private static final int BUFFER_BYTES = 1 << 16;

  private final ReadableByteChannel channel;
  private final int readBytes;
  private final BlockingQueue<ByteBuf> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<ByteBuf> filled = new ArrayBlockingQueue<>(BUFFERS);
  private final LoopCall onReadable;
  private final Thread thread;
  private volatile boolean isEnded;
  private volatile @Nullable IOException failure;

  /**
   * Nothing is read before {@link #start}.
   *
   * @param readBytes most bytes of one read, and so of one buffer; up to 65,536
   * @param onReadable runs in the loop when there is a buffer, or the end
   */
  ChannelReader(
      String name,
      ReadableByteChannel channel,
      int readBytes,
      Predicate<Runnable> loop,
      Runnable onReadable) {
    this.channel = channel;
    this.readBytes = Math.min(readBytes, BUFFER_BYTES);
    this.onReadable = new LoopCall(loop, onReadable);
    thread = new Thread(this::run, name);
    thread.setDaemon(true); // a read of a terminal cannot be ended
  }

  /** Of standard input; otherwise as the constructor. */
  static ChannelReader ofStandardInput(
      int readBytes, Predicate<Runnable> loop, Runnable onReadable) {
    FileInputStream in = new FileInputStream(FileDescriptor.in);
    return new ChannelReader("standard input", in.getChannel(), readBytes, loop, onReadable);
  }

  void start() {
    thread.start();
  }

  private void run() {
    int allocated = 0;
    try {
      while (true) {
        ByteBuf buffer = free.poll();
        if (buffer == null && allocated < BUFFERS) {
          buffer = Unpooled.directBuffer(BUFFER_BYTES, BUFFER_BYTES);
          allocated++;
        } else if (buffer == null) {
          buffer = free.take();
        }
        ByteBuffer room = buffer.nioBuffer(0, readBytes);
        int count = channel.read(room);
        if (count < 0) {
          break;
        }
        filled.add(buffer.setIndex(0, count));
        onReadable.request();
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      return; // closed
    }
    isEnded = true;
    onReadable.request();
  }

  /** The next buffer, or null; it stays the next one. */
  @Nullable ByteBuf peek() {
    return filled.peek();
  }

  /** Takes the buffer that {@link #peek} gave: give it back with {@link #free}. */
  void take() {
    filled.remove();
  }

  /** The buffer's bytes are needed no more. */
  void free(ByteBuf buffer) {
    free.add(buffer.clear());
  }

  /** Whether the channel has ended and every buffer was taken. */
  boolean isAtEnd() {
    return isEnded && filled.isEmpty();
  }

  /** Why the channel ended, if it was not in order. */
  @Nullable IOException failure() {
    return failure;
  }

  @Override
  public void close() {
    onReadable.close();
    thread.interrupt();
  }
}
