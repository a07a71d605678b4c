package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.apps.cli.control.Answer;
import dev.tapstack.apps.cli.control.Feed;
import dev.tapstack.apps.cli.control.View;
import dev.tapstack.apps.gateway.Gateway;
import dev.tapstack.apps.gateway.RuleFields;
import dev.tapstack.conntrack.Conntrack;
import dev.tapstack.conntrack.FlowInfo;
import dev.tapstack.conntrack.FlowWatcher;
import dev.tapstack.filter.RuleCount;
import dev.tapstack.nat.MappingInfo;
import dev.tapstack.nat.Nat;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.nat.PortBlocks;
import dev.tapstack.wire.Ipv4;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a gateway shows of itself beside what every stack does. */
final class GatewayViews {
  /** The loop takes a microsecond for each; more than a screen or a script wants. */
  static final int MOST_FLOWS = 10_000;

  private GatewayViews() {}

  // The commands' names.
  static final String CONNTRACK_WATCH = "conntrack-watch";
  static final String FIREWALL = "firewall";
  static final String FIREWALL_RELOAD = "firewall-reload";

  /** Adds the views of {@code gateway}'s modules. */
  static void addTo(Map<String, Answer> views, Gateway gateway) {
    views.put(FIREWALL, new View<>(gateway::ruleCounts, GatewayViews::ruleRows));
    views.put(
        "conntrack",
        new View<>(() -> gateway.conntrack().snapshot(MOST_FLOWS), GatewayViews::flowRows));
    views.put(CONNTRACK_WATCH, flowEvents(gateway.conntrack()));
    Nat nat = gateway.nat();
    if (nat != null) {
      views.put(
          "nat", new View<>(nat::mappings, mappings -> natRows(nat.config().oneToOne(), mappings)));
      views.put("nat-blocks", new View<>(nat::blocks, GatewayViews::blockRows));
    }
  }

  /** A row for each outside address; none if ports are given as they come. */
  private static List<Map<String, Object>> blockRows(@Nullable PortBlocks blocks) {
    List<Map<String, Object>> rows = new ArrayList<>();
    if (blocks != null) {
      for (IpAddress outside : blocks.outside()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("subscribers", blocks.subscribers().toString());
        row.put("ports", blocks.portsEach());
        row.put("outside", outside.toString());
        rows.add(row);
      }
    }
    return rows;
  }

  private static String protocol(int number) {
    return switch (number) {
      case Ipv4.PROTOCOL_ICMP -> "icmp";
      case Ipv4.PROTOCOL_TCP -> "tcp";
      case Ipv4.PROTOCOL_UDP -> "udp";
      default -> Integer.toString(number);
    };
  }

  private static List<Map<String, Object>> flowRows(List<FlowInfo> flows) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (FlowInfo flow : flows) {
      Map<String, Object> row = new LinkedHashMap<>();
      addFlow(row, flow);
      rows.add(row);
    }
    return rows;
  }

  private static void addFlow(Map<String, Object> row, FlowInfo flow) {
    row.put("protocol", protocol(flow.protocol()));
    row.put("state", flow.state());
    row.put("replied", flow.isReplied());
    row.put("timeout", TimeUnit.NANOSECONDS.toSeconds(flow.remainingNanos()));
    addSide(row, "", flow.original());
    addSide(row, "reply-", flow.reply());
  }

  private record FlowEvent(FlowWatcher.Event event, FlowInfo flow) {}

  private static Feed<FlowEvent> flowEvents(Conntrack conntrack) {
    return new Feed<>(
        listener -> {
          FlowWatcher watcher = (event, flow) -> listener.accept(new FlowEvent(event, flow));
          conntrack.watch(watcher);
          return () -> conntrack.unwatch(watcher);
        },
        GatewayViews::eventRow);
  }

  private static Map<String, Object> eventRow(FlowEvent told) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", told.event().name().toLowerCase(Locale.ROOT));
    addFlow(row, told.flow());
    return row;
  }

  private static void addSide(Map<String, Object> row, String prefix, FlowInfo.Direction side) {
    row.put(prefix + "src", side.source().address().toString());
    row.put(prefix + "sport", side.source().port());
    row.put(prefix + "dst", side.destination().address().toString());
    row.put(prefix + "dport", side.destination().port());
    row.put(prefix + "packets", side.packets());
    row.put(prefix + "bytes", side.bytes());
  }

  private static List<Map<String, Object>> ruleRows(List<RuleCount> rules) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (RuleCount rule : rules) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("list", rule.list());
      row.put("direction", rule.direction().name().toLowerCase(Locale.ROOT));
      row.put("rule", rule.rule());
      row.putAll(RuleFields.of(rule.matches(), rule.action()));
      row.put("packets", rule.packets());
      row.put("bytes", rule.bytes());
      rows.add(row);
    }
    return rows;
  }

  /** One-to-one addresses have no ports, and their flows are not counted. */
  private static List<Map<String, Object>> natRows(
      List<NatConfig.OneToOne> oneToOne, List<MappingInfo> mappings) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (NatConfig.OneToOne each : oneToOne) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("protocol", "all");
      row.put("inside", each.inside().toString());
      row.put("outside", each.outside().toString());
      row.put("type", "one-to-one");
      rows.add(row);
    }
    for (MappingInfo mapping : mappings) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("protocol", protocol(mapping.protocol()));
      row.put("inside", mapping.inside().toString());
      row.put("outside", mapping.outside().toString());
      row.put("type", mapping.isStatic() ? "forward" : "dynamic");
      row.put("flows", mapping.flows());
      rows.add(row);
    }
    return rows;
  }
}
