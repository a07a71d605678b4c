package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A gateway in a container, with NAT between two Docker networks: nginx outside, clients inside.
 */
@DockerRequired
class GatewayContainerIT {
  private static final int CONNECTIONS = 100;
  private static GatewayBetweenNetworks nat;

  @BeforeAll
  static void start() {
    nat = new GatewayBetweenNetworks();
  }

  @AfterAll
  static void end() {
    nat.close();
  }

  /** Of an answer of the web servers, who asked. */
  private static String addressIn(String answer) {
    return answer.substring(0, answer.indexOf(' '));
  }

  @Test
  void theServerSeesTheGateway() {
    String seen = nat.alice().ok("curl -sS -m 20 http://" + nat.web().address());
    assertEquals(nat.outsideAddress(), addressIn(seen));
  }

  /** With a deadline ping waits for answers; without, for two round trips of the first. */
  @Test
  void pingsPass() {
    String small = nat.alice().ok("ping -c 3 -w 30 -i 0.2 " + nat.web().address());
    assertTrue(small.contains(" 3 received") && small.contains(" ttl=63 "), small);
    String large = nat.alice().ok("ping -c 2 -w 30 -i 0.2 -s 5000 " + nat.web().address());
    assertTrue(large.contains(" 2 received"), large);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-U", "-I", "-T"})
  void tracerouteSeesTheGatewayAndThenTheServer(String method) {
    String line = "traceroute -n -q 1 -w 5 -m 4 %s %s".formatted(method, nat.web().address());
    String trace = nat.alice().ok(line);
    assertTrue(trace.contains("\n 1  " + nat.insideAddress() + " "), trace);
    assertTrue(trace.contains("\n 2  " + nat.web().address() + " "), trace);
  }

  @Test
  void datagramsAreAnswered() {
    nat.web().start("echo answer | nc -v -n -u -l -W 1 5000 >/tmp/asked 2>&1");
    nat.web().awaitUntil("ss -Hlun | grep :5000");
    String ask = "echo question | nc -u -w 5 -W 1 %s 5000".formatted(nat.web().address());
    assertEquals("answer\n", nat.alice().ok(ask));
    nat.web().awaitUntil("grep question /tmp/asked");
    String asked = nat.web().ok("cat /tmp/asked");
    assertTrue(asked.contains("received on " + nat.outsideAddress() + " "), asked);
  }

  /** RFC 4787 REQ-1: the server can tell them apart though both have the same port. */
  @Test
  void twoClientsMayHaveTheSamePort() {
    String curl = "curl -sS -m 20 --local-port 40000 http://" + nat.web().address();
    String alice = nat.alice().ok(curl);
    String carol = nat.carol().ok(curl);
    assertEquals(nat.outsideAddress(), addressIn(alice));
    assertEquals(nat.outsideAddress(), addressIn(carol));
    assertNotEquals(alice, carol);
  }

  /** All are open before the first asks, and each gets what it asked for. */
  @Test
  void aHundredConnectionsAtOnce() {
    String connect =
        "for i in $(seq %d); do (until [ -e /tmp/go ]; do sleep 0.1; done;"
            + " printf 'GET /number/%%s HTTP/1.0\\r\\n\\r\\n' $i)"
            + " | nc -w 20 %s 80 >/tmp/flow-$i & done; wait; touch /tmp/gone";
    nat.alice().start(connect.formatted(CONNECTIONS, nat.web().address()));
    String count = "ss -Htn state established sport = :80 dst %s | wc -l";
    nat.web()
        .awaitUntil(
            "[ $(%s) -eq %d ]".formatted(count.formatted(nat.outsideAddress()), CONNECTIONS));
    nat.alice().ok("touch /tmp/go");
    nat.alice().awaitUntil("[ -e /tmp/gone ]");
    String check = "for i in $(seq %d); do grep -qx \"number $i\" /tmp/flow-$i || echo $i; done";
    assertEquals("", nat.alice().ok(check.formatted(CONNECTIONS)), "who did not get their number");
  }

  @Test
  void everyByteOfALargeFilePassesBothWays() {
    String web = nat.web().address();
    String sum = nat.web().ok("sha256sum </srv/large");
    nat.alice().ok("curl -sS -m 60 -o /tmp/large http://%s/large".formatted(web));
    assertEquals(sum, nat.alice().ok("sha256sum </tmp/large"), "down");
    nat.web().start("nc -l 5001 | sha256sum >/tmp/sum");
    nat.web().awaitUntil("ss -Hltn | grep :5001");
    nat.alice().ok("nc -N -w 60 %s 5001 </tmp/large".formatted(web));
    nat.web().awaitUntil("[ -s /tmp/sum ]");
    assertEquals(sum, nat.web().ok("cat /tmp/sum"), "up");
  }

  @Test
  void aForwardedPortLeadsInside() {
    String seen = nat.web().ok("curl -sS -m 20 http://%s:8080".formatted(nat.outsideAddress()));
    assertEquals(nat.web().address(), addressIn(seen), "alice sees who really asks");
  }

  @Test
  void aForwardedDatagramLeadsInside() {
    nat.alice().start("echo answer | nc -n -v -u -l -W 1 5000 >/tmp/asked 2>&1");
    nat.alice().awaitUntil("ss -Hlun | grep :5000");
    String ask = "echo question | nc -u -w 5 -W 1 %s 5353".formatted(nat.outsideAddress());
    assertEquals("answer\n", nat.web().ok(ask));
    nat.alice().awaitUntil("grep question /tmp/asked");
    String asked = nat.alice().ok("cat /tmp/asked");
    assertTrue(asked.contains("received on " + nat.web().address() + " "), asked);
  }

  /** RFC 4787 REQ-9: the source that she sees is the outside one. */
  @Test
  void clientsReachEachOtherByTheOutsideAddress() {
    String seen = nat.carol().ok("curl -sS -m 20 http://%s:8080".formatted(nat.outsideAddress()));
    assertEquals(nat.outsideAddress(), addressIn(seen));
  }

  @Test
  void whatNobodyAskedForMeetsSilence() {
    String tcp = nat.web().run("nc -v -z -w 2 %s 80".formatted(nat.outsideAddress())).getStderr();
    assertTrue(tcp.contains("timed out"), tcp);
    nat.web().run("echo unasked | nc -u -w 1 %s 5000".formatted(nat.outsideAddress()));
    // Though the server knows the way to an inside address, nothing of its arrives there.
    nat.web().ok("ip route add %s via %s".formatted(nat.insideSubnet(), nat.outsideAddress()));
    String ping = nat.web().run("ping -c 1 -W 1 " + nat.carol().address()).getStdout();
    assertFalse(ping.contains("1 received"), ping);
    assertEquals("0", nat.carol().ok("nstat -asz IcmpInEchos | awk '/^Icmp/ {printf $2}'"));
    String drops = nat.gateway().command("drops");
    assertTrue(drops.contains("nat-unsolicited"), drops);
  }

  /**
   * Each interface has the stack in the kernel's place: an address that the kernel no longer has.
   */
  @Test
  void theContainersKernelHasNoAddress() throws Exception {
    String addresses = nat.gateway().execInContainer("ip", "-o", "-4", "address").getStdout();
    assertEquals(1, addresses.lines().count(), addresses);
    assertTrue(addresses.contains("127.0.0.1/8"), addresses);
  }
}
