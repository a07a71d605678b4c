package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.loop.Timer;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingReply;
import dev.tapstack.socket.PingSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code tapstack ping}: a request each second, a line for each answer, a summary. The loop's
 * thread only.
 *
 * <p>Theory of operation. When a request was sent is noted in a ring by its sequence number, so
 * that nothing depends on what is in the payload, which may be too short for a time. A second
 * answer to the same request is told as a duplicate and counted apart.
 */
final class Pinger implements PingHandler {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long the last answer may take: also the three seconds until a neighbour is given up. */
  private static final long LAST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(4);

  /** Requests of which an answer is still recognized: those of a minute and some. */
  private static final int RING = 64;

  private static final int ICMP_HEADER_BYTES = 8;

  private final Host host;
  private final Ipv4Address to;
  private final String shown;
  private final ByteBuf payload;
  private final int count;
  private final PrintStream out;
  private final Timer next = new Timer(this::ask);
  private final long[] sentNanos = new long[RING];
  private final boolean[] isAnswered = new boolean[RING];
  private @Nullable PingSocket socket;
  private long firstNanos;
  private long endNanos;
  private int sent;
  private int received;
  private int duplicates;
  private int errors;
  private long leastNanos = Long.MAX_VALUE;
  private long mostNanos;
  private long sumNanos;

  /**
   * @param shown who is asked, for people
   * @param bytes data in each request
   * @param count requests, or 0 for no end
   * @param out takes the lines of answers and the summary
   */
  Pinger(Host host, Ipv4Address to, String shown, int bytes, int count, PrintStream out) {
    this.host = host;
    this.to = to;
    this.shown = shown;
    this.count = count;
    this.out = out;
    payload = Unpooled.buffer(bytes);
    for (int i = 0; i < bytes; i++) {
      payload.writeByte(i);
    }
  }

  /**
   * Asks until the count is reached or a signal comes.
   *
   * @return 0 if there was an answer, else 1
   */
  int run() {
    out.printf("PING %s: %d data bytes%n", shown, payload.readableBytes());
    firstNanos = host.loop().clock().nowNanos();
    socket = host.stack().openPing(this);
    host.stopOnSignal();
    host.loop().execute(() -> ask(host.stack().nowNanos()));
    host.run();
    endNanos = host.loop().clock().nowNanos();
    out.print(summary());
    return received > 0 ? 0 : 1;
  }

  private void ask(long nowNanos) {
    if (socket == null || count > 0 && sent == count) {
      host.loop().stop(); // the last answer has had its time
      return;
    }
    int sequence = ++sent & 0xffff;
    sentNanos[sequence % RING] = nowNanos;
    isAnswered[sequence % RING] = false;
    if (!socket.send(to, sequence, payload)) {
      errors++;
      out.printf("icmp_seq=%d: %s%n", sequence, CloseReason.NET_UNREACHABLE.text());
    }
    host.stack().arm(next, count > 0 && sent == count ? LAST_WAIT_NANOS : INTERVAL_NANOS);
  }

  @Override
  public void onReply(PingSocket from, PingReply reply) {
    int sequence = reply.sequence();
    int age = (sent - sequence) & 0xffff;
    if (age >= Math.min(RING, sent)) {
      return; // no request of ours that is remembered
    }
    boolean isDuplicate = isAnswered[sequence % RING];
    long nanos = host.loop().clock().nowNanos() - sentNanos[sequence % RING];
    out.printf(
        Locale.ROOT,
        "%d bytes from %s: icmp_seq=%d ttl=%d time=%s ms%s%s%n",
        ICMP_HEADER_BYTES + reply.payloadBytes(),
        reply.source(),
        sequence,
        reply.ttl(),
        millis(nanos),
        isDuplicate ? " (DUP!)" : "",
        isAsSent(reply) ? "" : " (other data than was sent)");
    if (isDuplicate) {
      duplicates++;
      return;
    }
    isAnswered[sequence % RING] = true;
    received++;
    leastNanos = Math.min(leastNanos, nanos);
    mostNanos = Math.max(mostNanos, nanos);
    sumNanos += nanos;
    if (count > 0 && received == count) {
      host.loop().stop();
    }
  }

  private boolean isAsSent(PingReply reply) {
    return reply.payloadBytes() == payload.readableBytes()
        && payload.equals(reply.buf().slice(reply.payloadIndex(), reply.payloadBytes()));
  }

  @Override
  public void onError(PingSocket from, IpAddress asked, int sequence, CloseReason reason) {
    errors++;
    out.printf("icmp_seq=%d: %s%n", sequence, reason.text());
  }

  /** Three digits, as ping has them. */
  private static String millis(long nanos) {
    double millis = nanos / 1e6;
    return String.format(Locale.ROOT, millis < 1 ? "%.3f" : millis < 10 ? "%.2f" : "%.1f", millis);
  }

  private String summary() {
    StringBuilder text = new StringBuilder();
    text.append(String.format("%n--- %s ping statistics ---%n", shown));
    text.append(sent).append(" packets transmitted, ").append(received).append(" received, ");
    if (duplicates > 0) {
      text.append('+').append(duplicates).append(" duplicates, ");
    }
    if (errors > 0) {
      text.append('+').append(errors).append(" errors, ");
    }
    text.append(sent == 0 ? 0 : Math.round(100.0 * (sent - received) / sent));
    text.append("% packet loss, time ");
    text.append(TimeUnit.NANOSECONDS.toMillis(endNanos - firstNanos)).append("ms");
    text.append(System.lineSeparator());
    if (received > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "rtt min/avg/max = %.3f/%.3f/%.3f ms%n",
              leastNanos / 1e6,
              sumNanos / 1e6 / received,
              mostNanos / 1e6));
    }
    return text.toString();
  }
}
