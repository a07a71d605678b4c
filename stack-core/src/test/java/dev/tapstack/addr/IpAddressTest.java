package dev.tapstack.addr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0",
    "127.0.0.1, 7f000001",
    "192.0.2.1, c0000201",
    "255.255.255.255, ffffffff",
    "10.20.30.40, 0a141e28"
  })
  void ipv4IsMappedInto128Bits(String text, String hex) {
    IpAddress address = IpAddress.parse(text);
    int bits = Integer.parseUnsignedInt(hex, 16);
    assertInstanceOf(Ipv4Address.class, address);
    assertEquals(0, address.hi());
    assertEquals(0x0000_ffff_0000_0000L | Integer.toUnsignedLong(bits), address.lo());
    assertEquals(text, address.toString());
    assertEquals(address, IpAddress.of(address.hi(), address.lo()));
    assertEquals(32, address.bits());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.0x4", "1.2.3.00", "a.b.c.d", "1234",
            "1.2.3.9999999999",
        "localhost", "1.2.3.٤"
      })
  void whatIsNoIpv4AddressIsRefusedByName(String text) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
    assertTrue(e.getMessage().contains("'" + text + "'"), e.getMessage());
  }

  /** Forms of RFC 4291 2.2, and what RFC 5952 4 makes of them. */
  @ParameterizedTest
  @CsvSource({
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "2001:DB8:0:0:8:800:200C:417A, 2001:db8::8:800:200c:417a",
    "FF01:0:0:0:0:0:0:101, ff01::101",
    "0:0:0:0:0:0:0:0, ::",
    // RFC 5952 4.1: no leading zeros.
    "2001:0db8::0001, 2001:db8::1",
    // RFC 5952 4.2.1: as short as possible.
    "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
    // RFC 5952 4.2.2: not for a single group.
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    // RFC 5952 4.2.3: the longest run, of equal ones the first.
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "1:0:0:2:0:0:0:0, 1:0:0:2::",
    "0:0:1:2:3:4:5:6, ::1:2:3:4:5:6",
    // RFC 5952 4.3: lower case.
    "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789, abcd:ef01:2345:6789:abcd:ef01:2345:6789",
    "64:ff9b::192.0.2.33, 64:ff9b::c000:221"
  })
  void ipv6TextIsCanonical(String text, String canonical) {
    IpAddress address = IpAddress.parse(text);
    assertInstanceOf(Ipv6Address.class, address);
    assertEquals(canonical, address.toString());
    assertEquals(address, IpAddress.parse(canonical));
    assertEquals(128, address.bits());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "g::",
        "fe80::1%eth0",
        "[::1]",
        "::1 ",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3",
        "::ffff:192.0.2.1"
      })
  void whatIsNoIpv6AddressIsRefusedByName(String text) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
    assertTrue(e.getMessage().contains("'" + text + "'"), e.getMessage());
  }

  @Test
  void textAndBytesAgreeWithTheJdk() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 5000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(bytes);
      for (int j = 0; j < bytes.length; j++) {
        // Many zeros, so that runs of them occur.
        bytes[j] = random.nextInt(3) == 0 ? bytes[j] : 0;
      }
      InetAddress jdk = InetAddress.getByAddress(bytes);
      if (jdk.getAddress().length != bytes.length) {
        continue; // an IPv4-mapped one
      }
      IpAddress address = IpAddress.of(jdk);
      assertArrayEquals(bytes, address.toBytes());
      assertEquals(jdk, address.toInetAddress());
      assertEquals(jdk, InetAddress.getByName(address.toString()));
      assertEquals(address, IpAddress.parse(address.toString()));
    }
  }

  @Test
  void addressesAreOrderedByTheirBits() {
    List<String> ordered =
        Stream.of("fe80::1", "9.0.0.1", "::1", "10.0.0.1", "200.0.0.1", "2001:db8::")
            .map(IpAddress::parse)
            .sorted()
            .map(IpAddress::toString)
            .toList();
    assertEquals(
        List.of("::1", "9.0.0.1", "10.0.0.1", "200.0.0.1", "2001:db8::", "fe80::1"), ordered);
  }

  @Test
  void multicastIsTheUpperSixteenthBut240() {
    assertTrue(Ipv4Address.isMulticast(0xe0000000));
    assertTrue(Ipv4Address.isMulticast(0xefffffff));
    assertFalse(Ipv4Address.isMulticast(0xdfffffff));
    assertFalse(Ipv4Address.isMulticast(0xf0000000));
  }
}
