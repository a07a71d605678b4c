package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.MacAddress;
import dev.tapstack.testkit.SampleFrames;
import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.Dissector;
import dev.tapstack.wire.PcapWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our dissector and Pcap4J agree on generated frames, and the oracle notices when they do not. */
class Pcap4jOracleTest {
  private static final long TIME = 1_700_000_000_000_000_000L;

  @TempDir Path folder;

  private Path capture(List<byte[]> frames) throws IOException {
    Path file = folder.resolve("sample.pcap");
    try (PcapWriter writer =
        new PcapWriter(
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE))) {
      long time = TIME;
      for (byte[] frame : frames) {
        writer.write(time++, Unpooled.wrappedBuffer(frame), 0, frame.length);
      }
    }
    return file;
  }

  private static Dissection dissect(byte[] frame) {
    return Dissector.tree(Unpooled.wrappedBuffer(frame), 0, frame.length);
  }

  @Test
  void bothAgreeOnGeneratedFrames() {
    for (int seed = 0; seed < 500; seed++) {
      for (byte[] frame : new SampleFrames(seed).oneOfEach()) {
        Dissection ours = dissect(frame);
        Pcap4jOracle.compare("seed " + seed + ": " + ours.line(), ours, frame);
      }
    }
  }

  @Test
  void bothAgreeOnWrongChecksums() {
    for (int seed = 0; seed < 100; seed++) {
      for (byte[] frame : new SampleFrames(seed).oneOfEach()) {
        if (frame[12] == 0x08 && frame[13] == 0) {
          frame[24] ^= 1; // the IPv4 header checksum
          frame[frame.length - 1] ^= 1;
          Dissection ours = dissect(frame);
          Pcap4jOracle.compare("seed " + seed + ": " + ours.line(), ours, frame);
        }
      }
    }
  }

  @Test
  void everyFrameOfACaptureIsCounted() throws IOException {
    List<byte[]> frames = new SampleFrames(1).oneOfEach();
    Pcap4jOracle.Report report =
        Pcap4jOracle.check(capture(frames), frames.size(), MacAddress.ZERO);
    assertEquals(frames.size(), report.frames());
    assertEquals(frames.size(), report.kinds().values().stream().mapToInt(n -> n).sum());
    assertEquals(0, report.sentByUs());
  }

  @Test
  void aCaptureWithTooFewFramesFails() throws IOException {
    Path file = capture(new SampleFrames(1).oneOfEach());
    assertThrows(AssertionError.class, () -> Pcap4jOracle.check(file, 1000, MacAddress.ZERO));
  }

  @Test
  void aWrongChecksumFailsOnlyInFramesOfOurs() throws IOException {
    byte[] frame = new SampleFrames(1).oneOfEach().get(2);
    frame[frame.length - 1] ^= 1;
    Path file = capture(List.of(frame));
    Pcap4jOracle.check(file, 1, MacAddress.ZERO);
    long source = dissect(frame).layers().getFirst().field("source").orElseThrow().value();
    AssertionError wrong =
        assertThrows(
            AssertionError.class, () -> Pcap4jOracle.check(file, 1, new MacAddress(source)));
    assertTrue(wrong.getMessage().contains("wrong checksum in ICMP"), wrong.getMessage());
  }

  @Test
  void aDifferingFieldIsNamed() {
    byte[] frame = new SampleFrames(1).oneOfEach().get(2);
    Dissection ours = dissect(frame.clone());
    frame[22]++; // TTL
    AssertionError differs =
        assertThrows(AssertionError.class, () -> Pcap4jOracle.compare("x", ours, frame));
    assertTrue(differs.getMessage().contains("IPv4.ttl: ours "), differs.getMessage());
  }

  @Test
  void aFrameThatNobodyParsesFails() {
    byte[] frame = new SampleFrames(1).oneOfEach().get(2);
    frame[14] = 0x42;
    assertThrows(AssertionError.class, () -> Pcap4jOracle.compare("x", dissect(frame), frame));
  }
}
