package dev.tapstack.apps.cli;

import dev.tapstack.addr.Ipv4Address;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code tapstack ping}: asks a host for echoes. */
@Command(
    name = "ping",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Asks a host for an echo each second, until it is interrupted.",
    description = "With -c it ends after the last answer, or four seconds after the last request.",
    customSynopsis =
        "tapstack ping --tap NAME[@NETNS] --address CIDR [OPTION]... [-c N] [-s BYTES] HOST",
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack ping --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "      192.168.77.1",
      "  Three times, in fragments:",
      "    tapstack ping --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        -c 3 -s 4000 192.168.77.1",
      "",
      "Exit status: 0 at least one answer, 1 none or another failure, 2 wrong usage."
    })
final class PingCommand implements Callable<Integer> {
  /** The largest datagram less the headers of IPv4 and ICMP. */
  private static final int MAX_BYTES = 65_507;

  @Mixin private HostOptions host;

  @Mixin private NameOptions names;

  @Option(names = "-c", paramLabel = "N", description = "Asks N times; by default without end.")
  private int count;

  @Option(
      names = "-s",
      paramLabel = "BYTES",
      defaultValue = "56",
      description = "Data in each request (default ${DEFAULT-VALUE}).")
  private int bytes;

  @Parameters(paramLabel = "HOST", description = "Who: " + NameOptions.EXPLAINED + ".")
  private String name;

  @ParentCommand private Tapstack tapstack;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  PingCommand() {}

  @Override
  public Integer call() {
    HostConfig config = tapstack.clientConfig(host, spec);
    if (count < 0 || bytes < 0 || bytes > MAX_BYTES) {
      throw new ParameterException(
          spec.commandLine(), "-c takes a number of requests, -s 0 to " + MAX_BYTES + " bytes");
    }
    Ipv4Address address = names.resolve(name, config.address());
    String shown = name.equals(address.toString()) ? name : name + " (" + address + ")";
    try (Host opened = Host.open(config, System.err)) {
      return new Pinger(opened, address, shown, bytes, count, System.out).run();
    }
  }
}
