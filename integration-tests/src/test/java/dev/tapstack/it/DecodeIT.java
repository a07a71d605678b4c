package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tapstack decode} of a capture that pings and a refused connection left. */
@Privileged
class DecodeIT {
  @TempDir private Path directory;

  private static Outcome decode(String... words) {
    String[] all = new String[words.length + 1];
    all[0] = "decode";
    System.arraycopy(words, 0, all, 1, words.length);
    return Command.run(Command.DEADLINE, Command.tapstack(all));
  }

  private static long lines(String... words) {
    return decode(words).ok().output().lines().count();
  }

  @Test
  void filtersAndTrees() {
    String pcap = directory.resolve("a.pcap").toString();
    try (TestNamespace namespace = new TestNamespace()) {
      ClientUnderTest.run(
              namespace, "ping", "--pcap", pcap, "-c", "2", "-s", "100", ClientUnderTest.HOST)
          .ok();
    }
    assertEquals(4, lines("-f", "icmp", pcap));
    assertEquals(4, lines("-f", "ICMP", "-f", ClientUnderTest.HOST, pcap));
    assertEquals(0, lines("-f", "icmp", "-f", "10.77.0.7", pcap));
    assertEquals(0, lines("-f", "7", pcap));
    assertTrue(lines("-f", "arp", "-f", ClientUnderTest.ADDRESS, pcap) >= 2);
    String tree = decode("-V", "-f", "icmp", pcap).ok().output();
    assertTrue(tree.contains("\n  ICMP, 8 bytes at 34\n"), tree);
    assertTrue(tree.matches("(?s).*\n +26 4 +source +10\\.77\\.0\\.2\n.*"), tree);
    assertTrue(tree.matches("(?s).*\n +40 2 +sequence +1\n.*"), tree);

    Outcome wrong = decode("-f", "some", pcap);
    assertEquals(2, wrong.status());
    assertTrue(wrong.errors().contains("'some' is no address, port or protocol"), wrong.errors());
  }
}
