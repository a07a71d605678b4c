package dev.tapstack.it;

import java.net.InetAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pcap4j.packet.ArpPacket;
import org.pcap4j.packet.Dot1qVlanTagPacket;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4DestinationUnreachablePacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IcmpV4EchoReplyPacket;
import org.pcap4j.packet.IcmpV4ParameterProblemPacket;
import org.pcap4j.packet.IllegalPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.TcpSackOption;
import org.pcap4j.packet.TcpTimestampsOption;
import org.pcap4j.packet.TcpWindowScaleOption;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.util.MacAddress;

/**
 * What Pcap4J makes of a frame, as "layer.field" to value, with the names that {@code Dissection}
 * uses. Layers of a datagram that an ICMP error quotes have "quoted " before them.
 */
final class Pcap4jFields {
  private static final Pattern SACK_BLOCK = Pattern.compile("LE: (\\d+) RE: (\\d+)");

  private final Map<String, String> fields = new TreeMap<>();
  private String quoted = "";
  private String layer = "";

  private Pcap4jFields() {}

  /**
   * The fields of a frame; a key "unparsed" where Pcap4J gave up on bytes that are no quote.
   *
   * @throws Exception if Pcap4J cannot even begin
   */
  static Map<String, String> of(byte[] frame) throws Exception {
    Pcap4jFields all = new Pcap4jFields();
    all.addEthernet(EthernetPacket.newPacket(frame, 0, frame.length));
    return all.fields;
  }

  /** The same of a datagram without a frame around it. */
  static Map<String, String> of(IpV4Packet datagram) {
    Pcap4jFields all = new Pcap4jFields();
    all.addIpv4(datagram);
    return all.fields;
  }

  private void begin(String protocol) {
    layer = quoted + protocol + ".";
  }

  private void put(String name, long value) {
    fields.put(layer + name, Long.toString(value));
  }

  private void put(String name, String value) {
    fields.put(layer + name, value);
  }

  private void put(String name, MacAddress mac) {
    long value = 0;
    for (byte octet : mac.getAddress()) {
      value = value << 8 | octet & 0xff;
    }
    put(name, value);
  }

  private void put(String name, InetAddress address) {
    put(name, address.getHostAddress());
  }

  private static int lengthOf(Packet packet) {
    return packet == null ? 0 : packet.length();
  }

  private void addEthernet(EthernetPacket packet) {
    EthernetPacket.EthernetHeader header = packet.getHeader();
    begin("Ethernet");
    put("destination", header.getDstAddr());
    put("source", header.getSrcAddr());
    put("type", header.getType().value() & 0xffff);
    if (packet.getPad().length > 0) {
      put("padding", packet.getPad().length + " bytes");
    }
    addNetwork(packet.getPayload());
  }

  private void addNetwork(Packet packet) {
    switch (packet) {
      case ArpPacket arp -> addArp(arp.getHeader());
      case IpV4Packet ipv4 -> addIpv4(ipv4);
      case IpV6Packet ipv6 -> addIpv6(ipv6);
      case Dot1qVlanTagPacket vlan -> {
        begin("VLAN");
        put("priority", vlan.getHeader().getPriority());
        put("dropEligible", vlan.getHeader().getCfi() ? 1 : 0);
        put("id", vlan.getHeader().getVidAsInt());
        put("type", vlan.getHeader().getType().value() & 0xffff);
        addNetwork(vlan.getPayload());
      }
      default -> unparsed(packet);
    }
  }

  private void unparsed(Packet packet) {
    if (quoted.isEmpty()) {
      fields.put("unparsed", String.valueOf(packet));
    }
  }

  private void addArp(ArpPacket.ArpHeader header) {
    begin("ARP");
    put("hardwareType", header.getHardwareType().value());
    put("protocolType", header.getProtocolType().value() & 0xffff);
    put("hardwareLength", header.getHardwareAddrLengthAsInt());
    put("protocolLength", header.getProtocolAddrLengthAsInt());
    put("operation", header.getOperation().value());
    put("senderMac", header.getSrcHardwareAddr());
    put("senderIp", header.getSrcProtocolAddr());
    put("targetMac", header.getDstHardwareAddr());
    put("targetIp", header.getDstProtocolAddr());
  }

  private void addIpv4(IpV4Packet packet) {
    IpV4Packet.IpV4Header header = packet.getHeader();
    begin("IPv4");
    put("version", header.getVersion().value());
    put("headerLength", header.getIhlAsInt() * 4);
    put("tos", header.getTos().value() & 0xff);
    put("totalLength", header.getTotalLengthAsInt());
    put("identification", header.getIdentificationAsInt());
    put(
        "flags",
        (header.getReservedFlag() ? 4 : 0)
            + (header.getDontFragmentFlag() ? 2 : 0)
            + (header.getMoreFragmentFlag() ? 1 : 0));
    put("fragmentOffset", header.getFragmentOffset() * 8);
    put("ttl", header.getTtlAsInt());
    put("protocol", header.getProtocol().value() & 0xff);
    put("headerChecksum", header.getHeaderChecksum() & 0xffff);
    put("source", header.getSrcAddr());
    put("destination", header.getDstAddr());
    if (quoted.isEmpty()) {
      put("checksum right", String.valueOf(header.hasValidChecksum(false)));
    }
    int number = 0;
    for (IpV4Packet.IpV4Option option : header.getOptions()) {
      put("option " + number++, (option.getType().value() & 0xff) + ":" + option.length());
    }
    if (header.getMoreFragmentFlag() || header.getFragmentOffset() != 0) {
      put("fragment", lengthOf(packet.getPayload()) + " bytes");
    } else {
      addTransport(packet.getPayload(), header.getSrcAddr(), header.getDstAddr());
    }
  }

  private void addIpv6(IpV6Packet packet) {
    IpV6Packet.IpV6Header header = packet.getHeader();
    begin("IPv6");
    put("version", header.getVersion().value());
    put("trafficClass", header.getTrafficClass().value() & 0xff);
    put("flowLabel", header.getFlowLabel().value());
    put("payloadLength", header.getPayloadLengthAsInt());
    put("nextHeader", header.getNextHeader().value() & 0xff);
    put("hopLimit", header.getHopLimitAsInt());
    put("source", header.getSrcAddr());
    put("destination", header.getDstAddr());
    if (packet.getPayload() instanceof TcpPacket || packet.getPayload() instanceof UdpPacket) {
      addTransport(packet.getPayload(), header.getSrcAddr(), header.getDstAddr());
    } else {
      put("payload", lengthOf(packet.getPayload()) + " bytes");
    }
  }

  private void addTransport(Packet packet, InetAddress source, InetAddress destination) {
    switch (packet) {
      case TcpPacket tcp -> {
        addTcp(tcp);
        checksum(tcp.getHeader().getChecksum(), tcp.hasValidChecksum(source, destination, true));
      }
      case UdpPacket udp -> {
        addUdp(udp);
        if (udp.getHeader().getChecksum() != 0) {
          checksum(udp.getHeader().getChecksum(), udp.hasValidChecksum(source, destination, false));
        }
      }
      case IcmpV4CommonPacket icmp -> addIcmp(icmp);
      case IllegalPacket illegal -> unparsed(illegal);
      case null, default -> {
        if (quoted.isEmpty()) { // a quote ends anywhere: Pcap4J enters a whole transport only
          put("payload", lengthOf(packet) + " bytes");
        }
      }
    }
  }

  private void checksum(short checksum, boolean right) {
    put("checksum", checksum & 0xffff);
    if (quoted.isEmpty()) {
      put("checksum right", String.valueOf(right));
    }
  }

  private void addUdp(UdpPacket packet) {
    UdpPacket.UdpHeader header = packet.getHeader();
    begin("UDP");
    put("sourcePort", header.getSrcPort().valueAsInt());
    put("destinationPort", header.getDstPort().valueAsInt());
    put("length", header.getLengthAsInt());
    put("checksum", header.getChecksum() & 0xffff);
    put("payload", lengthOf(packet.getPayload()) + " bytes");
  }

  private void addTcp(TcpPacket packet) {
    TcpPacket.TcpHeader header = packet.getHeader();
    begin("TCP");
    put("sourcePort", header.getSrcPort().valueAsInt());
    put("destinationPort", header.getDstPort().valueAsInt());
    put("seq", header.getSequenceNumberAsLong());
    put("ack", header.getAcknowledgmentNumberAsLong());
    put("dataOffset", header.getDataOffsetAsInt() * 4);
    // Pcap4J has six reserved bits as in RFC 793; the last two are CWR and ECE since RFC 3168.
    put("reserved", header.getReserved() >>> 2);
    put(
        "flags",
        (header.getReserved() & 3) << 6
            | (header.getUrg() ? 32 : 0)
            | (header.getAck() ? 16 : 0)
            | (header.getPsh() ? 8 : 0)
            | (header.getRst() ? 4 : 0)
            | (header.getSyn() ? 2 : 0)
            | (header.getFin() ? 1 : 0));
    put("window", header.getWindowAsInt());
    put("urgentPointer", header.getUrgentPointerAsInt());
    int number = 0;
    for (TcpPacket.TcpOption option : header.getOptions()) {
      put("option " + number++, optionText(option));
    }
    put("payload", lengthOf(packet.getPayload()) + " bytes");
  }

  private static String optionText(TcpPacket.TcpOption option) {
    return switch (option) {
      case TcpMaximumSegmentSizeOption mss -> "mss " + mss.getMaxSegSizeAsInt();
      case TcpWindowScaleOption scale -> "wscale " + scale.getShiftCountAsInt();
      case TcpTimestampsOption times ->
          "TS val " + times.getTsValueAsLong() + " ecr " + times.getTsEchoReplyAsLong();
      case TcpSackOption sack -> sackText(sack);
      default ->
          switch (option.getKind().value()) {
            case 0 -> "eol";
            case 1 -> "nop";
            case 4 -> "sackOK";
            default ->
                "option-" + (option.getKind().value() & 0xff) + "(" + option.length() + " bytes)";
          };
    };
  }

  /** Pcap4J shows the blocks of this option in its text alone. */
  private static String sackText(TcpSackOption sack) {
    StringBuilder text = new StringBuilder("sack");
    Matcher block = SACK_BLOCK.matcher(sack.toString());
    while (block.find()) {
      text.append(" {").append(block.group(1)).append(':').append(block.group(2)).append('}');
    }
    return text.toString();
  }

  private void addIcmp(IcmpV4CommonPacket packet) {
    IcmpV4CommonPacket.IcmpV4CommonHeader header = packet.getHeader();
    begin("ICMP");
    put("type", header.getType().value() & 0xff);
    put("code", header.getCode().value() & 0xff);
    put("payload", packet.length() - 8 + " bytes");
    checksum(header.getChecksum(), packet.hasValidChecksum(true));
    switch (packet.getPayload()) {
      case IcmpV4EchoPacket echo -> {
        put("identifier", echo.getHeader().getIdentifierAsInt());
        put("sequence", echo.getHeader().getSequenceNumberAsInt());
      }
      case IcmpV4EchoReplyPacket echo -> {
        put("identifier", echo.getHeader().getIdentifierAsInt());
        put("sequence", echo.getHeader().getSequenceNumberAsInt());
      }
      case IcmpV4DestinationUnreachablePacket error -> {
        if (header.getCode().value() == 4) {
          put("nextHopMtu", error.getHeader().getUnused() & 0xffff);
        }
      }
      case IcmpV4ParameterProblemPacket error ->
          put("pointer", error.getHeader().getPointerAsInt());
      case IllegalPacket illegal -> unparsed(illegal);
      default -> {}
    }
    Packet quote = packet.getPayload() == null ? null : packet.getPayload().getPayload();
    if (quote instanceof IpV4Packet ipv4 && quoted.isEmpty()) {
      quoted = "quoted ";
      addIpv4(ipv4);
    }
  }
}
