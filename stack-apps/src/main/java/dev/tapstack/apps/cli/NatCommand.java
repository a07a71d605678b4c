package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.nat.PortBlocks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tapstack nat}: which outside endpoints stand for which inside ones. */
@Command(
    name = "nat",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the mappings of a running gateway: inside and outside endpoints.",
    description = ControlOptions.WHICH,
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack nat",
      "  tapstack nat --json --pid 4711",
      "  Whose port it is, where ports are given in blocks:",
      "    tapstack nat --who 203.0.113.1:4711",
      "  Whose it was, as a gateway that does not run any more was configured:",
      "    tapstack nat --who 203.0.113.1:4711 --block-ports 100.64.0.0/25=1000 \\",
      "        --outside-address 203.0.113.1-203.0.113.2"
    })
final class NatCommand implements Callable<Integer> {
  @Mixin private ControlOptions control;

  @Option(
      names = "--who",
      paramLabel = "IP:PORT",
      description = "Shows which inside host an outside port belongs to, and its block of ports.")
  private @Nullable Endpoint who;

  @Option(
      names = "--block-ports",
      paramLabel = "PREFIX=N",
      description = "Computes that without a gateway, which had this option...")
  private @Nullable PortBlockSize blocks;

  @Option(
      names = "--outside-address",
      paramLabel = "IP[-IP]",
      description = "... and shared these outside addresses: all, --outside's too.")
  private List<AddressRange> outside = new ArrayList<>();

  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  NatCommand() {}

  @Override
  public Integer call() {
    Endpoint asked = who;
    if ((blocks == null) != outside.isEmpty() || blocks != null && asked == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--block-ports, --outside-address and --who belong together: give all three");
    }
    if (asked == null) {
      control.show(control.target().rows("nat"), NatCommand::mappings);
      return 0;
    }
    PortBlocks.Block block = cut().at(asked);
    if (block == null) {
      throw new CommandException(asked + " is in nobody's block of ports");
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("inside", block.inside().toString());
    row.put("outside", block.outside().toString());
    row.put("first-port", block.first());
    row.put("last-port", block.last());
    control.show(List.of(row), NatCommand::holders);
    return 0;
  }

  /** As the command line says, or as the running gateway does. */
  private PortBlocks cut() {
    if (blocks == null) {
      return running(control.target().rows("nat-blocks"));
    }
    List<IpAddress> addresses = new ArrayList<>();
    outside.forEach(range -> addresses.addAll(range.addresses()));
    try {
      return new PortBlocks(blocks.blocks().subscribers(), blocks.blocks().portsEach(), addresses);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--block-ports: " + e.getMessage(), e);
    }
  }

  private static PortBlocks running(List<Map<String, Object>> rows) {
    if (rows.isEmpty()) {
      throw new CommandException(
          "this gateway gives ports as they come: 'tapstack nat' shows who has them now");
    }
    List<IpAddress> addresses = new ArrayList<>();
    int portsEach = 0;
    String subscribers = "";
    for (Map<String, Object> row : rows) {
      addresses.add(IpAddress.parse(String.valueOf(row.get("outside"))));
      portsEach = Integer.parseInt(String.valueOf(row.get("ports")));
      subscribers = String.valueOf(row.get("subscribers"));
    }
    return new PortBlocks(IpPrefix.parse(subscribers), portsEach, addresses);
  }

  private static List<String> holders(List<Map<String, Object>> rows) {
    TextTable table = new TextTable("Inside", "Outside", ">From port", ">To port");
    for (Map<String, Object> row : rows) {
      table.line(
          row.get("inside"), row.get("outside"), row.get("first-port"), row.get("last-port"));
    }
    return table.lines();
  }

  private static List<String> mappings(List<Map<String, Object>> rows) {
    TextTable table = new TextTable("Proto", "Inside", "Outside", "Type", ">Flows");
    for (Map<String, Object> row : rows) {
      table.line(
          row.get("protocol"),
          row.get("inside"),
          row.get("outside"),
          row.get("type"),
          row.getOrDefault("flows", "-"));
    }
    return table.lines();
  }
}
