package dev.tapstack.apps.cli.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.MonitorDevice;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.ParkWaiter;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link ControlServer} and {@link ControlTarget} over two stacks in a loop that runs. */
class ControlServerTest {
  private static final long OWN_PID = ProcessHandle.current().pid();
  private static final long EPOCH_OFFSET = 1_700_000_000_000_000_000L;

  /** Above what Linux gives. */
  private static final long NO_PID = 999_999_999;

  @TempDir private Path directory;

  private final StackLoop loop = new StackLoop(Clock.system(), new ParkWaiter());
  private final PacketPool pool = new PacketPool();
  private final PipeDevice pipe = new PipeDevice("eth0", "far", 1500);
  private final MonitorDevice monitor = new MonitorDevice(pipe);
  private final Stack near = stack("near", monitor, "10.0.0.1/24", "02:00:00:00:00:01");
  private final Stack far = stack("far", pipe.peer(), "10.0.0.2/24", "02:00:00:00:00:02");
  private final Thread thread = new Thread(loop::run);
  private ControlPaths paths;
  private ControlServer server;

  private Stack stack(String name, dev.tapstack.device.Device device, String address, String mac) {
    StackConfig.Builder builder = StackConfig.named(name);
    builder.attach(device, MacAddress.parse(mac), List.of(IpPrefix.parse(address)));
    return new Stack(loop, pool, builder.build());
  }

  @BeforeEach
  void open() {
    paths = new ControlPaths(directory.resolve("tapstack"));
    Map<String, Answer> answers =
        Map.of(
            "rename",
            (Order) () -> List.of(Map.of("on", Thread.currentThread().getName())),
            "refuse",
            (Order)
                () -> {
                  throw new ControlException("line 4 is wrong");
                },
            "names",
            new View<>(() -> near.name(), name -> List.of(Map.of("name", name, "in", 1))),
            "broken",
            new View<>(
                () -> {
                  throw new IllegalStateException("a defect");
                },
                none -> List.of()));
    server = ControlServer.open(paths, OWN_PID, near, answers, List.of(monitor), EPOCH_OFFSET);
    thread.start();
  }

  @AfterEach
  void close() throws InterruptedException {
    server.close();
    loop.stop();
    thread.join();
    near.close();
    far.close();
    pool.close();
  }

  private void inLoop(Runnable work) {
    LoopSnapshot.take(
        near,
        () -> {
          work.run();
          return true;
        });
  }

  @Test
  void aViewIsShownRowByRow() {
    ControlTarget target = ControlTarget.find(paths, null);
    assertEquals(List.of(Map.of("name", "near", "in", 1)), target.rows("names"));
    assertEquals(target, ControlTarget.find(paths, OWN_PID));
  }

  @Test
  void anOrderIsCarriedOutByTheClientsThreadOrRefused() {
    assertEquals(List.of(Map.of("on", "control-client")), target().rows("rename"));
    assertFailure("line 4 is wrong", () -> target().rows("refuse"));
  }

  @Test
  void onlyTheOwnerCanReachIt() throws IOException {
    assertEquals("rw-------", permissions(server.path()));
    assertEquals("rwx------", permissions(paths.directory()));
    Files.setPosixFilePermissions(paths.directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
    paths.running();
    assertEquals("rwx------", permissions(paths.directory()), "mended");
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void aDirectoryThatIsAnothersPlantIsRefused() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    ControlPaths planted =
        new ControlPaths(Files.createSymbolicLink(directory.resolve("link"), elsewhere));
    String why = assertThrows(ControlException.class, planted::running).getMessage();
    assertTrue(why.contains("is not this user's own directory"), why);
    assertThrows(
        ControlException.class,
        () -> ControlServer.open(planted, OWN_PID, near, Map.of(), List.of(), 0));
  }

  @Test
  void noFileIsLeftAndNobodyIsFoundAfterTheEnd() {
    server.close();
    assertFalse(Files.exists(server.path()));
    String why =
        assertThrows(ControlException.class, () -> ControlTarget.find(paths, null)).getMessage();
    assertTrue(why.startsWith("no process to look into: start 'tapstack serve'"), why);
  }

  @Test
  void socketsOfDeadProcessesAreRemovedAndOthersAreNoChoice() throws IOException {
    Path dead = Files.createFile(paths.socketOf(NO_PID));
    Path deaf = Files.createFile(paths.socketOf(1)); // lives, but this is no socket of its own
    assertEquals(server.path(), ControlTarget.find(paths, null).socket());
    assertFalse(Files.exists(dead));
    assertTrue(Files.exists(deaf));
  }

  @Test
  void ofTwoProcessesOneHasToBeNamed() throws IOException {
    try (ControlServer other = ControlServer.open(paths, 1, near, Map.of(), List.of(), 0)) {
      assertEquals(paths.socketOf(1), other.path());
      assertEquals(
          "more than one process: name one by --pid: 1, " + OWN_PID,
          assertThrows(ControlException.class, () -> ControlTarget.find(paths, null)).getMessage());
      assertEquals(server.path(), ControlTarget.find(paths, OWN_PID).socket());
    }
  }

  @Test
  void mistakesAreTold() throws IOException {
    assertFailure("this process has no 'nat' to show", () -> target().rows("nat"));
    assertFailure("cannot be told", () -> target().rows("broken"));
    assertFailure("no such socket", () -> ControlTarget.at(directory.resolve("x")).rows("names"));
    Path file = Files.createFile(directory.resolve("file"));
    assertFailure("nobody listens", () -> ControlTarget.at(file).rows("names"));
    assertFailure("has no control socket", () -> ControlTarget.find(paths, NO_PID));
    assertEquals(1, target().rows("names").size(), "and it goes on");
  }

  private ControlTarget target() {
    return ControlTarget.find(paths, null);
  }

  private static void assertFailure(String message, Runnable call) {
    String why = assertThrows(ControlException.class, call::run).getMessage();
    assertTrue(why.contains(message), why);
  }

  @Test
  void aCommandOfAnotherVersionIsToldSoAndNonsenseIsPutOut() throws IOException {
    assertTrue(reply("{\"version\":2,\"command\":\"names\"}\n").contains("speaks version 1"));
    assertEquals("", reply("GET / HTTP/1.1\r\n\n"));
    assertEquals("", reply("x".repeat(Protocol.MAX_LINE_BYTES + 1)));
    assertEquals(1, target().rows("names").size());
  }

  private String reply(String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(server.path()))) {
      channel.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    } catch (IOException e) {
      return ""; // put out before it had read everything
    }
  }

  @Test
  void framesOfBothDirectionsAreCapturedUntilItIsStopped() throws IOException {
    long before = EPOCH_OFFSET + System.nanoTime();
    try (CapturedFrames frames = target().capture(null)) {
      assertEquals(List.of("eth0"), frames.interfaces());
      inLoop(() -> {
        UdpSocket socket = near.bindUdp(Endpoint.parse("10.0.0.1:5000"), ignored -> {});
        socket.send(Endpoint.parse("10.0.0.2:9"), Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
      });
      FrameRecord datagram = nextIp(frames);
      FrameRecord error = nextIp(frames);
      assertTrue(datagram.isTransmitted());
      assertFalse(error.isTransmitted());
      byte[] last = new byte[3];
      System.arraycopy(datagram.frame(), 14 + 28, last, 0, 3);
      assertArrayEquals(new byte[] {1, 2, 3}, last);
      assertEquals(1, error.frame()[14 + 9], "ICMP: nobody is at that port");
      assertTrue(datagram.epochNanos() >= before);
      assertTrue(error.epochNanos() >= datagram.epochNanos());
      frames.stop();
      List<FrameRecord> rest = new ArrayList<>();
      for (FrameRecord next = frames.next(); next != null; next = frames.next()) {
        rest.add(next);
      }
      assertEquals(0, frames.lost());
      assertFalse(frames.isCutOff());
    }
  }

  /** The next that is IPv4 and no group's business. */
  private static FrameRecord nextIp(CapturedFrames frames) throws IOException {
    while (true) {
      FrameRecord next = frames.next();
      if (next.frame()[12] == 8 && next.frame()[13] == 0 && (next.frame()[0] & 1) == 0) {
        return next;
      }
    }
  }

  @Test
  void capturesAreLimitedAndTheirPlacesComeFreeAgain() throws IOException {
    List<CapturedFrames> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      running.add(target().capture("eth0"));
    }
    assertFailure("4 captures or watches are running already", () -> target().capture(null));
    running.getFirst().stop();
    while (running.getFirst().next() != null) {
      // until its end
    }
    running.getFirst().close();
    CapturedFrames again = null;
    while (again == null) {
      try {
        again = target().capture(null);
      } catch (ControlException e) {
        Thread.onSpinWait(); // the server has a last line to run
      }
    }
    running.add(again);
    server.close();
    for (CapturedFrames each : running.subList(1, running.size())) {
      while (each.next() != null) {
        // frames that were on their way
      }
      assertTrue(each.isCutOff(), "the process has ended");
      each.close();
    }
  }

  @Test
  void whoDoesNotReadLosesFramesAndTheLoopGoesOn() throws IOException {
    try (CapturedFrames frames = target().capture("eth0")) {
      byte[] payload = new byte[1400];
      inLoop(() -> {
        UdpSocket socket = near.bindUdp(Endpoint.parse("10.0.0.1:5000"), ignored -> {});
        socket.send(Endpoint.parse("10.0.0.2:9"), Unpooled.wrappedBuffer(payload));
      });
      nextIp(frames); // the neighbour is known from here on
      nextIp(frames);
      inLoop(() -> {
        UdpSocket socket = near.bindUdp(Endpoint.parse("10.0.0.1:5001"), ignored -> {});
        for (int i = 0; i < 20_000; i++) {
          socket.send(Endpoint.parse("10.0.0.2:9"), Unpooled.wrappedBuffer(payload));
        }
      });
      frames.stop();
      int seen = 0;
      while (frames.next() != null) {
        seen++;
      }
      assertTrue(frames.lost() > 10_000, "28 MB do not fit into 4: " + frames.lost());
      assertTrue(seen > 1000, "what fitted was seen: " + seen);
      assertTrue(seen + frames.lost() >= 20_000, seen + " and " + frames.lost());
    }
  }
}
