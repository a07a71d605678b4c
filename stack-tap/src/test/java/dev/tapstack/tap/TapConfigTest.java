package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpPrefix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be opened is refused with a message that says what to do. */
class TapConfigTest {
  private static TapConfig named(String name) {
    return new TapConfig(name, NetworkNamespace.CURRENT, 0, null);
  }

  @Test
  void aNameHasFifteenBytesAtMost() {
    assertEquals("abcdefghijklmno", named("abcdefghijklmno").name());
    assertEquals(
        "TAP name 'abcdefghijklmnop' has 16 bytes: choose one of 1 to 15",
        assertThrows(TapException.class, () -> named("abcdefghijklmnop")).getMessage());
    assertThrows(TapException.class, () -> named(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "a b", "a\n", "a:b", "tap%d", ".", ".."})
  void namesThatTheKernelRefusesOrChangesAreRefused(String name) {
    String message = assertThrows(TapException.class, () -> named(name)).getMessage();
    assertTrue(message.contains("is not an interface name"), message);
  }

  @Test
  void theMtuIsWithinWhatATapCarries() {
    assertEquals(65_521, new TapConfig("t", NetworkNamespace.CURRENT, 65_521, null).mtu());
    for (int mtu : new int[] {67, 65_522, -1}) {
      assertEquals(
          "MTU " + mtu + " is not within 68..65521",
          assertThrows(
                  TapException.class, () -> new TapConfig("t", NetworkNamespace.CURRENT, mtu, null))
              .getMessage());
    }
  }

  @Test
  void theKernelsAddressIsIpv4() {
    assertThrows(
        TapException.class,
        () -> new TapConfig("t", NetworkNamespace.CURRENT, 0, IpPrefix.parse("2001:db8::1/64")));
  }

  @Test
  void aPortOfABridgeHasNoAddressOfTheKernels() {
    TapConfig withAddress =
        new TapConfig("t", NetworkNamespace.CURRENT, 0, IpPrefix.parse("10.0.0.1/24"));
    assertEquals(
        "host address 10.0.0.1/24 on a port of a bridge is nobody's: give it to the bridge, with"
            + " 'ip address add 10.0.0.1/24 dev br0'",
        assertThrows(TapException.class, () -> withAddress.onBridge("br0")).getMessage());
    assertThrows(TapException.class, () -> named("t").onBridge("br%d"));
    assertEquals("br0", named("t").onBridge("br0").bridge());
  }

  @Test
  void aNamespaceThatIsNotThereIsSaidToBeMissing() {
    NetworkNamespace missing = NetworkNamespace.named("tapstack-no-such-namespace");
    assertEquals(
        "network namespace tapstack-no-such-namespace does not exist: make it with"
            + " 'ip netns add tapstack-no-such-namespace'",
        assertThrows(TapException.class, () -> missing.call(() -> 1)).getMessage());
  }

  @Test
  void anAddressInASubnetOfThisMachineIsRefused() {
    // Every machine has its loopback.
    TapException refused =
        assertThrows(
            TapException.class,
            () ->
                HostSubnets.checkFree(
                    NetworkNamespace.CURRENT, "tap0", IpPrefix.parse("127.1.2.3/24")));
    assertEquals(
        "127.1.2.3/24 collides with 127.0.0.1/8 of lo: choose an address in a subnet that this"
            + " machine does not use",
        refused.getMessage());
  }

  @Test
  void theKernelsOwnAddressOnTheTapIsRefused() {
    TapException refused =
        assertThrows(
            TapException.class,
            () ->
                HostSubnets.checkFree(
                    NetworkNamespace.CURRENT, "lo", IpPrefix.parse("127.0.0.1/8")));
    assertTrue(refused.getMessage().contains("is the kernel's own address"), refused.getMessage());
    HostSubnets.checkFree(NetworkNamespace.CURRENT, "lo", IpPrefix.parse("127.0.0.2/8"));
  }
}
