package dev.tapstack.apps.cli;

import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.nat.NatConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tapstack gateway} was asked for, checked as far as that can be done without looking
 * at the machine.
 *
 * @param sides its interfaces, those inside first
 * @param gateway where packets for other networks go, or null
 * @param routes further routes
 * @param translation what NAT does, or null for a plain router
 * @param tracking timers and limits of connection tracking
 * @param clampsMss whether forwarded connections agree on segments that fit both links
 * @param firewall where the firewall's rules are, or null for none
 * @param verbosity 0, 1 or 2 (frames)
 */
record GatewayConfig(
    List<Side> sides,
    @Nullable Ipv4Address gateway,
    List<StaticRoute> routes,
    @Nullable Translation translation,
    ConntrackConfig tracking,
    boolean clampsMss,
    @Nullable RulesFile firewall,
    int verbosity) {
  /**
   * What NAT does on all outside interfaces.
   *
   * @param oneToOne outside addresses that are one inside host's alone
   * @param untranslated outside networks to which inside hosts show their own addresses
   * @param filtering who may send to a mapping from outside
   * @param answersSyns whether an unsolicited SYN is answered after 6 s (RFC 5382 REQ-4)
   * @param keepsUdpParity whether an even port stays even (RFC 4787 REQ-4)
   * @param maxPortsPerHost ports of each protocol that an inside host has (RFC 6888 REQ-4)
   * @param blocks who has which block of ports, or null (RFC 7422)
   */
  record Translation(
      List<PortForward> forwards,
      List<OneToOneAddress> oneToOne,
      List<IpPrefix> untranslated,
      NatConfig.Filtering filtering,
      boolean answersSyns,
      boolean keepsUdpParity,
      int maxPortsPerHost,
      NatConfig.@Nullable Blocks blocks) {
    Translation {
      forwards = List.copyOf(forwards);
      oneToOne = List.copyOf(oneToOne);
      untranslated = List.copyOf(untranslated);
    }
  }

  /**
   * An interface.
   *
   * @param isInside whether its hosts are the gateway's own
   * @param tap which TAP
   * @param addresses the gateway's addresses there, with their subnets
   * @param hostAddress address of the kernel's end, or null to leave that alone
   * @param bridge the Linux bridge that the TAP is put on, or null
   * @param pcap file for a capture, or null
   */
  record Side(
      boolean isInside,
      TapName tap,
      List<IpPrefix> addresses,
      @Nullable IpPrefix hostAddress,
      @Nullable String bridge,
      @Nullable String pcap) {
    Side {
      addresses = List.copyOf(addresses);
    }

    IpPrefix primary() {
      return addresses.get(0);
    }

    /** With one more address. */
    private Side with(IpPrefix added) {
      if (hostAddress != null && hostAddress.address().equals(added.address())) {
        throw new IllegalArgumentException(
            added.address() + " is the kernel's on " + tap + ": the gateway needs another");
      }
      List<IpPrefix> more = new ArrayList<>(addresses);
      more.add(added);
      return new Side(isInside, tap, more, hostAddress, bridge, pcap);
    }

    /** On that Linux bridge. */
    private Side on(String bridgeName) {
      if (hostAddress != null) {
        throw new IllegalArgumentException(
            "--bridge %s=%s: on a bridge the TAP has no %s-host: give %s to the bridge"
                .formatted(
                    tap.name(), bridgeName, isInside ? "--inside" : "--outside", hostAddress));
      }
      return new Side(isInside, tap, addresses, null, bridgeName, pcap);
    }

    private String option() {
      return isInside ? "--inside " : "--outside ";
    }

    /** The gateway's MAC address there. */
    MacAddress mac() {
      return StackConfig.macFor(tap.name(), primary().address());
    }

    @Override
    public String toString() {
      List<String> shown = addresses.stream().map(IpPrefix::toString).toList();
      return (isInside ? "inside " : "outside ")
          + tap
          + "="
          + String.join(",", shown)
          + (bridge == null ? "" : " (bridge " + bridge + ")");
    }
  }

  GatewayConfig {
    sides = List.copyOf(sides);
    routes = List.copyOf(routes);
    for (Side side : sides) {
      for (Side other : sides) {
        if (side != other) {
          checkApart(side, other);
        }
      }
    }
    if (gateway != null) {
      checkNeighbor("--gateway", gateway, sides);
    }
    for (StaticRoute route : routes) {
      checkNeighbor("--route " + route.destination(), route.gateway(), sides);
    }
    if (translation != null) {
      checkTranslation(translation, sides);
    }
  }

  private static void checkTranslation(Translation translation, List<Side> sides) {
    for (PortForward each : translation.forwards()) {
      IpAddress to = each.forward().outside();
      if (to != null && !isOwn(to, false, sides)) {
        throw new IllegalArgumentException(
            "--forward to "
                + to
                + ": no address of the gateway outside; --outside-address adds it");
      }
    }
    for (OneToOneAddress each : translation.oneToOne()) {
      IpAddress inside = each.pair().inside();
      if (isOwn(inside, true, sides) || isOwn(inside, false, sides)) {
        throw new IllegalArgumentException(
            "--one-to-one: " + inside + " is the gateway's own: name a host inside");
      }
      for (OneToOneAddress other : translation.oneToOne()) {
        boolean isShared =
            inside.equals(other.pair().inside())
                || each.pair().outside().equals(other.pair().outside());
        if (each != other && isShared) {
          throw new IllegalArgumentException(
              "--one-to-one: " + each.pair() + " and " + other.pair() + " share an address");
        }
      }
    }
  }

  private static boolean isOwn(IpAddress address, boolean isInside, List<Side> sides) {
    return sides.stream()
        .filter(side -> side.isInside() == isInside)
        .flatMap(side -> side.addresses().stream())
        .anyMatch(own -> own.address().equals(address));
  }

  private static void checkApart(Side side, Side other) {
    if (side.tap().toString().equals(other.tap().toString())) {
      throw new IllegalArgumentException(
          "--outside " + side.tap() + ": the TAP is given twice: it is either inside or outside");
    }
    for (IpPrefix one : side.addresses()) {
      for (IpPrefix two : other.addresses()) {
        if (one.overlaps(two)) {
          throw new IllegalArgumentException(
              side.option()
                  + side.tap()
                  + "="
                  + one
                  + " overlaps "
                  + other.option()
                  + other.tap()
                  + "="
                  + two
                  + ": each interface needs a subnet of its own");
        }
      }
    }
  }

  private static void checkNeighbor(String option, Ipv4Address router, List<Side> sides) {
    for (Side side : sides) {
      for (IpPrefix own : side.addresses()) {
        if (own.contains(router) && !own.address().equals(router)) {
          return;
        }
      }
    }
    throw new IllegalArgumentException(
        option + ": " + router + " is no neighbour: it is on no interface's subnet");
  }

  /**
   * The interfaces of one kind: TAPs that are named again have several addresses.
   *
   * @param wanted what was asked for, in its order
   * @param hosts addresses for the kernel's ends, each of which belongs to the side whose subnet it
   *     is in
   * @param pcap file for the capture of the first, or null
   */
  static List<Side> sides(
      boolean isInside, List<TapAddress> wanted, List<IpPrefix> hosts, @Nullable String pcap) {
    List<Side> sides = new ArrayList<>();
    List<IpPrefix> left = new ArrayList<>(hosts);
    for (String name : wanted.stream().map(each -> each.tap().toString()).distinct().toList()) {
      List<TapAddress> same =
          wanted.stream().filter(each -> each.tap().toString().equals(name)).toList();
      List<IpPrefix> addresses = same.stream().map(TapAddress::address).toList();
      IpPrefix host = null;
      for (IpPrefix candidate : hosts) {
        if (addresses.stream().anyMatch(own -> own.contains(candidate.address()))) {
          host = candidate;
          left.remove(candidate);
        }
      }
      sides.add(
          new Side(
              isInside, same.get(0).tap(), addresses, host, null, sides.isEmpty() ? pcap : null));
    }
    if (!left.isEmpty()) {
      String side = isInside ? "inside" : "outside";
      throw new IllegalArgumentException(
          "--" + side + "-host " + left.get(0) + " is in no subnet of an --" + side);
    }
    return sides;
  }

  /**
   * The same sides with further outside addresses: each in the subnet of an outside address that it
   * is in; one that is in none, as a provider routes them, by itself and on the first of the
   * outside TAPs. Each is there once, however often it is named.
   *
   * @throws IllegalArgumentException if no host can have one of them, or the kernel's end has it
   */
  static List<Side> withOutside(List<Side> sides, List<IpAddress> further) {
    List<Side> all = new ArrayList<>(sides);
    for (IpAddress address : further) {
      if (isOwn(address, false, all)) {
        continue;
      }
      Side side = null;
      IpPrefix added = null;
      for (Side each : all) {
        for (IpPrefix own : each.addresses()) {
          if (added == null && !each.isInside() && own.contains(address)) {
            side = each;
            added = Converters.subnetAddress(address + "/" + own.length());
          }
        }
      }
      if (side == null) {
        side = all.stream().filter(each -> !each.isInside()).findFirst().orElseThrow();
      }
      if (added == null) {
        added = Converters.subnetAddress(address + "/" + address.bits());
      }
      all.set(all.indexOf(side), side.with(added));
    }
    return all;
  }

  /**
   * The same sides, with one of them on a bridge.
   *
   * @param where where {@code wanted} was found to be
   * @throws IllegalArgumentException if there is no such TAP, or it cannot be on a bridge
   * @throws dev.tapstack.apps.cli.docker.DockerException if its addresses are not to be had on that
   *     Docker network
   */
  static List<Side> bridged(List<Side> sides, BridgedTap wanted, BridgeTarget where) {
    Side side = named(sides, wanted);
    if (where.network() != null) {
      side.addresses().forEach(where.network()::checkFree);
    }
    List<Side> all = new ArrayList<>(sides);
    all.set(all.indexOf(side), side.on(where.bridge()));
    return all;
  }

  /**
   * The side whose TAP is to be on a bridge.
   *
   * @throws IllegalArgumentException if there is none, or it is on one already
   */
  static Side named(List<Side> sides, BridgedTap wanted) {
    for (Side side : sides) {
      if (side.tap().name().equals(wanted.tap())) {
        if (side.bridge() != null) {
          throw new IllegalArgumentException(
              "--bridge " + wanted + ": " + wanted.tap() + " can be on one bridge only");
        }
        return side;
      }
    }
    throw new IllegalArgumentException(
        "--bridge " + wanted + ": " + wanted.tap() + " is neither --inside nor --outside");
  }

  /** Names of the interfaces on one side. */
  private List<String> names(boolean isInside) {
    return sides.stream()
        .filter(side -> side.isInside() == isInside)
        .map(side -> side.tap().name())
        .toList();
  }

  /** Names of the interfaces whose hosts are the gateway's own. */
  List<String> inside() {
    return names(true);
  }

  /** Names of the interfaces to the world. */
  List<String> outside() {
    return names(false);
  }

  /** NAT's configuration, or null for a plain router. */
  @Nullable NatConfig nat() {
    Translation wanted = translation;
    if (wanted == null) {
      return null;
    }
    List<String> outside = outside();
    NatConfig.Builder builder = NatConfig.outside(outside.get(0));
    outside.subList(1, outside.size()).forEach(builder::andOutside);
    wanted.forwards().forEach(each -> builder.forward(each.forward()));
    wanted
        .oneToOne()
        .forEach(each -> builder.oneToOne(each.pair().outside(), each.pair().inside()));
    wanted.untranslated().forEach(builder::untranslated);
    return builder
        .filtering(wanted.filtering())
        .answersSyns(wanted.answersSyns())
        .keepsUdpParity(wanted.keepsUdpParity())
        .maxPortsPerHost(wanted.maxPortsPerHost())
        .blocks(wanted.blocks())
        .build();
  }
}
