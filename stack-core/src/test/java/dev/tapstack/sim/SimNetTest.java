package dev.tapstack.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.device.FaultProfile;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network of stacks repeats exactly, can be captured, and its cables can be pulled. */
class SimNetTest {
  private static final FaultProfile BAD =
      FaultProfile.NONE
          .withLoss(0.05)
          .withDuplication(0.05)
          .withReordering(0.05, 20_000_000)
          .withDelay(10_000_000, 5_000_000);

  private static Habits sends(long bytes) {
    return new Habits(bytes, 5000, false, Integer.MAX_VALUE, 1, false);
  }

  /** A connection from {@code a} to {@code b}, both of which send; the client's end. */
  private static SimPeer transfer(SimHost a, SimHost b, long bytes) {
    SplittableRandom random = new SplittableRandom(1);
    StreamBytes up = new StreamBytes(0);
    StreamBytes down = new StreamBytes(1_000_000);
    SimPeer server = new SimPeer(sends(bytes), random.split(), down, up);
    SimPeer client = new SimPeer(sends(bytes), random.split(), up, down);
    b.stack().listen(b.endpoint(80), TcpOptions.DEFAULTS, connection -> server);
    TcpConnection unused = a.stack().connect(null, b.endpoint(80), TcpOptions.DEFAULTS, client);
    assertEquals(b.endpoint(80), unused.remote());
    return client;
  }

  private static String fingerprint(long seed) {
    MessageDigest digest = sha256();
    try (SimNet net = SimNet.seeded(seed)) {
      net.observe((from, frame, now) -> update(digest, from, frame, now));
      SimHost a = net.host("a", "10.0.0.1/24");
      SimHost b = net.host("b", "10.0.0.2/24");
      net.link(a, b, BAD);
      SimPeer client = transfer(a, b, 200_000);
      assertTrue(net.runUntil(client::isOver, Duration.ofMinutes(10)));
      net.runUntilIdle(Duration.ofMinutes(10));
    }
    return ByteBufUtil.hexDump(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void update(MessageDigest digest, SimHost from, Packet frame, long now) {
    byte[] bytes = new byte[frame.length()];
    frame.copyTo(Unpooled.wrappedBuffer(bytes), 0);
    digest.update((from + " " + now + " " + bytes.length).getBytes(StandardCharsets.US_ASCII));
    digest.update(bytes);
  }

  @Test
  void theSameSeedGivesTheSameFrames() {
    String first = fingerprint(7);
    assertEquals(first, fingerprint(7));
    assertNotEquals(first, fingerprint(8));
  }

  @Test
  void capturesWhatEachHostSendsAndReceives(@TempDir Path directory) throws IOException {
    for (String run : new String[] {"1", "2"}) {
      try (SimNet net = SimNet.seeded(3).captureTo(directory.resolve(run))) {
        SimHost a = net.host("a", "10.0.0.1/24");
        SimHost b = net.host("b", "10.0.0.2/24");
        net.link(a, b);
        SimPeer client = transfer(a, b, 10_000);
        assertTrue(net.runUntil(client::isOver, Duration.ofSeconds(10)));
      }
    }
    byte[] captured = Files.readAllBytes(directory.resolve("1/a.pcap"));
    assertTrue(captured.length > 20_000, captured.length + " bytes");
    assertArrayEquals(captured, Files.readAllBytes(directory.resolve("2/a.pcap")));
    assertTrue(Files.size(directory.resolve("1/b.pcap")) > 20_000);
  }

  @Test
  void aTransferSurvivesAPulledCable() {
    try (SimNet net = SimNet.seeded(4)) {
      SimHost a = net.host("a", "10.0.0.1/24");
      SimHost b = net.host("b", "10.0.0.2/24");
      FaultProfile slow = FaultProfile.NONE.withRate(10_000_000, 100_000);
      net.link(a, b, slow);
      SimPeer client = transfer(a, b, 1_000_000);
      net.runFor(Duration.ofMillis(300));
      b.plug(0, false);
      assertFalse(net.runUntil(client::isOver, Duration.ofSeconds(10)));
      b.plug(0, true);
      assertTrue(net.runUntil(client::isOver, Duration.ofSeconds(60)));
    }
  }

  @Test
  void timeIsVirtual() {
    try (SimNet net = SimNet.seeded(5)) {
      net.host("a", "10.0.0.1/24");
      net.runFor(Duration.ofDays(30));
      assertEquals(Duration.ofDays(30), net.elapsed());
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (SimNet net = SimNet.seeded(6)) {
      SimHost a = net.host("a", "10.0.0.1/24");
      SimHost b = net.host("b", "10.0.0.2/24");
      assertThrows(IllegalArgumentException.class, () -> net.host("a", "10.0.0.3/24"));
      SimLink link = net.link(a, b);
      assertThrows(IllegalStateException.class, () -> net.link(a, b));
      SimHost c = net.host("c", "10.0.0.3/24");
      assertThrows(IllegalArgumentException.class, () -> link.faultsFrom(c, FaultProfile.NONE));
    }
  }
}
