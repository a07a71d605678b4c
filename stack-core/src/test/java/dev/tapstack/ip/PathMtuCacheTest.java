package dev.tapstack.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the internet layer remembers of paths (RFC 1191 3, 6.3). */
class PathMtuCacheTest {
  private static final long SECOND = 1_000_000_000L;

  private final LoopHarness harness = new LoopHarness();
  private final IpHost host = new IpHost(harness);
  private final IpLayer ip = host.ip();

  @AfterEach
  void close() {
    host.close();
    harness.close();
  }

  private void learn(String destination, int mtu) {
    IpAddress to = IpAddress.parse(destination);
    ip.learnMtu(to.hi(), to.lo(), mtu);
  }

  private int mtu(String destination) {
    IpAddress to = IpAddress.parse(destination);
    return ip.mtu(to.hi(), to.lo());
  }

  private void pass(long nanos) {
    harness.runUntil(() -> false, nanos);
  }

  @Test
  void onePathIsLearnedAndNoOther() {
    learn(IpHost.FAR, 1400);
    assertEquals(1400, mtu(IpHost.FAR));
    assertEquals(1500, mtu(IpHost.PEER));
    learn(IpHost.FAR, 1300);
    assertEquals(1300, mtu(IpHost.FAR));
    IpAddress far = IpAddress.parse(IpHost.FAR);
    assertEquals(1500, ip.linkMtu(far.hi(), far.lo()));
  }

  @Test
  void theLinkIsNeverExceeded() {
    learn(IpHost.FAR, 9000);
    assertEquals(1500, mtu(IpHost.FAR));
  }

  @Test
  void anEntryIsForgottenAfterTenMinutes() {
    learn(IpHost.FAR, 1400);
    pass(400 * SECOND);
    learn(IpHost.PEER, 1300);
    pass(199 * SECOND);
    assertEquals(1400, mtu(IpHost.FAR));
    pass(SECOND);
    assertEquals(1500, mtu(IpHost.FAR));
    assertEquals(1300, mtu(IpHost.PEER));
    learn(IpHost.FAR, 1200);
    assertEquals(1200, mtu(IpHost.FAR));
  }

  @Test
  void theTableIsBounded() {
    int known = 0;
    for (int i = 0; i < 1000; i++) {
      learn("192.0." + i / 250 + "." + (i % 250 + 1), 1000 + i % 400);
    }
    for (int i = 0; i < 1000; i++) {
      int mtu = mtu("192.0." + i / 250 + "." + (i % 250 + 1));
      if (mtu != 1500) {
        assertEquals(1000 + i % 400, mtu);
        known++;
      }
    }
    assertEquals(1000 - ip.counters().value(IpCounter.PATH_MTUS_EVICTED), known);
    assertEquals(true, known > 200 && known <= 256, known + " known");
  }
}
