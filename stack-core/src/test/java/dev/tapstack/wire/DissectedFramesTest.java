package dev.tapstack.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.wire.Dissection.Field;
import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Dissector}: every field of known frames, where it lies and how it is shown. */
class DissectedFramesTest {
  private static final int ETHERNET_LENGTH = 14;
  private static final int IPV4_LENGTH = 20;
  private static final int TCP_LENGTH = 20;

  /** The title, the frame and what is shown of it. */
  private record Example(String title, byte[] frame, String shown) {
    @Override
    public String toString() {
      return title;
    }
  }

  static List<Example> examples() throws IOException {
    String file = "dissected-frames.txt";
    try (InputStream in = DissectedFramesTest.class.getResourceAsStream(file)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      List<Example> examples = new ArrayList<>();
      List<String> blocks = List.of(text.strip().split("\n\n"));
      for (String block : blocks.subList(1, blocks.size())) { // the first explains the others
        String[] parts = block.split("\n", 3);
        examples.add(
            new Example(parts[0].substring(2), ByteBufUtil.decodeHexDump(parts[1]), parts[2]));
      }
      return examples;
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void isShownFieldByField(Example example) {
    byte[] frame = example.frame();
    // Bytes around the frame, and its place in the buffer, make no difference.
    ByteBuf buf = Unpooled.buffer().writeByte(0x45).writeBytes(frame).writeByte(0x45);
    Dissection tree = Dissector.tree(buf, 1, frame.length);
    StringBuilder shown = new StringBuilder(tree.line());
    for (Layer layer : tree.layers()) {
      shown.append(layer.quoted() ? "\nquoted " : "\n").append(layer.protocol()).append(' ');
      shown.append(layer.offset()).append('+').append(layer.length());
      shown.append(" checksum ").append(layer.checksum());
      shown.append(layer.notes().isEmpty() ? "" : " " + layer.notes());
      for (Field field : layer.fields()) {
        shown.append("\n  ").append(field.offset()).append('+').append(field.length());
        shown.append(' ').append(field.name()).append(' ').append(field.text());
      }
    }
    assertEquals(example.shown(), shown.toString());
  }

  @Test
  void theTreeNamesLayersFieldsAndFaults() throws IOException {
    Example faulty = examples().get(7);
    assertEquals("UDP length below its header", faulty.title());
    String tree = Dissector.tree(Unpooled.wrappedBuffer(faulty.frame()), 0, 43).toString();
    assertTrue(tree.startsWith("Ethernet, 14 bytes at 0\n    destination: 02:00:00:00:00:02\n"));
    assertTrue(
        tree.endsWith(
            "UDP, 8 bytes at 34 [bad length]\n    sourcePort: 40000\n    destinationPort: 53\n"
                + "    length: 7\n    checksum: 0x0\n"),
        tree);
    Example quoting = examples().get(23);
    String quoted = Dissector.tree(Unpooled.wrappedBuffer(quoting.frame()), 0, 70).toString();
    assertTrue(quoted.contains("\n  quoted TCP, 8 bytes at 62\n    sourcePort: 40000\n"), quoted);
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.0 200 OK, HTTP/1.0 200 OK",
    "'HEAD / HTTP/1.1\r\nHost: x\r\n', HEAD / HTTP/1.1",
    "'POST /a\nb', POST /a",
    "'PUT ', 'PUT '",
    "DELETE /~x, DELETE /~x",
    "OPTIONS * HTTP/1.1, OPTIONS * HTTP/1.1",
    "'GET /\u007f\u0080\t', GET /...",
    "GET, ''",
    "get / HTTP/1.1, ''",
    "HTTP/2, ''",
    "SSH-2.0-x, ''",
  })
  void startLineOfHttp(String text, String shown) {
    byte[] content = text.getBytes(StandardCharsets.ISO_8859_1);
    Dissection tree = segment(content);
    assertEquals(
        shown,
        tree.layer("HTTP").flatMap(http -> http.field("startLine")).map(Field::text).orElse(""));
    assertEquals(!shown.isEmpty(), tree.line().endsWith(": HTTP: " + shown), tree.line());
    assertFalse(shown.isEmpty() && tree.line().contains("HTTP:"), tree.line());
  }

  @Test
  void aLongStartLineIsCutAt200Characters() {
    String longest = "GET /" + "a".repeat(195);
    assertTrue(segment(ascii(longest + "\r\n")).line().endsWith("HTTP: " + longest));
    Dissection cut = segment(ascii(longest + "b\r\n"));
    assertTrue(cut.line().endsWith("HTTP: " + longest + "..."), cut.line());
    assertEquals(201, cut.layer("HTTP").orElseThrow().length(), "the line is known in full");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** A segment with that text. */
  private static Dissection segment(byte[] text) {
    int length = ETHERNET_LENGTH + IPV4_LENGTH + TCP_LENGTH + text.length;
    ByteBuf frame = Unpooled.buffer(length).setZero(0, length);
    Ethernet.write(frame, 0, 0x0200_0000_0002L, 0x0200_0000_0001L, Ethernet.TYPE_IPV4);
    int bytes = length - ETHERNET_LENGTH;
    Ipv4.write(frame, ETHERNET_LENGTH, bytes, 1, 0, 64, Ipv4.PROTOCOL_TCP, 0x0a000001, 0x0a000002);
    int tcp = ETHERNET_LENGTH + IPV4_LENGTH;
    TcpHeader.write(frame, tcp, 40_000, 80, 1, 1, TCP_LENGTH, TcpHeader.ACK, 1000);
    frame.setBytes(tcp + TCP_LENGTH, text);
    return Dissector.tree(frame, 0, length);
  }
}
