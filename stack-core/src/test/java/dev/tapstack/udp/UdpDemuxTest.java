package dev.tapstack.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of sockets against the JDK's, over random additions and removals. */
class UdpDemuxTest {
  @RegisterExtension final LoopHarness harness = new LoopHarness();

  private static Endpoint endpoint(Random random) {
    return new Endpoint(IpAddress.parse("10.0.0." + random.nextInt(3)), 1 + random.nextInt(20));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithAMap(long seed) {
    Random random = new Random(seed);
    UdpLayer layer = new IpHost(harness).udp();
    UdpDemux demux = new UdpDemux();
    Map<Endpoint, BoundSocket> naive = new HashMap<>();
    for (int step = 0; step < 5000; step++) {
      Endpoint at = endpoint(random);
      BoundSocket present = naive.remove(at);
      if (present != null) {
        demux.remove(present);
      } else {
        BoundSocket socket = new BoundSocket(layer, at, "owner", s -> {}, 0);
        demux.add(socket);
        naive.put(at, socket);
      }
      Endpoint probe = endpoint(random);
      IpAddress address = probe.address();
      assertSame(
          naive.get(probe),
          demux.find(address.hi(), address.lo(), probe.port()),
          "seed " + seed + " step " + step + ": " + probe);
      assertEquals(naive.size(), demux.size());
    }
    naive.values().forEach(demux::remove);
    assertNull(demux.any());
  }
}
