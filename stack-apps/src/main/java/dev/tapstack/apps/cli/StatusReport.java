package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What SIGUSR1 prints of a running {@code serve}: its connections, as {@code ss -ti} shows the
 * kernel's, then what was counted.
 *
 * <p>The loop only takes the snapshot; the thread of the signal makes text of it and prints, so
 * that the loop waits for no terminal.
 */
final class StatusReport {
  /** How long the loop may take to answer; it is busy for milliseconds at most. */
  private static final long ANSWER_SECONDS = 10;

  private final Stack stack;
  private final Supplier<Map<String, Map<String, Long>>> counters;
  private final Consumer<String> out;
  private final AtomicBoolean isPrinting = new AtomicBoolean();

  /**
   * @param counters everything that is counted; called in the loop
   * @param out takes the report
   */
  StatusReport(
      Stack stack, Supplier<Map<String, Map<String, Long>>> counters, Consumer<String> out) {
    this.stack = stack;
    this.counters = counters;
    this.out = out;
  }

  /** A connection as it was in the moment of the snapshot. */
  private record Row(Endpoint local, Endpoint remote, int recvQ, long sendQ, TcpInfo info) {
    static Row of(TcpConnection its) {
      return new Row(
          its.local(), its.remote(), its.readableBytes(), its.unacknowledgedBytes(), its.info());
    }
  }

  private record Snapshot(List<Row> connections, Map<String, Map<String, Long>> counters) {}

  /** Prints the report, unless one is being printed; any thread but the loop's. */
  void print() {
    if (!isPrinting.compareAndSet(false, true)) {
      return;
    }
    try {
      CompletableFuture<Snapshot> snapshot = new CompletableFuture<>();
      if (!stack.execute(() -> snapshot.complete(take()))) {
        return; // it is ending, and will print its summary
      }
      out.accept(text(snapshot.get(ANSWER_SECONDS, TimeUnit.SECONDS)));
    } catch (TimeoutException e) {
      out.accept("status: no answer from the loop within " + ANSWER_SECONDS + " s");
    } catch (InterruptedException | ExecutionException e) {
      out.accept("status: " + e);
    } finally {
      isPrinting.set(false);
    }
  }

  private Snapshot take() {
    return new Snapshot(stack.connections().stream().map(Row::of).toList(), counters.get());
  }

  private static String text(Snapshot snapshot) {
    StringBuilder text = new StringBuilder();
    text.append("status: ").append(snapshot.connections().size()).append(" TCP connection");
    text.append(snapshot.connections().size() == 1 ? "" : "s");
    if (!snapshot.connections().isEmpty()) {
      text.append(line("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"));
    }
    for (Row row : snapshot.connections()) {
      text.append(line(row.info().state(), row.recvQ(), row.sendQ(), row.local(), row.remote()));
      text.append(System.lineSeparator()).append(details(row.info()));
    }
    return text.append(Summary.lines(snapshot.counters())).toString();
  }

  private static String line(
      Object state, Object recvQ, Object sendQ, Object local, Object remote) {
    return System.lineSeparator()
        + "  %-12s %8s %8s  %-21s  %-21s"
            .formatted(state, recvQ, sendQ, local, remote)
            .stripTrailing();
  }

  private static String details(TcpInfo info) {
    return String.format(
        Locale.ROOT,
        "    %s cwnd:%d%s rtt:%.3f/%.3f rto:%d mss:%d wscale:%d,%d bytes_sent:%d bytes_acked:%d"
            + " bytes_received:%d retrans:%d",
        info.congestionControl(),
        info.cwnd(),
        info.ssthresh() == Long.MAX_VALUE ? "" : " ssthresh:" + info.ssthresh(),
        info.srttNanos() / 1e6,
        info.rttvarNanos() / 1e6,
        TimeUnit.NANOSECONDS.toMillis(info.rtoNanos()),
        info.effSndMss(),
        info.sndWndShift(),
        info.rcvWndShift(),
        info.bytesSent(),
        info.bytesAcked(),
        info.bytesReceived(),
        info.segmentsRetransmitted());
  }
}
