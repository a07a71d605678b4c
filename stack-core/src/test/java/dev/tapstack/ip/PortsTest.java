package dev.tapstack.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.loop.Rng;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may have which port, against a list searched in full; ephemeral ports as RFC 6056 3.3.3. */
class PortsTest {
  private static final int TCP = 6;
  private static final int UDP = 17;

  private final Ports ports = new Ports(Rng.seeded(3, "ports"));

  private boolean reserve(int protocol, String address, int port, Object owner) {
    IpAddress a = IpAddress.parse(address);
    return ports.reserve(protocol, a.hi(), a.lo(), port, owner);
  }

  private void release(int protocol, String address, int port, Object owner) {
    IpAddress a = IpAddress.parse(address);
    ports.release(protocol, a.hi(), a.lo(), port, owner);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1, false",
    "10.0.0.1, 10.0.0.2, true",
    "0.0.0.0, 10.0.0.1, false",
    "10.0.0.1, 0.0.0.0, false",
    "0.0.0.0, 0.0.0.0, false",
    "::, 10.0.0.1, false",
    "::, 0.0.0.0, false",
    "2001:db8::1, ::, false",
    "0.0.0.0, 2001:db8::1, true",
  })
  void theUnspecifiedAddressConflictsWithAll(String first, String second, boolean isFree) {
    assertTrue(reserve(TCP, first, 80, "a"));
    assertEquals(isFree, reserve(TCP, second, 80, "b"));
    assertTrue(reserve(UDP, second, 80, "b"));
    assertTrue(reserve(TCP, second, 81, "b"));
  }

  @Test
  void anOwnersReservationsAreCounted() {
    assertTrue(reserve(TCP, "10.0.0.1", 80, "a"));
    assertTrue(reserve(TCP, "10.0.0.1", 80, "a"));
    release(TCP, "10.0.0.1", 80, "a");
    assertFalse(reserve(TCP, "10.0.0.1", 80, "b"));
    release(TCP, "10.0.0.1", 80, "a");
    assertTrue(reserve(TCP, "10.0.0.1", 80, "b"));
    assertEquals(1, ports.size());
  }

  @Test
  void onlyTheOwnerReleases() {
    assertTrue(reserve(TCP, "10.0.0.1", 80, "a"));
    assertThrows(IllegalStateException.class, () -> release(TCP, "10.0.0.1", 80, "b"));
  }

  private int ephemeral(String remote, int remotePort, Object owner) {
    IpAddress local = IpAddress.parse("10.0.0.1");
    IpAddress to = IpAddress.parse(remote);
    return ports.ephemeral(
        TCP, local.hi(), local.lo(), to.hi(), to.lo(), remotePort, port -> true, owner);
  }

  @Test
  void everyEphemeralPortIsFoundOnceAndThenNone() {
    Set<Integer> found = new HashSet<>();
    for (int i = Ports.EPHEMERAL_MIN; i <= Ports.EPHEMERAL_MAX; i++) {
      found.add(ephemeral("10.0.0.2", 80, new Object()));
    }
    assertEquals(60_999 - 32_768 + 1, found.size());
    assertTrue(found.stream().allMatch(p -> p >= 32_768 && p <= 60_999));
    assertEquals(-1, ephemeral("10.0.0.2", 80, new Object()));
    assertEquals(-1, ephemeral("10.0.0.3", 443, new Object()));
  }

  @Test
  void aPortThatTheCallerCannotUseIsPassedOver() {
    IpAddress local = IpAddress.parse("10.0.0.1");
    int port =
        ports.ephemeral(TCP, local.hi(), local.lo(), 0, 1, 80, p -> p == 40_000, new Object());
    assertEquals(40_000, port);
    assertEquals(1, ports.size());
  }

  @Test
  void portsTowardsOnePeerFollowEachOtherAndAreFarFromAnothers() {
    // RFC 6056 3.3.3: the same offset for the same peer, another one for another.
    int first = ephemeral("10.0.0.2", 80, "a");
    assertEquals(first + 1, ephemeral("10.0.0.2", 80, "b"));
    Set<Integer> firsts = new HashSet<>();
    for (int remotePort = 0; remotePort < 100; remotePort++) {
      Ports fresh = new Ports(Rng.seeded(3, "ports")); // its counter stands where ours stood
      IpAddress local = IpAddress.parse("10.0.0.1");
      IpAddress to = IpAddress.parse("10.0.0.2");
      firsts.add(
          fresh.ephemeral(
              TCP, local.hi(), local.lo(), to.hi(), to.lo(), remotePort, p -> true, "a"));
    }
    assertTrue(firsts.size() > 90, "100 peers begin at " + firsts.size() + " ports");
  }

  private record Held(int protocol, IpAddress address, int port, Object owner) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void agreesWithASearchOfAll(long seed) {
    Random random = new Random(seed);
    String[] addresses = {"0.0.0.0", "10.0.0.1", "10.0.0.2", "::", "2001:db8::1"};
    Object[] owners = {new Object(), new Object(), new Object()};
    List<Held> naive = new ArrayList<>();
    for (int step = 0; step < 5000; step++) {
      if (random.nextInt(5) < 2 && !naive.isEmpty()) {
        Held gone = naive.remove(random.nextInt(naive.size()));
        release(gone.protocol, gone.address.toString(), gone.port, gone.owner);
      } else {
        Held wanted =
            new Held(
                random.nextBoolean() ? TCP : UDP,
                IpAddress.parse(addresses[random.nextInt(addresses.length)]),
                random.nextInt(40),
                owners[random.nextInt(owners.length)]);
        boolean isFree = naive.stream().noneMatch(held -> conflict(held, wanted));
        assertEquals(
            isFree,
            reserve(wanted.protocol, wanted.address.toString(), wanted.port, wanted.owner),
            "seed " + seed + " step " + step);
        if (isFree) {
          naive.add(wanted);
        }
      }
    }
    naive.forEach(h -> release(h.protocol, h.address.toString(), h.port, h.owner));
    assertEquals(0, ports.size());
  }

  private static boolean conflict(Held a, Held b) {
    boolean isSameOwner = a.owner.equals(b.owner);
    boolean isSamePort = a.protocol == b.protocol && a.port == b.port;
    String x = a.address.toString();
    String y = b.address.toString();
    boolean meet =
        x.equals(y)
            || x.equals("::")
            || y.equals("::")
            || x.equals("0.0.0.0") && b.address.isV4()
            || y.equals("0.0.0.0") && a.address.isV4();
    return !isSameOwner && isSamePort && meet;
  }
}
