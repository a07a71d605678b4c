package dev.tapstack.conntrack;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Timers and limits of connection tracking. Immutable.
 *
 * @param idle how long a flow may be idle, by the ordinal of its {@link IdleClass}
 * @param divisor shortens all times, so that a test of minutes sees what takes hours; 1 otherwise
 * @param isUdpRefreshedByInbound whether a UDP datagram towards the inside keeps its flow alive
 *     too, as RFC 4787 REQ-6 allows; those from the inside, and from this host, always do
 * @param maxFlows flows in the table
 * @param maxFlowsPerHost flows that packets of one source address have begun
 */
public record ConntrackConfig(
    List<Duration> idle,
    int divisor,
    boolean isUdpRefreshedByInbound,
    int maxFlows,
    int maxFlowsPerHost) {
  /** RFC 4787 REQ-5: a mapping must not end earlier. */
  private static final Duration LEAST_UDP = Duration.ofMinutes(2);

  /** Ages are kept as 32 bits of milliseconds, and compared by their difference. */
  private static final Duration MOST = Duration.ofDays(10);

  /** RFC 5382 REQ-5 and 4787 REQ-5 (as recommended), RFC 5508 REQ-2; Linux for other protocols. */
  public static final ConntrackConfig DEFAULTS =
      new ConntrackConfig(
          List.of(
              Duration.ofMinutes(124),
              Duration.ofMinutes(4),
              Duration.ofMinutes(5),
              Duration.ofSeconds(60),
              Duration.ofMinutes(10)),
          1,
          false,
          1_000_000,
          100_000);

  public ConntrackConfig {
    idle = List.copyOf(idle);
    for (IdleClass each : IdleClass.values()) {
      Duration least = each == IdleClass.UDP ? LEAST_UDP : Duration.ofNanos(1);
      Duration time = idle.get(each.ordinal());
      if (time.compareTo(least) < 0 || time.compareTo(MOST) > 0) {
        throw new IllegalArgumentException(
            each + " " + time + " is not within " + least + ".." + MOST);
      }
    }
    if (divisor < 1) {
      throw new IllegalArgumentException("divisor " + divisor + " is below 1");
    }
    if (maxFlows < 1 || maxFlowsPerHost < 1) {
      throw new IllegalArgumentException(
          "maxFlows " + maxFlows + " or maxFlowsPerHost " + maxFlowsPerHost + " is below 1");
    }
  }

  /** With another time for flows of a class, before it is divided. */
  public ConntrackConfig withIdle(IdleClass of, Duration time) {
    List<Duration> others = new ArrayList<>(idle);
    others.set(of.ordinal(), time);
    return new ConntrackConfig(others, divisor, isUdpRefreshedByInbound, maxFlows, maxFlowsPerHost);
  }

  /** With all times shortened to the {@code divisor}-th part. */
  public ConntrackConfig dividedBy(int divisor) {
    return new ConntrackConfig(idle, divisor, isUdpRefreshedByInbound, maxFlows, maxFlowsPerHost);
  }

  /** With other limits of the table. */
  public ConntrackConfig withLimits(int maxFlows, int maxFlowsPerHost) {
    return new ConntrackConfig(idle, divisor, isUdpRefreshedByInbound, maxFlows, maxFlowsPerHost);
  }

  /** With UDP flows refreshed by inbound datagrams too, or not. */
  public ConntrackConfig withUdpRefreshedByInbound(boolean isRefreshed) {
    return new ConntrackConfig(idle, divisor, isRefreshed, maxFlows, maxFlowsPerHost);
  }

  /** How long a flow of that class may be idle. */
  long nanos(IdleClass of) {
    return idle.get(of.ordinal()).toNanos() / divisor;
  }
}
