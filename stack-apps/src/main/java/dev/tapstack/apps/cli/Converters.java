package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.stats.Counters;
import dev.tapstack.tap.TapException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** How the words of a command line become values; what cannot be one is wrong usage. */
final class Converters {
  private static final Map<Class<?>, Function<String, ?>> PARSERS = parsers();

  private Converters() {}

  private static Map<Class<?>, Function<String, ?>> parsers() {
    Map<Class<?>, Function<String, ?>> all = new LinkedHashMap<>();
    all.put(Ipv4Address.class, Ipv4Address::parse);
    all.put(IpPrefix.class, Converters::subnetAddress);
    all.put(MacAddress.class, MacAddress::parse);
    all.put(Port.class, Port::parse);
    all.put(FrameFilter.class, FrameFilter::parse);
    all.put(HttpSite.class, HttpSite::parse);
    all.put(TapName.class, TapName::parse);
    all.put(TapAddress.class, TapAddress::parse);
    all.put(NamedHost.class, NamedHost::parse);
    all.put(BridgedTap.class, BridgedTap::parse);
    all.put(StaticRoute.class, StaticRoute::parse);
    all.put(NatConfig.Filtering.class, Converters::filtering);
    all.put(PortForward.class, PortForward::parse);
    all.put(AddressRange.class, AddressRange::parse);
    all.put(OneToOneAddress.class, OneToOneAddress::parse);
    all.put(Destinations.class, Destinations::parse);
    all.put(PortBlockSize.class, PortBlockSize::parse);
    all.put(Endpoint.class, Endpoint::parse);
    all.put(IdleTimeout.class, IdleTimeout::parse);
    all.put(Percentage.class, Percentage::parse);
    all.put(TimeSpan.class, TimeSpan::parse);
    all.put(BitRate.class, BitRate::parse);
    return all;
  }

  static void register(CommandLine commandLine) {
    PARSERS.keySet().forEach(type -> register(commandLine, type));
  }

  private static <T> void register(CommandLine commandLine, Class<T> type) {
    commandLine.registerConverter(
        type,
        text -> {
          try {
            return parse(type, text);
          } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
          }
        });
  }

  /**
   * What a word means as the value of an option of that type.
   *
   * @throws IllegalArgumentException if it means nothing
   */
  static <T> T parse(Class<T> type, String text) {
    Function<String, ?> parser = PARSERS.get(type);
    if (parser == null) {
      throw new IllegalStateException("no way to read a " + type);
    }
    try {
      return type.cast(parser.apply(text));
    } catch (TapException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static NatConfig.Filtering filtering(String text) {
    for (NatConfig.Filtering each : NatConfig.Filtering.values()) {
      if (Counters.label(each).equals(text)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is none of endpoint-independent, address-dependent,"
            + " address-and-port-dependent");
  }

  /** An address that a host can have, with its subnet. */
  static IpPrefix subnetAddress(String text) {
    IpPrefix prefix = IpPrefix.parse(text);
    if (!(prefix.address() instanceof Ipv4Address address)) {
      throw new IllegalArgumentException("'" + text + "' is not IPv4, which is all there is yet");
    }
    int firstOctet = address.intBits() >>> 24;
    // RFC 1122 3.2.1.3: "this network", loopback, multicast and class E are no host's.
    if (firstOctet == 0 || firstOctet == 127 || firstOctet >= 224) {
      throw new IllegalArgumentException(
          "'" + text + "' is no address that a host can have: take a private one, 192.168.77.2/24");
    }
    if (prefix.hasBroadcast() && prefix.length() < 31) {
      if (address.equals(prefix.network()) || address.equals(prefix.last())) {
        throw new IllegalArgumentException(
            "'" + text + "' is the first or last address of its subnet: take one in between");
      }
    }
    return prefix;
  }
}
