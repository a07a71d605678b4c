package dev.tapstack.conntrack;

import static dev.tapstack.conntrack.TrackingRouter.CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.OTHER_CLIENT;
import static dev.tapstack.conntrack.TrackingRouter.SERVER;
import static dev.tapstack.conntrack.TrackingRouter.segment;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.V4;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who watches is told of each flow's beginning, states and end, once and in order. */
class FlowWatcherTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();
  private final List<String> told = new ArrayList<>();
  private final FlowWatcher watcher =
      (event, flow) -> told.add(event + " " + flow.original().source() + " " + flow.state());

  private void udp(TrackingRouter router, String from, int fromPort, String to, int toPort) {
    router.receive(V4.of(from, to).udp(fromPort, toPort, new byte[12]));
  }

  @Test
  void aUdpFlowBeginsIsAnsweredAndExpires() {
    TrackingRouter router = new TrackingRouter(harness);
    router.conntrack.watch(watcher);
    udp(router, CLIENT, 5000, SERVER, 53);
    udp(router, CLIENT, 5000, SERVER, 53);
    udp(router, SERVER, 53, CLIENT, 5000);
    udp(router, SERVER, 53, CLIENT, 5000);
    router.runFor(6, TimeUnit.MINUTES);
    String flow = CLIENT + ":5000 ";
    assertEquals(
        List.of(
            "NEW " + flow + "NEW",
            "CHANGED " + flow + "ESTABLISHED",
            "ENDED " + flow + "ESTABLISHED"),
        told);
  }

  @Test
  void eachStateOfAConnectionIsToldOnce() {
    TrackingRouter router = new TrackingRouter(harness);
    router.conntrack.watch(watcher);
    router.receive(segment(CLIENT, 9, SERVER, 80, "S", 100, 0, 9000, 0));
    router.receive(segment(SERVER, 80, CLIENT, 9, "S.", 500, 101, 9000, 0));
    router.receive(segment(CLIENT, 9, SERVER, 80, ".", 101, 501, 9000, 0));
    router.receive(segment(CLIENT, 9, SERVER, 80, "P.", 101, 501, 9000, 10));
    router.receive(segment(CLIENT, 9, SERVER, 80, "P.", 99_101, 501, 9000, 10)); // out of window
    router.receive(segment(CLIENT, 9, SERVER, 80, "F.", 111, 501, 9000, 0));
    router.receive(segment(SERVER, 80, CLIENT, 9, "R.", 501, 112, 9000, 0));
    String flow = CLIENT + ":9 ";
    assertEquals(
        List.of(
            "NEW " + flow + "SYN_SENT",
            "CHANGED " + flow + "SYN_RECEIVED",
            "CHANGED " + flow + "ESTABLISHED",
            "CHANGED " + flow + "HALF_CLOSED",
            "CHANGED " + flow + "RESET"),
        told);
  }

  @Test
  void evictedFlowsEndAndWhoDoesNotWatchIsToldNothing() {
    TrackingRouter router = new TrackingRouter(harness, ConntrackConfig.DEFAULTS.withLimits(1, 1));
    router.conntrack.watch(watcher);
    udp(router, CLIENT, 5000, SERVER, 53);
    udp(router, OTHER_CLIENT, 5000, SERVER, 53);
    router.conntrack.unwatch(watcher);
    udp(router, CLIENT, 5001, SERVER, 53);
    assertEquals(
        List.of(
            "NEW " + CLIENT + ":5000 NEW",
            "ENDED " + CLIENT + ":5000 NEW",
            "NEW " + OTHER_CLIENT + ":5000 NEW"),
        told);
  }
}
