package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code tapstack nc}: standard input and output over a connection of the stack's. */
@Command(
    name = "nc",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Carries standard input to a connection, and what comes back to standard output.",
    description = {
      "The end of input is a half close; nc ends when both sides have finished. What standard output"
          + " does not take waits in the receive window. A host that does not answer is given up"
          + " after 15 seconds.",
      "With -u each read of standard input becomes a datagram that fits the MTU, and nothing tells"
          + " that the other side has finished: nc goes on until it is interrupted, or for -w."
          + " With --join it hears a multicast group, and what it reads goes to the group."
    },
    customSynopsis = {
      "tapstack nc --tap NAME[@NETNS] --address CIDR [OPTION]... [-u [-w SECONDS]] HOST PORT",
      "       tapstack nc --tap NAME[@NETNS] --address CIDR [OPTION]... [-u [-w SECONDS]] -l PORT",
      "       tapstack nc --tap NAME[@NETNS] --address CIDR [OPTION]... -u [-w SECONDS] -l"
          + " --join GROUP PORT"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  To a server on this machine's end of the TAP:",
      "    tapstack nc --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        192.168.77.1 8080",
      "  A file, to 'nc -N 192.168.77.2 5000 <file' of the kernel's:",
      "    tapstack nc --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        -l 5000 >copy",
      "  A question by UDP, and two seconds for the answer:",
      "    echo hello | tapstack nc --tap tap0 --address 192.168.77.2/24 \\",
      "        --host-address 192.168.77.1/24 -u -w 2 192.168.77.1 7",
      "  A multicast group, as long as this runs:",
      "    tapstack nc --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        -u -l --join 239.1.2.3 5000",
      "",
      "Exit status: 0 both sides finished, 1 failure, 2 wrong usage."
    })
final class NcCommand implements Callable<Integer> {
  @Mixin private HostOptions host;

  @Mixin private NameOptions names;

  @Option(names = "-l", description = "Listens on PORT, for one connection (or one peer).")
  private boolean listen;

  @Option(names = "-u", description = "UDP instead of TCP.")
  private boolean udp;

  @Option(
      names = "-w",
      paramLabel = "SECONDS",
      description = "With -u: ends when nothing has come for so long after the end of input.")
  private int waitSeconds;

  @Option(
      names = "--join",
      paramLabel = "GROUP",
      description = "With -u -l: joins the multicast group, which routers are told (IGMP).")
  private @Nullable Ipv4Address group;

  @Parameters(
      arity = "1..2",
      paramLabel = "HOST PORT",
      description = "The other side: HOST is " + NameOptions.EXPLAINED + ".")
  private List<String> words;

  @ParentCommand private Tapstack tapstack;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  NcCommand() {}

  @Override
  public Integer call() {
    HostConfig config = tapstack.clientConfig(host, spec);
    if (words.size() != (listen ? 1 : 2)) {
      throw wrong(listen ? "-l takes a port and no host" : "HOST and PORT are needed");
    }
    if (waitSeconds < 0 || waitSeconds > 0 && !udp) {
      throw wrong("-w takes seconds, and needs -u");
    }
    if (group != null && !(udp && listen && Ipv4Address.isMulticast(group.intBits()))) {
      throw wrong("--join takes a group as 239.1.2.3, and needs -u -l");
    }
    Endpoint endpoint =
        new Endpoint(
            listen ? Ipv4Address.ANY : names.resolve(words.get(0), config.address()), port());
    try (Host opened = Host.open(config, System.err)) {
      return udp
          ? new UdpExchange(opened, waitSeconds).run(endpoint, listen, group)
          : new TcpExchange(opened).run(endpoint, listen);
    }
  }

  private int port() {
    try {
      return Port.parse(words.get(words.size() - 1)).number();
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
