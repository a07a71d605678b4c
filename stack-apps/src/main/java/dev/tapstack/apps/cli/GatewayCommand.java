package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
    header = "Routes between networks until it is interrupted.",
    description = "Each TAP is an interface of the router, in a network namespace of its own.",
    customSynopsis = {
      "tapstack gateway --inside NAME[@NETNS]=CIDR... --outside NAME[@NETNS]=CIDR...",
      "               [--inside-host CIDR]... [--outside-host CIDR]... [--gateway IP]",
      "               [--route PREFIX=IP]... [--pcap-inside FILE] [--pcap-outside FILE]",
      "               [--no-offload] [--ready-fd N] [-v | -vv]"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  Between the namespaces alice (inside) and bob (outside):",
      "    tapstack gateway --inside lan0@alice=192.168.1.1/24 --inside-host 192.168.1.2/24 \\",
      "        --outside wan0@bob=203.0.113.1/24 --outside-host 203.0.113.2/24",
      "  The same with a further network behind a router of alice's:",
      "    tapstack gateway --inside lan0@alice=192.168.1.1/24 --inside-host 192.168.1.2/24 \\",
      "        --outside wan0@bob=203.0.113.1/24 --outside-host 203.0.113.2/24 \\",
      "        --route 10.0.0.0/8=192.168.1.7",
      "",
      "SIGINT and SIGTERM end it."
    })
final class GatewayCommand implements Callable<Integer> {
  @Option(
      names = "--inside",
      required = true,
      paramLabel = "NAME[@NETNS]=CIDR",
      description =
          "A TAP of the inside, and the gateway's address there. May be repeated: another TAP, or"
              + " another address of the same.")
  private List<TapAddress> inside = new ArrayList<>();

  @Option(
      names = "--outside",
      required = true,
      paramLabel = "NAME[@NETNS]=CIDR",
      description = "The same of the outside.")
  private List<TapAddress> outside = new ArrayList<>();

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
      names = "--gateway",
      paramLabel = "IP",
      description = "Where packets for all other networks go.")
  private @Nullable Ipv4Address gateway;

  @Option(
      names = "--route",
      paramLabel = "PREFIX=IP",
      description = "Where packets for that network go. May be repeated.")
  private List<StaticRoute> routes = new ArrayList<>();

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

  /** What was asked for; wrong usage if it contradicts itself. */
  GatewayConfig config() {
    try {
      List<GatewayConfig.Side> sides = new ArrayList<>();
      sides.addAll(GatewayConfig.sides(true, inside, insideHosts, pcapInside));
      sides.addAll(GatewayConfig.sides(false, outside, outsideHosts, pcapOutside));
      return new GatewayConfig(sides, gateway, routes, tapstack.verbosity());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
