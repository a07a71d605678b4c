package dev.tapstack.addr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link IpPrefix}, {@link Endpoint}, {@link MacAddress} and {@link FlowKey}. */
class PrefixAndEndpointTest {
  @ParameterizedTest
  @CsvSource({
    "192.0.2.77/24, 192.0.2.0, 192.0.2.255, true",
    "192.0.2.77/32, 192.0.2.77, 192.0.2.77, false",
    "192.0.2.76/31, 192.0.2.76, 192.0.2.77, false",
    "192.0.2.77/30, 192.0.2.76, 192.0.2.79, true",
    "10.1.2.3/8, 10.0.0.0, 10.255.255.255, true",
    "1.2.3.4/0, 0.0.0.0, 255.255.255.255, true",
    "2001:db8::1/32, 2001:db8::, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, false",
    "2001:db8::1/64, 2001:db8::, 2001:db8::ffff:ffff:ffff:ffff, false",
    "2001:db8::1/65, 2001:db8::, 2001:db8::7fff:ffff:ffff:ffff, false",
    "2001:db8::1/128, 2001:db8::1, 2001:db8::1, false"
  })
  void aSubnetReachesFromItsNetworkToItsLastAddress(
      String text, String network, String last, boolean hasBroadcast) {
    IpPrefix prefix = IpPrefix.parse(text);
    assertEquals(text, prefix.toString());
    assertEquals(network, prefix.network().toString());
    assertEquals(last, prefix.last().toString());
    assertEquals(hasBroadcast, prefix.hasBroadcast());
    assertTrue(prefix.contains(prefix.network()));
    assertTrue(prefix.contains(prefix.last()));
  }

  @Test
  void containingAgreesWithArithmeticOnBigNumbers() {
    Random random = new Random(2);
    for (int i = 0; i < 2000; i++) {
      IpAddress one = IpAddress.of(random.nextLong(), random.nextLong());
      int length = random.nextInt(129);
      // Differs in one bit, which is in the prefix or behind it.
      int bit = random.nextInt(128);
      IpAddress other =
          bit < 64
              ? IpAddress.of(one.hi() ^ 1L << (63 - bit), one.lo())
              : IpAddress.of(one.hi(), one.lo() ^ 1L << (127 - bit));
      UnaryOperator<BigInteger> cut = number -> number.shiftRight(128 - length);
      boolean expected =
          cut.apply(new BigInteger(1, one.toBytes()))
              .equals(cut.apply(new BigInteger(1, other.toBytes())));
      assertEquals(expected, new IpPrefix(one, length).contains(other));
    }
  }

  @Test
  void noPrefixHasAddressesOfBothFamilies() {
    assertFalse(IpPrefix.parse("0.0.0.0/0").contains(IpAddress.parse("::1")));
    assertFalse(IpPrefix.parse("0.0.0.0/0").overlaps(IpPrefix.parse("::/0")));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 192.0.2.128/25, true",
    "192.0.2.128/25, 192.0.2.0/24, true",
    "192.0.2.0/25, 192.0.2.128/25, false",
    "10.0.0.1/24, 10.0.1.1/24, false",
    "0.0.0.0/0, 10.0.1.1/24, true",
    "2001:db8::/32, 2001:db8:1::/48, true"
  })
  void subnetsOverlapIfOneHasTheOther(String one, String other, boolean expected) {
    assertEquals(expected, IpPrefix.parse(one).overlaps(IpPrefix.parse(other)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.1",
        "192.0.2.1/",
        "192.0.2.1/33",
        "192.0.2.1/-1",
        "192.0.2.1/a",
        "::/129"
      })
  void whatIsNoPrefixIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> IpPrefix.parse(text));
  }

  @Test
  void endpointsAreReadAndWritten() {
    assertEquals(new Endpoint(IpAddress.parse("192.0.2.1"), 80), Endpoint.parse("192.0.2.1:80"));
    assertEquals(
        new Endpoint(IpAddress.parse("2001:db8::1"), 0), Endpoint.parse("[2001:db8::1]:0"));
    for (String text : List.of("192.0.2.1:65535", "[::1]:80")) {
      assertEquals(text, Endpoint.parse(text).toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "::1", ":80"})
  void whatIsNoEndpointIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(text));
  }

  @Test
  void macAddressesAreReadAndWritten() {
    MacAddress mac = MacAddress.parse("02:00:5E:10:00:ff");
    assertEquals(0x0200_5e10_00ffL, mac.bits());
    assertEquals("02:00:5e:10:00:ff", mac.toString());
    assertFalse(MacAddress.isGroup(mac.bits()));
    assertTrue(MacAddress.isGroup(MacAddress.BROADCAST.bits()));
    // The example of RFC 1112 6.4's rule: 224.129.2.3 loses its ninth bit.
    assertEquals("01:00:5e:01:02:03", MacAddress.format(MacAddress.multicast(0xe081_0203)));
    assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("02:00:5e:10:00"));
    assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("02-00-5e-10-00-ff"));
    assertThrows(IllegalArgumentException.class, () -> new MacAddress(1L << 48));
  }

  @Test
  void aFlowKeyDiffersInEveryField() {
    FlowKey key = new FlowKey().set(6, 1, 2, 3, 4, 5, 6);
    SipHash sip = new SipHash(1, 2);
    assertEquals(key, key.copy());
    assertEquals(key.hashCode(), key.copy().hashCode());
    assertEquals(key.hash(sip), key.copy().hash(sip));
    List<FlowKey> others =
        List.of(
            new FlowKey().set(17, 1, 2, 3, 4, 5, 6),
            new FlowKey().set(6, 9, 2, 3, 4, 5, 6),
            new FlowKey().set(6, 1, 9, 3, 4, 5, 6),
            new FlowKey().set(6, 1, 2, 9, 4, 5, 6),
            new FlowKey().set(6, 1, 2, 3, 9, 5, 6),
            new FlowKey().set(6, 1, 2, 3, 4, 9, 6),
            new FlowKey().set(6, 1, 2, 3, 4, 5, 9),
            new FlowKey().set(6, 4, 5, 6, 1, 2, 3));
    for (FlowKey other : others) {
      assertNotEquals(key, other);
      assertNotEquals(key.hash(sip), other.hash(sip));
    }
  }

  @Test
  void aFlowKeyKeepsPortsAbove32767() {
    IpAddress local = IpAddress.parse("192.0.2.1");
    FlowKey key = new FlowKey().set(6, local.hi(), local.lo(), 65_535, 0, 1, 40_000);
    assertEquals(65_535, key.localPort());
    assertEquals(40_000, key.remotePort());
    assertEquals(Endpoint.parse("192.0.2.1:65535"), key.local());
    assertEquals(Endpoint.parse("[::1]:40000"), key.remote());
    assertEquals("6 192.0.2.1:65535 <-> [::1]:40000", key.toString());
  }
}
