package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.nat.NatConfig;
import dev.tapstack.stats.Counters;
import dev.tapstack.tap.TapException;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the words of a command line become values; what cannot be one is wrong usage. */
final class Converters {
  private Converters() {}

  static void register(CommandLine commandLine) {
    commandLine
        .registerConverter(Ipv4Address.class, converter(Ipv4Address::parse))
        .registerConverter(IpPrefix.class, converter(Converters::subnetAddress))
        .registerConverter(MacAddress.class, converter(MacAddress::parse))
        .registerConverter(Port.class, converter(Port::parse))
        .registerConverter(FrameFilter.class, converter(FrameFilter::parse))
        .registerConverter(HttpSite.class, converter(HttpSite::parse))
        .registerConverter(TapName.class, converter(TapName::parse))
        .registerConverter(TapAddress.class, converter(TapAddress::parse))
        .registerConverter(StaticRoute.class, converter(StaticRoute::parse))
        .registerConverter(NatConfig.Filtering.class, converter(Converters::filtering))
        .registerConverter(PortForward.class, converter(PortForward::parse))
        .registerConverter(AddressRange.class, converter(AddressRange::parse))
        .registerConverter(OneToOneAddress.class, converter(OneToOneAddress::parse));
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

  private static <T> ITypeConverter<T> converter(Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (IllegalArgumentException | TapException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
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
