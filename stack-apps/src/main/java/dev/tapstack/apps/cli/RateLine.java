package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.link.DeviceInterface;
import dev.tapstack.link.LinkCounter;
import dev.tapstack.loop.Timer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** {@code --stats SECONDS}: a line of rates each time. The loop's thread only. */
final class RateLine {
  private final Stack stack;
  private final LongSupplier requests;
  private final long intervalNanos;
  private final Consumer<String> out;
  private final Timer next = new Timer(this::print);
  private Sample last;

  /**
   * Prints the first line after {@code seconds} seconds.
   *
   * @param requests HTTP requests so far
   * @param out takes the lines
   */
  RateLine(Stack stack, LongSupplier requests, int seconds, Consumer<String> out) {
    this.stack = stack;
    this.requests = requests;
    this.out = out;
    intervalNanos = TimeUnit.SECONDS.toNanos(seconds);
    last = sample(stack.nowNanos());
    stack.arm(next, intervalNanos);
  }

  /** What had been counted at a moment. */
  private record Sample(
      long nanos,
      long bytesIn,
      long framesIn,
      long bytesOut,
      long framesOut,
      long requests,
      long retransmitted,
      long dropped) {}

  private Sample sample(long nowNanos) {
    Map<String, Long> tcp = stack.counters().getOrDefault("tcp", Map.of());
    return new Sample(
        nowNanos,
        onDevices(LinkCounter.BYTES_IN),
        onDevices(LinkCounter.FRAMES_IN),
        onDevices(LinkCounter.BYTES_OUT),
        onDevices(LinkCounter.FRAMES_OUT),
        requests.getAsLong(),
        tcp.getOrDefault("segments-retransmitted", 0L),
        stack.ledger().drops().total());
  }

  private long onDevices(LinkCounter counter) {
    List<DeviceInterface> interfaces = stack.interfaces();
    long sum = 0;
    for (DeviceInterface each : interfaces.subList(1, interfaces.size())) { // without loopback
      sum += each.counters().value(counter);
    }
    return sum;
  }

  private void print(long nowNanos) {
    Sample now = sample(nowNanos);
    double seconds = (now.nanos - last.nanos) / 1e9;
    out.accept(
        String.format(
            Locale.ROOT,
            "stats: in %.3f Mbit/s %.0f frames/s, out %.3f Mbit/s %.0f frames/s, %d open,"
                + " %.0f requests/s, %.0f retransmitted/s, %.0f dropped/s",
            (now.bytesIn - last.bytesIn) * 8 / 1e6 / seconds,
            (now.framesIn - last.framesIn) / seconds,
            (now.bytesOut - last.bytesOut) * 8 / 1e6 / seconds,
            (now.framesOut - last.framesOut) / seconds,
            stack.openConnections(),
            (now.requests - last.requests) / seconds,
            (now.retransmitted - last.retransmitted) / seconds,
            (now.dropped - last.dropped) / seconds));
    last = now;
    stack.arm(next, intervalNanos);
  }
}
