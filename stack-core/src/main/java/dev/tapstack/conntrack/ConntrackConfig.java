package dev.tapstack.conntrack;

import java.util.concurrent.TimeUnit;

/**
 * Timers and limits of connection tracking. Immutable.
 *
 * @param tcpEstablishedNanos how long an open TCP connection may be idle; half-closed is open (RFC
 *     5382 REQ-5)
 * @param tcpTransitoryNanos the same while it opens, after both FINs, and after a RST (RFC 5382
 *     REQ-5)
 * @param udpNanos how long a UDP flow may be idle, 2 minutes at least (RFC 4787 REQ-5)
 * @param icmpNanos how long an ICMP query waits for more of its identifier (RFC 5508 REQ-2)
 * @param otherNanos the same for a pair of addresses that speak another protocol
 * @param divisor shortens all times, so that a test of minutes sees what takes hours; 1 otherwise
 * @param isUdpRefreshedByInbound whether a UDP datagram towards the inside keeps its flow alive
 *     too, as RFC 4787 REQ-6 allows; those from the inside, and from this host, always do
 * @param maxFlows flows in the table
 * @param maxFlowsPerHost flows that packets of one source address have begun
 */
public record ConntrackConfig(
    long tcpEstablishedNanos,
    long tcpTransitoryNanos,
    long udpNanos,
    long icmpNanos,
    long otherNanos,
    int divisor,
    boolean isUdpRefreshedByInbound,
    int maxFlows,
    int maxFlowsPerHost) {
  /** RFC 4787 REQ-5: a mapping must not end earlier. */
  private static final long LEAST_UDP_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** Ages are kept as 32 bits of milliseconds, and compared by their difference. */
  private static final long MOST_NANOS = TimeUnit.DAYS.toNanos(10);

  /** RFC 5382 REQ-5 and 4787 REQ-5 (as recommended), RFC 5508 REQ-2; Linux for other protocols. */
  public static final ConntrackConfig DEFAULTS =
      new ConntrackConfig(
          TimeUnit.MINUTES.toNanos(124),
          TimeUnit.MINUTES.toNanos(4),
          TimeUnit.MINUTES.toNanos(5),
          TimeUnit.SECONDS.toNanos(60),
          TimeUnit.MINUTES.toNanos(10),
          1,
          false,
          1_000_000,
          100_000);

  public ConntrackConfig {
    requireTime("tcpEstablishedNanos", tcpEstablishedNanos, 1);
    requireTime("tcpTransitoryNanos", tcpTransitoryNanos, 1);
    requireTime("udpNanos", udpNanos, LEAST_UDP_NANOS);
    requireTime("icmpNanos", icmpNanos, 1);
    requireTime("otherNanos", otherNanos, 1);
    if (divisor < 1) {
      throw new IllegalArgumentException("divisor " + divisor + " is below 1");
    }
    if (maxFlows < 1 || maxFlowsPerHost < 1) {
      throw new IllegalArgumentException(
          "maxFlows " + maxFlows + " or maxFlowsPerHost " + maxFlowsPerHost + " is below 1");
    }
  }

  private static void requireTime(String name, long nanos, long least) {
    if (nanos < least || nanos > MOST_NANOS) {
      throw new IllegalArgumentException(
          name + " " + nanos + " is not within " + least + ".." + MOST_NANOS);
    }
  }

  /** With all times shortened to the {@code divisor}-th part. */
  public ConntrackConfig dividedBy(int divisor) {
    return new ConntrackConfig(
        tcpEstablishedNanos,
        tcpTransitoryNanos,
        udpNanos,
        icmpNanos,
        otherNanos,
        divisor,
        isUdpRefreshedByInbound,
        maxFlows,
        maxFlowsPerHost);
  }

  /** With other times, as the parameters of the record say. */
  public ConntrackConfig withTimes(
      long tcpEstablishedNanos,
      long tcpTransitoryNanos,
      long udpNanos,
      long icmpNanos,
      long otherNanos) {
    return new ConntrackConfig(
        tcpEstablishedNanos,
        tcpTransitoryNanos,
        udpNanos,
        icmpNanos,
        otherNanos,
        divisor,
        isUdpRefreshedByInbound,
        maxFlows,
        maxFlowsPerHost);
  }

  /** With other limits of the table. */
  public ConntrackConfig withLimits(int maxFlows, int maxFlowsPerHost) {
    return new ConntrackConfig(
        tcpEstablishedNanos,
        tcpTransitoryNanos,
        udpNanos,
        icmpNanos,
        otherNanos,
        divisor,
        isUdpRefreshedByInbound,
        maxFlows,
        maxFlowsPerHost);
  }

  /** With UDP flows refreshed by inbound datagrams too, or not. */
  public ConntrackConfig withUdpRefreshedByInbound(boolean isRefreshed) {
    return new ConntrackConfig(
        tcpEstablishedNanos,
        tcpTransitoryNanos,
        udpNanos,
        icmpNanos,
        otherNanos,
        divisor,
        isRefreshed,
        maxFlows,
        maxFlowsPerHost);
  }

  /** How long a flow of that class may be idle. */
  long nanos(IdleClass idle) {
    long nanos =
        switch (idle) {
          case TCP_ESTABLISHED -> tcpEstablishedNanos;
          case TCP_TRANSITORY -> tcpTransitoryNanos;
          case UDP -> udpNanos;
          case ICMP -> icmpNanos;
          case OTHER -> otherNanos;
        };
    return nanos / divisor;
  }
}
