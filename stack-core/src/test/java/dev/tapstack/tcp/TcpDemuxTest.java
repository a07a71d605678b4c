package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.SipHash;
import dev.tapstack.socket.TcpOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@link TcpDemux} against a tree of keys. */
class TcpDemuxTest {
  private static final long ME = Ipv4Address.parse("10.0.0.1").lo();
  private static final long PEER = Ipv4Address.parse("10.0.0.2").lo();

  @Test
  void agreesWithATree() {
    try (TcpHost host = new TcpHost(0, 0)) {
      for (long seed = 0; seed < 30; seed++) {
        run(host, seed);
      }
    }
  }

  private static void run(TcpHost host, long seed) {
    Random random = new Random(seed);
    TcpDemux demux = new TcpDemux(new SipHash(seed, 1));
    Map<Integer, Tcb> model = new TreeMap<>();
    List<Tcb> strangers = new ArrayList<>();
    int target = 0;
    for (int step = 0; step < 3000; step++) {
      if (step % 500 == 0) {
        target = random.nextInt(400); // grows and shrinks
      }
      int port = random.nextInt(1000);
      Tcb known = model.get(port);
      if (known == null && model.size() < target) {
        Tcb tcb = tcb(host, port);
        demux.add(tcb);
        model.put(port, tcb);
      } else if (known != null && model.size() > target) {
        demux.remove(known);
        model.remove(port);
        strangers.add(known);
      } else if (!strangers.isEmpty()) {
        demux.remove(strangers.get(random.nextInt(strangers.size()))); // not there: nothing
      }
      assertEquals(model.size(), demux.count());
      assertSame(model.get(port), demux.find(0, ME, 80, 0, PEER, port), "seed " + seed);
    }
    for (int port = 0; port < 1000; port++) {
      assertSame(model.get(port), demux.find(0, ME, 80, 0, PEER, port), "seed " + seed);
    }
    Map<Tcb, Boolean> all = new IdentityHashMap<>();
    Arrays.stream(demux.connections()).forEach(tcb -> all.put(tcb, true));
    assertEquals(model.size(), all.size());
    model.values().forEach(tcb -> assertEquals(true, all.get(tcb)));
  }

  private static Tcb tcb(TcpHost host, int port) {
    FlowKey key = new FlowKey().set(TcpLayer.PROTOCOL, 0, ME, 80, 0, PEER, port);
    return new Tcb(host.tcp, key, host.host.ip().family(0, PEER), TcpOptions.DEFAULTS);
  }

  @Test
  void theListenerOnTheAddressComesBeforeTheOneOnAny() {
    try (TcpHost host = new TcpHost(0, 0)) {
      TcpDemux demux = new TcpDemux(new SipHash(1, 2));
      Listener any = listener(host, Ipv4Address.ANY, 80);
      Listener mine = listener(host, Ipv4Address.parse("10.0.0.1"), 80);
      assertNull(demux.findListener(0, ME, 80));
      demux.add(any);
      assertSame(any, demux.findListener(0, ME, 80));
      demux.add(mine);
      assertSame(mine, demux.findListener(0, ME, 80));
      assertSame(any, demux.findListener(0, PEER, 80));
      assertNull(demux.findListener(0, ME, 81));
      demux.remove(mine);
      assertSame(any, demux.findListener(0, ME, 80));
      demux.remove(any);
      assertNull(demux.findListener(0, ME, 80));
    }
  }

  private static Listener listener(TcpHost host, Ipv4Address address, int port) {
    return new Listener(
        host.tcp, new Endpoint(address, port), host, TcpOptions.DEFAULTS, connection -> null);
  }
}
