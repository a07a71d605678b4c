package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway with several outside addresses between two kernels. */
@Privileged
class OutsideAddressesIT {
  private static final String OWN = "203.0.113.20";
  private static final String OWN_INSIDE = "192.168.1.3";
  private static final int HOSTS = 20;

  private static GatewayUnderTest gateway;
  private static Command bob;
  private static Command alice;
  private static Command aliceLast;

  @BeforeAll
  static void start() {
    gateway =
        new GatewayUnderTest(
            words(
                "--outside-address 203.0.113.10-203.0.113.12 --one-to-one 203.0.113.20=192.168.1.3"
                    + " --forward tcp:8000-8010=192.168.1.2:8000"
                    + " --forward tcp:203.0.113.11:9000=192.168.1.2:8000"));
    gateway.inside().run(words("ip addr add " + OWN_INSIDE + "/24 dev lan0")).ok();
    for (int i = 0; i < HOSTS; i++) {
      gateway.inside().run(words("ip addr add " + host(i) + "/24 dev lan0")).ok();
    }
    bob = listen(gateway.outside(), 80);
    alice = listen(gateway.inside(), 8000);
    aliceLast = listen(gateway.inside(), 8010);
  }

  @AfterAll
  static void end() {
    List.of(bob, alice, aliceLast).forEach(Command::close);
    try (GatewayUnderTest ended = gateway) {
      Outcome outcome = ended.stop();
      assertEquals(0, outcome.status());
      assertEquals("", outcome.errors());
    }
  }

  private static String host(int number) {
    return "192.168.1." + (100 + number);
  }

  /** Says on its standard error who has connected, a line for each. */
  private static Command listen(TestNamespace namespace, int port) {
    Command listener = namespace.start(words("nc -n -v -l -k " + port));
    Command.awaitUntil(
        "somebody listens",
        () -> namespace.run(words("ss -Hltn")).output().contains(":" + port + " "));
    return listener;
  }

  private static List<String> visitors(Command listener) {
    return listener
        .errors()
        .lines()
        .filter(line -> line.startsWith("Connection received on "))
        .map(line -> line.split(" ")[3])
        .toList();
  }

  /** Connects and says as whom it was seen. */
  private static String seenAs(TestNamespace from, String source, String to, Command listener) {
    int before = visitors(listener).size();
    from.run(words("nc -n -z -w 60 -s " + source + " " + to)).ok();
    Command.awaitUntil("it was seen", () -> visitors(listener).size() > before);
    return visitors(listener).get(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.1", "203.0.113.10", "203.0.113.11", "203.0.113.12", OWN})
  void eachIsAnsweredInArp(String address) {
    gateway.outside().run(words("nc -n -z -w 1 " + address + " 9"));
    String kernels = gateway.outside().run(words("ip neigh show " + address)).ok().output();
    assertTrue(kernels.contains(" lladdr "), kernels);
  }

  /** RFC 4787 REQ-2: paired; and hosts are spread. */
  @Test
  void anInsideHostKeepsItsOutsideAddress() {
    Set<String> all = new TreeSet<>();
    for (int i = 0; i < HOSTS; i++) {
      String first = seenAs(gateway.inside(), host(i), "203.0.113.2 80", bob);
      assertEquals(first, seenAs(gateway.inside(), host(i), "203.0.113.2 80", bob));
      all.add(first);
    }
    Set<String> shared = Set.of("203.0.113.1", "203.0.113.10", "203.0.113.11", "203.0.113.12");
    assertTrue(shared.containsAll(all), all.toString());
    assertTrue(all.size() > 1, "20 hosts have one of 4 addresses: " + all);
  }

  @Test
  void aHostWithAnAddressOfItsOwnIsSeenAndReachedByIt() {
    assertEquals(OWN, seenAs(gateway.inside(), OWN_INSIDE, "203.0.113.2 80", bob));
    seenAs(gateway.outside(), "203.0.113.2", OWN + " 8000", alice);
    String table = gateway.ask("nat").ok().output();
    assertTrue(
        table
            .lines()
            .anyMatch(line -> line.matches("all +192.168.1.3 +203.0.113.20 +one-to-one.*")),
        table);
  }

  @Test
  void aRangeOfPortsIsForwardedAndNoMore() {
    seenAs(gateway.outside(), "203.0.113.2", "203.0.113.1 8000", alice);
    seenAs(gateway.outside(), "203.0.113.2", "203.0.113.12 8010", aliceLast);
    Outcome beyond = gateway.outside().run(words("nc -n -v -z -w 2 203.0.113.1 8011"));
    assertTrue(beyond.errors().contains("timed out"), beyond.errors());
  }

  @Test
  void aForwardOfOneAddressIsOfNoOther() {
    seenAs(gateway.outside(), "203.0.113.2", "203.0.113.11 9000", alice);
    Outcome other = gateway.outside().run(words("nc -n -v -z -w 2 203.0.113.10 9000"));
    assertTrue(other.errors().contains("timed out"), other.errors());
  }
}
