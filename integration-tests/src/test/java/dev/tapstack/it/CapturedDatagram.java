package dev.tapstack.it;

import dev.tapstack.wire.PcapReader;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Packet.IpV4Header;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.util.IpV4Helper;

/**
 * An IPv4 datagram of a capture, its fragments put together, as Pcap4J reads it: nothing of our own
 * is asked but where a frame of the file begins.
 *
 * @param where the file, and the number of the last frame of it
 * @param fields of all headers, also of what an ICMP error quotes, by {@link Pcap4jFields}' names
 * @param content in hexadecimal digits, what follows the header of TCP, UDP or ICMP
 * @param fragments offset, flags and length of each; one if it was sent whole
 */
record CapturedDatagram(
    String where, Map<String, String> fields, String content, List<String> fragments) {
  private static final int TYPE_IPV4 = 0x0800;
  private static final int ICMP_HEADER_BYTES = 8;

  /** All datagrams of a capture, in the order in which they were complete. */
  static List<CapturedDatagram> read(Path pcap) throws IOException {
    List<CapturedDatagram> all = new ArrayList<>();
    Map<String, List<IpV4Packet>> open = new LinkedHashMap<>();
    try (PcapReader reader = new PcapReader(Files.newInputStream(pcap))) {
      while (reader.next()) {
        byte[] frame = ByteBufUtil.getBytes(reader.frame(), 0, reader.length());
        String where = pcap.getFileName() + " frame " + reader.count();
        IpV4Packet packet = packetOf(where, frame);
        if (packet == null) {
          continue;
        }
        IpV4Header header = packet.getHeader();
        require(header.hasValidChecksum(false), where, "IPv4's checksum is wrong");
        String key =
            header.getSrcAddr()
                + ">"
                + header.getDstAddr()
                + header.getProtocol()
                + header.getIdentificationAsInt();
        List<IpV4Packet> parts = open.computeIfAbsent(key, unused -> new ArrayList<>());
        parts.add(packet);
        // The programs of this machine send fragments in their order, and the gateway too.
        if (!header.getMoreFragmentFlag()) {
          open.remove(key);
          all.add(of(where, parts));
        }
      }
    }
    require(open.isEmpty(), pcap.toString(), "fragments without their last: " + open.keySet());
    return all;
  }

  private static IpV4Packet packetOf(String where, byte[] frame) {
    try {
      EthernetPacket ethernet = EthernetPacket.newPacket(frame, 0, frame.length);
      if ((ethernet.getHeader().getType().value() & 0xffff) != TYPE_IPV4) {
        return null;
      }
      return (IpV4Packet) ethernet.getPayload();
    } catch (Exception e) {
      throw new AssertionError(where + ": Pcap4J cannot parse it", e);
    }
  }

  private static void require(boolean holds, String where, String otherwise) {
    if (!holds) {
      throw new AssertionError(where + ": " + otherwise);
    }
  }

  private static CapturedDatagram of(String where, List<IpV4Packet> parts) {
    List<String> fragments = parts.stream().map(CapturedDatagram::shape).toList();
    IpV4Packet whole = parts.size() == 1 ? parts.get(0) : IpV4Helper.defragment(parts);
    Map<String, String> fields = new TreeMap<>(Pcap4jFields.of(whole));
    fields.forEach((name, value) ->
        require(!name.endsWith("checksum right") || value.equals("true"), where, name));
    require(!fields.containsKey("unparsed"), where, "unparsed");
    Packet transport = whole.getPayload();
    byte[] content = {};
    switch (transport) {
      case TcpPacket tcp -> content = bytes(tcp.getPayload());
      case UdpPacket udp -> content = bytes(udp.getPayload());
      case IcmpV4CommonPacket icmp -> {
        Packet quote = icmp.getPayload().getPayload();
        if (quote instanceof IpV4Packet quoted) {
          content = contentOfQuote(where, quoted);
        } else {
          byte[] raw = icmp.getRawData();
          content = Arrays.copyOfRange(raw, ICMP_HEADER_BYTES, raw.length);
        }
      }
      default -> throw new AssertionError(where + ": nothing that was sent: " + whole);
    }
    return new CapturedDatagram(where, fields, HexFormat.of().formatHex(content), fragments);
  }

  /**
   * What follows the header of UDP, or 8 bytes of another's; checksums of what is whole are right.
   */
  private static byte[] contentOfQuote(String where, IpV4Packet quoted) {
    IpV4Header header = quoted.getHeader();
    require(header.hasValidChecksum(false), where, "the quoted IPv4 header's checksum is wrong");
    if (quoted.getPayload() instanceof UdpPacket udp) {
      boolean isWhole = udp.length() == udp.getHeader().getLengthAsInt();
      require(
          !isWhole || udp.hasValidChecksum(header.getSrcAddr(), header.getDstAddr(), true),
          where,
          "the quoted UDP checksum is wrong");
      return bytes(udp.getPayload());
    }
    byte[] raw = bytes(quoted.getPayload());
    int from = Math.min(raw.length, ICMP_HEADER_BYTES);
    return Arrays.copyOfRange(raw, from, raw.length);
  }

  private static byte[] bytes(Packet packet) {
    return packet == null ? new byte[0] : packet.getRawData();
  }

  private static String shape(IpV4Packet packet) {
    IpV4Header header = packet.getHeader();
    return "%s%s at %d, %d bytes"
        .formatted(
            header.getDontFragmentFlag() ? "DF " : "",
            header.getMoreFragmentFlag() ? "MF" : "last",
            header.getFragmentOffset() * 8,
            header.getTotalLengthAsInt());
  }

  /** A field; empty if it is not there. */
  String field(String name) {
    return fields.getOrDefault(name, "");
  }

  /** The source of the datagram, or of what it quotes: address and port or ICMP identifier. */
  String source(String prefix) {
    return endpoint(prefix, "IPv4.source", "sourcePort");
  }

  /** The destination, in the same way. */
  String destination(String prefix) {
    return endpoint(prefix, "IPv4.destination", "destinationPort");
  }

  private String endpoint(String prefix, String address, String port) {
    String protocol = field(prefix + "IPv4.protocol");
    String number =
        switch (protocol) {
          case "1" -> field(prefix + "ICMP.identifier");
          case "6" -> field(prefix + "TCP." + port);
          case "17" -> field(prefix + "UDP." + port);
          default -> throw new AssertionError(where + ": protocol " + protocol);
        };
    return protocol + "/" + field(prefix + address) + ":" + number;
  }

  @Override
  public String toString() {
    return where + ": " + fields;
  }
}
