package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.apps.gateway.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code tapstack gateway}: a router between TAPs in networks of their own. */
@Command(
    name = "gateway",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Routes between networks, with NAT, until it is interrupted.",
    description =
        "Each TAP is an interface of the router, in a network namespace of its own. Hosts inside"
            + " share the outside addresses; from outside nothing comes in but answers and what is"
            + " forwarded. There are no helpers for FTP or SIP.",
    customSynopsis = {
      "tapstack gateway --inside NAME[@NETNS]=CIDR... --outside NAME[@NETNS]=CIDR...",
      "               [--config FILE] [--bridge TAP=NAME]...",
      "               [--outside-address IP[-IP]]... [--inside-host CIDR]...",
      "               [--outside-host CIDR]... [--gateway IP] [--route PREFIX=IP]...",
      "               [--forward PROTOCOL:[IP:]PORT[-PORT]=IP:PORT]... [--one-to-one IP=IP]...",
      "               [--no-nat-to PREFIX]... [--filtering KIND] [--syn-error] [--no-udp-parity]",
      "               [--ports-per-host N] [--block-ports PREFIX=N] [--no-nat]",
      "               [--timeout KIND=TIME]... [--divide-timeouts N] [--udp-refresh-inbound]",
      "               [--max-flows N] [--flows-per-host N]",
      "               [--[no-]mss-clamp] [--firewall FILE] [--pcap-inside FILE]",
      "               [--pcap-outside FILE] [--no-offload] [--ready-fd N] [-v | -vv]"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  Between the namespaces alice (inside) and bob (outside):",
      "    tapstack gateway --inside lan0@alice=192.168.1.1/24 --inside-host 192.168.1.2/24 \\",
      "        --outside wan0@bob=203.0.113.1/24 --outside-host 203.0.113.2/24",
      "  The same, with a web server of alice's for all:",
      "    tapstack gateway --inside lan0@alice=192.168.1.1/24 --inside-host 192.168.1.2/24 \\",
      "        --outside wan0@bob=203.0.113.1/24 --outside-host 203.0.113.2/24 \\",
      "        --forward tcp:8080=192.168.1.2:80",
      "  Between the Docker network web (outside) and the namespace alice:",
      "    tapstack gateway --inside lan0@alice=192.168.1.1/24 --inside-host 192.168.1.2/24 \\",
      "        --outside wan0=172.20.255.254/16 --bridge wan0=web",
      "  All of it from a file (one is in the README), but for a capture:",
      "    tapstack gateway --config gateway.yaml --pcap-outside wan.pcap",
      "",
      "SIGINT and SIGTERM end it."
    })
final class GatewayCommand implements Callable<Integer> {
  private static final String CONFIG = "--config";

  @Option(
      names = "--inside",
      paramLabel = "NAME[@NETNS]=CIDR",
      description =
          "A TAP of the inside, and the gateway's address there. May be repeated: another TAP, or"
              + " another address of the same.")
  private List<TapAddress> inside = new ArrayList<>();

  @Option(
      names = "--outside",
      paramLabel = "NAME[@NETNS]=CIDR",
      description = "The same of the outside.")
  private List<TapAddress> outside = new ArrayList<>();

  @Option(
      names = "--outside-address",
      paramLabel = "IP[-IP]",
      description =
          "Further outside addresses, in the subnet of --outside or routed here. Inside hosts share"
              + " them all; each keeps the one that it was given. May be repeated.")
  private List<AddressRange> outsideAddresses = new ArrayList<>();

  @Option(
      names = "--inside-host",
      paramLabel = "CIDR",
      description =
          "Gives the kernel's end of the TAP inside this address, and the namespace its default"
              + " route through the gateway.")
  private List<IpPrefix> insideHosts = new ArrayList<>();

  @Option(
      names = "--outside-host",
      paramLabel = "CIDR",
      description = "Gives the kernel's end of the TAP outside this address.")
  private List<IpPrefix> outsideHosts = new ArrayList<>();

  @Option(
      names = "--bridge",
      paramLabel = "TAP=NAME",
      description =
          "Puts one of these TAPs on a bridge until the end: "
              + BridgeTarget.EXPLAINED
              + ". May be repeated.")
  private List<BridgedTap> bridges = new ArrayList<>();

  @Option(
      names = "--gateway",
      paramLabel = "IP",
      description =
          "Where packets for all other networks go; by default the gateway of a Docker network"
              + " outside.")
  private @Nullable Ipv4Address gateway;

  @Option(
      names = "--route",
      paramLabel = "PREFIX=IP",
      description = "Where packets for that network go. May be repeated.")
  private List<StaticRoute> routes = new ArrayList<>();

  @Mixin private NatOptions nat;

  @Mixin private ConntrackOptions conntrack;

  @Option(
      names = "--mss-clamp",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Lowers the MSS of TCP connections that are forwarded to what both links carry, as home"
              + " routers do (the default); --no-mss-clamp leaves it alone.")
  private boolean mssClamp;

  @Option(
      names = "--firewall",
      paramLabel = "FILE",
      description =
          "Judges packets by the rules of this YAML file; what they do not let in from outside, and"
              + " is no answer, is dropped.")
  private @Nullable String firewall;

  @Option(
      names = CONFIG,
      paramLabel = "FILE",
      description =
          "Reads what is not given here from this YAML file, whose fields are these options without"
              + " the dashes; 'firewall' may have the rules themselves.")
  private @Nullable String configFile;

  @Option(
      names = "--pcap-inside",
      paramLabel = "FILE",
      description = "Writes every frame of the first TAP inside as a .pcap file.")
  private @Nullable String pcapInside;

  @Option(
      names = "--pcap-outside",
      paramLabel = "FILE",
      description = "Writes every frame of the first TAP outside as a .pcap file.")
  private @Nullable String pcapOutside;

  @Option(
      names = "--no-offload",
      description = "Plain frames, whatever the device can do (there is no offload yet).")
  @SuppressWarnings("UnusedVariable") // there is nothing to switch off yet
  private boolean noOffload;

  @Option(
      names = "--ready-fd",
      paramLabel = "N",
      description = "Writes the ready line also to this descriptor.")
  private int readyFd = -1;

  @ParentCommand private Tapstack tapstack;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  GatewayCommand() {}

  @Override
  public Integer call() {
    GatewayConfig config = config();
    ReadyFd ready = readyFd >= 0 ? new ReadyFd(readyFd) : null;
    try (GatewayRuntime runtime = new GatewayRuntime(config, System.out)) {
      return runtime.run(ready);
    }
  }

  /**
   * What was asked for, on the command line and in the configuration file; wrong usage if it
   * contradicts itself.
   *
   * @throws CommandException if the file is wrong
   */
  GatewayConfig config() {
    GatewayFile file = null;
    try {
      if (configFile != null) {
        file = GatewayFile.apply(Path.of(configFile), spec, CONFIG);
      }
      return config(file);
    } catch (ConfigException e) {
      throw new CommandException(CONFIG + " " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      String problem = String.valueOf(e.getMessage());
      ConfigException inFile = file == null ? null : file.refusal(problem);
      if (inFile != null) {
        throw new CommandException(CONFIG + " " + inFile.getMessage(), e);
      }
      throw new ParameterException(spec.commandLine(), problem, e);
    }
  }

  private GatewayConfig config(@Nullable GatewayFile file) {
    if (inside.isEmpty() || outside.isEmpty()) {
      throw new IllegalArgumentException(
          (inside.isEmpty() ? "--inside" : "--outside") + " is missing: give it, or " + CONFIG);
    }
    List<GatewayConfig.Side> sides = new ArrayList<>();
    sides.addAll(GatewayConfig.sides(true, inside, insideHosts, pcapInside));
    sides.addAll(GatewayConfig.sides(false, outside, outsideHosts, pcapOutside));
    Ipv4Address defaultGateway = gateway;
    for (BridgedTap each : bridges) {
      GatewayConfig.Side side = GatewayConfig.named(sides, each);
      BridgeTarget where = BridgeTarget.find(each.bridge(), side.tap().namespace());
      sides = GatewayConfig.bridged(sides, each, where);
      if (defaultGateway == null && !side.isInside()) {
        defaultGateway = where.gateway(side.tap().namespace());
      }
    }
    List<IpAddress> further = new ArrayList<>();
    outsideAddresses.forEach(range -> further.addAll(range.addresses()));
    nat.oneToOne().forEach(each -> further.add(each.pair().outside()));
    return new GatewayConfig(
        GatewayConfig.withOutside(sides, further),
        defaultGateway,
        routes,
        nat.translation(),
        conntrack.config(),
        mssClamp,
        rules(file),
        tapstack.verbosity());
  }

  private @Nullable RulesFile rules(@Nullable GatewayFile file) {
    if (firewall != null) {
      return new RulesFile(Path.of(firewall), null);
    }
    return file == null ? null : file.rules();
  }
}
