package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks of ports and limits of a host on a gateway between two kernels. */
@Privileged
class SubscribersIT {
  private static final String BLOCKS = "--block-ports 192.168.1.0/25=1000";
  private static final String OTHER = "192.168.1.70";

  private static Outcome nat(String arguments) {
    List<String> all = new ArrayList<>(List.of("nat"));
    all.addAll(List.of(words(arguments)));
    return Command.run(Command.DEADLINE, Command.tapstack(all.toArray(String[]::new)));
  }

  private static List<String> visitors(Command listener) {
    return listener
        .errors()
        .lines()
        .filter(line -> line.startsWith("Connection received on "))
        .toList();
  }

  /** RFC 7422: the port that bob saw leads back to the host, with the gateway and without. */
  @Test
  void aPortThatBobSawLeadsBackToItsHost() {
    try (GatewayUnderTest gateway =
            new GatewayUnderTest(words(BLOCKS + " --outside-address 203.0.113.10"));
        Command bob = listen(gateway.outside())) {
      gateway.inside().run(words("ip address add " + OTHER + "/24 dev lan0")).ok();
      gateway.inside().run(words("nc -n -z -w 60 203.0.113.2 80")).ok();
      gateway.inside().run(words("nc -n -z -w 60 -s " + OTHER + " 203.0.113.2 80")).ok();
      Command.awaitUntil("both were seen", () -> visitors(bob).size() == 2);
      String[] alice = visitors(bob).get(0).split(" ");
      String[] other = visitors(bob).get(1).split(" ");
      String which = " --pid " + gateway.gateway().process().pid();
      String offline =
          " " + BLOCKS + " --outside-address 203.0.113.10 --outside-address 203.0.113.1";
      for (String where : List.of(which, offline)) {
        String first = nat("--who " + alice[3] + ":" + alice[4] + where).ok().output();
        assertTrue(first.matches("(?s).*\n192.168.1.2 +203.0.113.1 +3024 +4023\n"), first);
        String second = nat("--who " + other[3] + ":" + other[4] + where).ok().output();
        assertTrue(second.matches("(?s).*\n192.168.1.70 +203.0.113.10 +7024 +8023\n"), second);
        Outcome nobody = nat("--who 203.0.113.1:80" + where);
        assertEquals(1, nobody.status());
        assertTrue(nobody.errors().contains("in nobody's block"), nobody.errors());
      }
    }
  }

  private static Command listen(TestNamespace namespace) {
    Command listener = namespace.start(words("nc -n -v -l -k 80"));
    Command.awaitUntil(
        "bob listens", () -> namespace.run(words("ss -Hltn")).output().contains(":80 "));
    return listener;
  }

  /** RFC 6888 REQ-4, RFC 5508 REQ-8: the kernel that is told gives up at once. */
  @Test
  void whoHasAllHisPortsIsToldAndOthersGoOn() {
    try (GatewayUnderTest gateway = new GatewayUnderTest(words("--ports-per-host 3"));
        Command bob = listen(gateway.outside())) {
      gateway.inside().run(words("ip address add " + OTHER + "/24 dev lan0")).ok();
      String connect = "nc -n -v -z -w 60 ";
      for (int i = 0; i < 3; i++) {
        gateway.inside().run(words(connect + "203.0.113.2 80")).ok();
      }
      Outcome refused = gateway.inside().run(words(connect + "203.0.113.2 80"));
      assertTrue(refused.errors().contains("No route to host"), refused.errors());
      gateway.inside().run(words(connect + "-s " + OTHER + " 203.0.113.2 80")).ok();
      String drops = gateway.ask("drops").ok().output();
      assertTrue(drops.contains("nat-host-ports"), drops);
      String log = gateway.gateway().errors();
      assertTrue(log.contains("NAT gives 192.168.1.2 no mapping for protocol 6"), log);
      assertEquals(1, log.lines().count(), log);
      assertEquals("", bob.output());
    }
  }
}
