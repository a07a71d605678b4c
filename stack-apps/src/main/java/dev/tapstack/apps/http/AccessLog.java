package dev.tapstack.apps.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes lines on a thread of its own, so that the loop never waits for a disk: for {@link
 * HttpServer#accessLog}.
 *
 * <p>Theory of operation. The loop adds to a queue without a lock and wakes the writer if that
 * sleeps. What the queue may hold is bounded in bytes; a line beyond is lost, and counted. The
 * writer gathers what there is and writes it at once.
 */
public final class AccessLog implements Consumer<String>, AutoCloseable {
  /** Seconds of a busy server's lines. */
  static final int MAX_QUEUED_BYTES = 4 << 20;

  /** A write's worth: beyond it, larger writes are not cheaper for each byte. */
  private static final int BATCH_BYTES = 64 << 10;

  /** How long {@link #close} waits for a disk. */
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

  private final OutputStream out;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queuedBytes = new AtomicInteger();
  private final AtomicLong logged = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final Thread thread = new Thread(this::run, "access log");
  private volatile boolean isSleeping;
  private volatile boolean isClosing;
  private boolean hasSaidLost;

  /** Begins to write to {@code out}, which is closed in the end. */
  public AccessLog(OutputStream out) {
    this.out = out;
    thread.setDaemon(true); // a write to a disk that has stopped cannot be ended
    thread.start();
  }

  /** Takes a line of ASCII, without its end. One thread at a time. */
  @Override
  public void accept(String line) {
    int bytes = line.length() + 1;
    if (queuedBytes.get() + bytes > MAX_QUEUED_BYTES) {
      lost.incrementAndGet();
      return;
    }
    queuedBytes.addAndGet(bytes);
    logged.incrementAndGet();
    lines.add(line);
    if (isSleeping) {
      LockSupport.unpark(thread);
    }
  }

  /** Lines taken and not known to be lost. */
  public long logged() {
    return logged.get();
  }

  /** Lines lost: the queue was full, or could not be written. */
  public long lost() {
    return lost.get();
  }

  private void run() {
    ByteArrayOutputStream batch = new ByteArrayOutputStream(BATCH_BYTES);
    int count = 0;
    while (true) {
      String line = lines.poll();
      if (line != null) {
        batch.writeBytes(line.getBytes(StandardCharsets.ISO_8859_1));
        batch.write('\n');
        count++;
      }
      if (count > 0 && (line == null || batch.size() >= BATCH_BYTES)) {
        write(batch, count);
        queuedBytes.addAndGet(-batch.size());
        batch.reset();
        count = 0;
      } else if (line == null && isClosing) {
        break;
      } else if (line == null) {
        sleep();
      }
    }
    try {
      out.close();
    } catch (IOException e) {
      LOG.warn("the access log cannot be closed", e);
    }
  }

  /** Until there are lines; the loop adds first and looks at the flag then. */
  private void sleep() {
    isSleeping = true;
    if (lines.isEmpty() && !isClosing) {
      LockSupport.park(this);
    }
    isSleeping = false;
  }

  private void write(ByteArrayOutputStream batch, int count) {
    try {
      batch.writeTo(out);
      if (lost.get() > 0) {
        sayLost(null);
      }
    } catch (IOException e) {
      logged.addAndGet(-count);
      lost.addAndGet(count);
      sayLost(e);
    }
  }

  /** Once: how many there are in the end is counted. */
  private void sayLost(@Nullable IOException e) {
    if (!hasSaidLost) {
      hasSaidLost = true;
      LOG.warn("lines of the access log are lost", e);
    }
  }

  /** Writes what there is, as far as that goes within two seconds. */
  @Override
  public void close() {
    isClosing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_DEADLINE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
