package dev.tapstack.apps.cli;

import dev.tapstack.nat.NatConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code tapstack gateway} is told of NAT. */
final class NatOptions {
  @Option(
      names = "--forward",
      paramLabel = "PROTOCOL:[IP:]PORT[-PORT]=IP:PORT",
      description =
          "Lets in what comes to these ports of the outside addresses, or of the one that is"
              + " named. May be repeated.")
  private List<PortForward> forwards = new ArrayList<>();

  @Option(
      names = "--one-to-one",
      paramLabel = "IP=IP",
      description =
          "Gives the inside host behind = an outside address of its own, and lets in all that comes"
              + " to it. May be repeated.")
  private List<OneToOneAddress> oneToOne = new ArrayList<>();

  @Option(
      names = "--no-nat-to",
      paramLabel = "PREFIX",
      description =
          "Leaves the addresses of inside hosts as they are in what goes to that network, which has"
              + " a route to them. May be repeated.")
  private List<Destinations> untranslated = new ArrayList<>();

  @Option(
      names = "--filtering",
      paramLabel = "KIND",
      defaultValue = "address-and-port-dependent",
      description =
          "Who may send to a port that an inside host uses: endpoint-independent (anybody),"
              + " address-dependent (whom it has sent to), address-and-port-dependent (the default:"
              + " the very endpoint that it has sent to).")
  private NatConfig.Filtering filtering;

  @Option(
      names = "--syn-error",
      description = "Answers an unsolicited SYN after 6 seconds, instead of never.")
  private boolean synError;

  @Option(
      names = "--no-udp-parity",
      description = "Lets an even UDP port be seen as an odd one, and the other way round.")
  private boolean noUdpParity;

  @Option(
      names = "--ports-per-host",
      paramLabel = "N",
      defaultValue = "" + NatConfig.ALL_PORTS,
      description =
          "How many outside ports of each protocol an inside host has at a time; no limit by"
              + " default.")
  private int portsPerHost;

  @Option(
      names = "--block-ports",
      paramLabel = "PREFIX=N",
      description =
          "Gives each inside host of the prefix, and nobody else, a block of N ports that is"
              + " computed from its address: 'tapstack nat --who' tells whose a port was, without a"
              + " log.")
  private @Nullable PortBlockSize blocks;

  @Option(names = "--no-nat", description = "A plain router, that translates nothing.")
  private boolean noNat;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  NatOptions() {}

  /** Outside addresses that one host has for itself. */
  List<OneToOneAddress> oneToOne() {
    return oneToOne;
  }

  /**
   * What NAT does, or null for a plain router.
   *
   * @throws IllegalArgumentException if a plain router is to do what NAT does
   */
  GatewayConfig.@Nullable Translation translation() {
    if (!noNat) {
      return new GatewayConfig.Translation(
          forwards,
          oneToOne,
          untranslated.stream().map(Destinations::prefix).toList(),
          filtering,
          synError,
          !noUdpParity,
          portsPerHost,
          blocks == null ? null : blocks.blocks());
    }
    String needless = needless();
    if (needless != null) {
      throw new IllegalArgumentException(needless + " is NAT's work: leave out --no-nat");
    }
    return null;
  }

  /** An option that a plain router has no use for, or null. */
  private @Nullable String needless() {
    if (!forwards.isEmpty()) {
      return "--forward";
    }
    if (!oneToOne.isEmpty()) {
      return "--one-to-one";
    }
    if (!untranslated.isEmpty()) {
      return "--no-nat-to";
    }
    return blocks == null ? null : "--block-ports";
  }
}
