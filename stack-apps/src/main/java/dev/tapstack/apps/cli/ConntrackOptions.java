package dev.tapstack.apps.cli;

import dev.tapstack.conntrack.ConntrackConfig;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@code tapstack gateway} is told of connection tracking. */
final class ConntrackOptions {
  @Option(
      names = "--timeout",
      paramLabel = "KIND=TIME",
      description =
          "How long flows may be idle, as udp=2m or tcp-established=2h4m. Kinds, with defaults:"
              + " tcp-established 2h4m, tcp-transitory 4m, udp 5m (2m at least), icmp 60s, other"
              + " 10m. May be repeated.")
  private List<IdleTimeout> timeouts = new ArrayList<>();

  @Option(
      names = "--divide-timeouts",
      paramLabel = "N",
      defaultValue = "1",
      description = "Shortens all of these to the Nth part: a test of minutes sees hours.")
  private int divisor;

  @Option(
      names = "--udp-refresh-inbound",
      description = "UDP from outside keeps a flow alive too, not only from inside.")
  private boolean udpRefreshInbound;

  @Option(
      names = "--max-flows",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "How many flows there may be at a time; 1000000 by default.")
  private int maxFlows;

  @Option(
      names = "--flows-per-host",
      paramLabel = "N",
      defaultValue = "100000",
      description = "How many flows an inside host has at a time; 100000 by default.")
  private int flowsPerHost;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  ConntrackOptions() {}

  /**
   * Timers and limits.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  ConntrackConfig config() {
    ConntrackConfig config = ConntrackConfig.DEFAULTS;
    for (IdleTimeout each : timeouts) {
      config = each.in(config);
    }
    return config
        .dividedBy(divisor)
        .withUdpRefreshedByInbound(udpRefreshInbound)
        .withLimits(maxFlows, flowsPerHost);
  }
}
