package dev.tapstack.apps.cli.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.ParkWaiter;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A {@link Feed} from a loop that runs to clients that read, or do not. */
class FeedTest {
  @TempDir private Path directory;

  private final StackLoop loop = new StackLoop(Clock.system(), new ParkWaiter());
  private final PacketPool pool = new PacketPool();
  private final Thread thread = new Thread(loop::run);

  /** The loop's. */
  private final List<Consumer<Integer>> listeners = new ArrayList<>();

  private Stack stack;
  private ControlServer server;

  @BeforeEach
  void open() {
    StackConfig.Builder builder = StackConfig.named("near");
    builder.attach(
        new PipeDevice("eth0", "far", 1500),
        MacAddress.parse("02:00:00:00:00:01"),
        List.of(IpPrefix.parse("10.0.0.1/24")));
    stack = new Stack(loop, pool, builder.build());
    Feed<Integer> numbers =
        new Feed<>(
            listener -> {
              listeners.add(listener);
              return () -> listeners.remove(listener);
            },
            number -> Map.of("number", number));
    ControlPaths paths = new ControlPaths(directory.resolve("tapstack"));
    long pid = ProcessHandle.current().pid();
    server = ControlServer.open(paths, pid, stack, Map.of("numbers", numbers), List.of(), 0);
    thread.start();
  }

  @AfterEach
  void close() throws InterruptedException {
    server.close();
    loop.stop();
    thread.join();
    stack.close();
    pool.close();
  }

  private WatchedEvents watch() {
    return ControlTarget.at(server.path()).watch("numbers");
  }

  /** The loop tells these numbers, in one turn. */
  private void tell(int first, int last) {
    LoopSnapshot.take(
        stack,
        () -> {
          for (int i = first; i <= last; i++) {
            int number = i;
            listeners.forEach(each -> each.accept(number));
          }
          return true;
        });
  }

  private int listening() {
    return LoopSnapshot.take(stack, listeners::size);
  }

  @Test
  void everyEventIsToldToAllUntilTheyStop() throws IOException {
    try (WatchedEvents one = watch();
        WatchedEvents other = watch()) {
      tell(1, 2);
      for (WatchedEvents each : List.of(one, other)) {
        assertEquals(1, each.next().get("number"));
        Map<String, Object> second = each.next();
        assertEquals(2, second.get("number"));
        assertTrue(String.valueOf(second.get("time")).endsWith("Z"));
        each.stop();
        assertNull(each.next());
        assertFalse(each.isCutOff());
        assertEquals(0, each.lost());
      }
    }
    assertEquals(0, listening(), "nobody listens for a client that has gone");
  }

  @Test
  void whoDoesNotReadLosesEventsAndIsToldHowManyAndWhere() throws IOException {
    int all = 100_000;
    try (WatchedEvents events = watch()) {
      tell(1, all);
      events.stop();
      long seen = 0;
      for (Map<String, Object> next = events.next(); next != null; next = events.next()) {
        seen++;
        assertEquals(seen + events.lost(), ((Number) next.get("number")).longValue());
      }
      assertTrue(events.lost() > 0, "they do not fit");
      assertTrue(seen >= 8192, "what fitted was seen: " + seen);
      assertEquals(all, seen + events.lost());
    }
  }

  @Test
  void theEndOfTheProcessIsTold() throws IOException {
    try (WatchedEvents events = watch()) {
      server.close();
      assertNull(events.next());
      assertTrue(events.isCutOff());
    }
  }

  @Test
  void aFeedIsNoViewAndClientsAreLimited() throws IOException {
    List<WatchedEvents> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      running.add(watch());
    }
    String why = assertThrows(ControlException.class, this::watch).getMessage();
    assertTrue(why.contains("4 captures or watches are running already"), why);
    for (WatchedEvents each : running) {
      each.close();
    }
  }
}
