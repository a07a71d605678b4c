package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tapstack.addr.MacAddress;
import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.Dissection.ChecksumState;
import dev.tapstack.wire.Dissection.Field;
import dev.tapstack.wire.Dissection.Layer;
import dev.tapstack.wire.PcapReader;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares what our {@code Dissector} says of every frame of a capture with what Pcap4J says of the
 * same bytes: an independent reader of the same RFCs.
 */
public final class Pcap4jOracle {
  /** Fields that hold an address and are compared in Java's own spelling of it. */
  private static final Set<String> IP_ADDRESSES =
      Set.of(
          "IPv4.source",
          "IPv4.destination",
          "IPv6.source",
          "IPv6.destination",
          "ARP.senderIp",
          "ARP.targetIp");

  /** How many frames of each outermost-to-innermost kind, and how many in all, were compared. */
  public record Report(int frames, int sentByUs, Map<String, Integer> kinds) {}

  private Pcap4jOracle() {}

  /**
   * Asserts that the capture is whole and has at least {@code minimumFrames}, that both parsers
   * understand every frame and agree on every field, and that every checksum in frames from {@code
   * ourMac} is right.
   */
  public static Report check(Path pcap, int minimumFrames, MacAddress ourMac) throws IOException {
    int sentByUs = 0;
    Map<String, Integer> kinds = new TreeMap<>();
    try (PcapReader reader = new PcapReader(Files.newInputStream(pcap))) {
      while (reader.next()) {
        Dissection ours = reader.dissect();
        String where = pcap.getFileName() + " frame " + reader.count() + ": " + ours.line();
        assertTrue(reader.length() == reader.originalLength(), where + " is cut by the capture");
        compare(where, ours, ByteBufUtil.getBytes(reader.frame(), 0, reader.length()));
        Layer ethernet = ours.layers().getFirst();
        if (ethernet.field("source").orElseThrow().value() == ourMac.bits()) {
          assertChecksums(where, ours);
          sentByUs++;
        }
        kinds.merge(kindOf(ours), 1, Integer::sum);
      }
      reader.truncation().ifPresent(reason -> fail(pcap + ": " + reason));
      assertTrue(
          reader.count() >= minimumFrames,
          pcap + " has " + reader.count() + " frames, expected at least " + minimumFrames);
      return new Report((int) reader.count(), sentByUs, kinds);
    }
  }

  /** Asserts that both parsers understand one frame and agree on every field. */
  public static void compare(String where, Dissection ours, byte[] frame) {
    Map<String, String> theirs;
    try {
      theirs = Pcap4jFields.of(frame);
    } catch (Exception e) {
      throw new AssertionError(where + "\nPcap4J cannot parse it: " + e, e);
    }
    if (theirs.containsKey("unparsed")) {
      fail(where + "\nPcap4J left unparsed: " + theirs.get("unparsed"));
    }
    Map<String, String> own = fieldsOf(where, ours, theirs);
    StringBuilder differences = new StringBuilder();
    Set<String> names = new TreeSet<>(own.keySet());
    names.addAll(theirs.keySet());
    for (String name : names) {
      String one = own.getOrDefault(name, "absent");
      String other = theirs.getOrDefault(name, "absent");
      if (!one.equals(other)) {
        differences.append("\n%s: ours %s, Pcap4J's %s".formatted(name, one, other));
      }
    }
    if (!differences.isEmpty()) {
      fail(where + differences + "\n" + ByteBufUtil.hexDump(frame));
    }
  }

  private static Map<String, String> fieldsOf(
      String where, Dissection ours, Map<String, String> theirs) {
    Map<String, String> fields = new TreeMap<>();
    for (Layer layer : ours.layers()) {
      boolean badChecksumOnly = layer.notes().stream().allMatch(Dissection.BAD_CHECKSUM::equals);
      assertTrue(badChecksumOnly, () -> where + "\nour dissector notes " + layer.notes());
      String prefix = (layer.quoted() ? "quoted " : "") + layer.protocol() + ".";
      boolean known = theirs.keySet().stream().anyMatch(name -> name.startsWith(prefix));
      if (layer.protocol().equals("HTTP") || !known && isLeftOutByPcap4j(layer, theirs)) {
        continue;
      }
      addFields(fields, layer, prefix, theirs);
    }
    return fields;
  }

  /** Pcap4J does not enter a transport of which only a part is there: fragments, short quotes. */
  private static boolean isLeftOutByPcap4j(Layer layer, Map<String, String> theirs) {
    return layer.quoted() || theirs.containsKey("IPv4.fragment");
  }

  private static void addFields(
      Map<String, String> fields, Layer layer, String prefix, Map<String, String> theirs) {
    int options = 0;
    for (Field field : layer.fields()) {
      boolean ipv4 = layer.protocol().equals("IPv4");
      String name = field.name();
      String value = Long.toString(field.value());
      if (ipv4 && layer.quoted() && name.equals("payload")) {
        continue;
      }
      if (name.equals("option")) {
        name = "option " + options++;
        value = ipv4 ? field.value() + ":" + field.length() : field.text();
      } else if (name.equals("padding")) {
        value = field.text();
      } else if (name.equals("payload")) {
        value = field.text();
        if (ipv4) {
          name = theirs.containsKey(prefix + "fragment") ? "fragment" : name;
        }
      } else if (IP_ADDRESSES.contains(layer.protocol() + "." + name)) {
        value = javaAddress(field.text());
      }
      fields.put(prefix + name, value);
    }
    if (theirs.containsKey(prefix + "fragment")) {
      // A first fragment's payload is entered by us and is one piece to Pcap4J.
      String total = fields.get(prefix + "totalLength");
      String header = fields.get(prefix + "headerLength");
      fields.put(
          prefix + "fragment", Integer.parseInt(total) - Integer.parseInt(header) + " bytes");
    }
    if (layer.checksum() == ChecksumState.RIGHT || layer.checksum() == ChecksumState.WRONG) {
      fields.put(
          prefix + "checksum right", String.valueOf(layer.checksum() == ChecksumState.RIGHT));
    }
  }

  private static String javaAddress(String text) {
    try {
      return InetAddress.getByName(text).getHostAddress(); // a literal: nobody is asked
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertChecksums(String where, Dissection ours) {
    for (Layer layer : ours.layers()) {
      assertTrue(
          layer.checksum() != ChecksumState.WRONG,
          () -> where + "\nwe sent a wrong checksum in " + layer.protocol());
    }
  }

  private static String kindOf(Dissection ours) {
    return ours.layers().stream()
        .filter(layer -> !layer.quoted())
        .map(Layer::protocol)
        .reduce((outer, inner) -> inner)
        .orElseThrow();
  }
}
