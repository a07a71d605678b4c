package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network.Ipam;
import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import dev.tapstack.it.TestNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/** A stack of this machine, in no container, as a member of a Docker network. */
@DockerRequired
class HostBridgeIT {
  private static final int PEERS = 3;
  private static final AtomicInteger TAPS = new AtomicInteger();

  private static final Network NETWORK = Networks.bridge();
  private static final List<GenericContainer<?>> CONTAINERS = new ArrayList<>();

  @BeforeAll
  static void startContainers() {
    for (int i = 0; i < PEERS; i++) {
      GenericContainer<?> peer = PeerImage.container().withNetwork(NETWORK);
      CONTAINERS.add(peer);
      peer.start();
    }
    run(CONTAINERS.get(0), "nginx");
  }

  @AfterAll
  static void removeContainers() {
    CONTAINERS.forEach(GenericContainer::stop);
    NETWORK.close();
  }

  /** What a line of a shell prints in a container; it must succeed. */
  private static String run(GenericContainer<?> container, String line) {
    try {
      ExecResult result = container.execInContainer("sh", "-c", line);
      assertEquals(0, result.getExitCode(), line + "\n" + result);
      return result.getStdout();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String name(GenericContainer<?> container) {
    return container.getContainerName().substring("/".length());
  }

  private static String address(GenericContainer<?> container) {
    ContainerNetwork only =
        container.getCurrentContainerInfo().getNetworkSettings().getNetworks().values().stream()
            .findFirst()
            .orElseThrow();
    return only.getIpAddress();
  }

  private static Ipam.Config range(Network network) {
    return DockerClientFactory.lazyClient()
        .inspectNetworkCmd()
        .withNetworkId(network.getId())
        .exec()
        .getIpam()
        .getConfig()
        .get(0);
  }

  /** As 172.20.0.0/16. */
  private static String subnet() {
    return range(NETWORK).getSubnet();
  }

  private static String gateway(Network network) {
    return range(network).getGateway();
  }

  /** An address of the network that nobody has, far from both ends of its range. */
  private static String freeAddress() {
    Matcher subnet = Pattern.compile("(\\d+\\.\\d+)\\.(\\d+)\\.0/(\\d+)").matcher(subnet());
    assertTrue(subnet.matches(), subnet());
    return subnet.group(1) + "." + subnet.group(2) + ".100/" + subnet.group(3);
  }

  /** A TAP's name as {@code scripts/clean} knows them. */
  private static String tap() {
    return "tsb%d-%d".formatted(TAPS.incrementAndGet(), ProcessHandle.current().pid());
  }

  /** The words of a command whose TAP is on the Docker network. */
  private static List<String> words(String command, String... more) {
    Stream<String> host = Stream.of(command, "--tap", tap(), "--bridge", NETWORK.getId());
    return Command.tapstack(Stream.concat(host, Stream.of(more)).toArray(String[]::new));
  }

  private static Outcome client(String command, String... more) {
    Outcome outcome = Command.run(Command.DEADLINE, words(command, more));
    assertEquals(0, outcome.status(), outcome.toString());
    return outcome;
  }

  /** Waits for the ready line; the stack's address in it. */
  private static String awaitReady(Command serve) {
    Command.awaitUntil(
        "ready",
        () -> {
          assertTrue(serve.process().isAlive(), () -> serve.output() + serve.errors());
          return serve.output().contains("tapstack ready:");
        });
    Matcher ready = Pattern.compile("tapstack ready: ([\\d.]+)/").matcher(serve.output());
    assertTrue(ready.find(), serve.output());
    return ready.group(1);
  }

  /** The second finds by its probe what the engine does not know. */
  @Test
  void threeContainersReachTwoStacksThatChoseTheirAddresses() {
    try (Command first = Command.start(words("serve"))) {
      String one = awaitReady(first);
      try (Command second = Command.start(words("serve", "--http", "80"))) {
        String other = awaitReady(second);
        assertFalse(one.equals(other), one);
        assertTrue(second.output().contains(one + " is somebody's: trying " + other));
        // A page, and 5 MB, of both for each, all at once.
        String line =
            Stream.of(one, other)
                .map(stack ->
                    "curl -sSf -m 50 http://%s/ | grep -q TapStack && curl -sSf -m 50 http://%s/bytes/5000000 | wc -c"
                        .formatted(stack, stack))
                .reduce((a, b) -> a + " && " + b)
                .orElseThrow();
        List<String> said =
            IntStream.range(0, PEERS)
                .parallel()
                .mapToObj(i -> run(CONTAINERS.get(i), line))
                .toList();
        assertEquals(
            List.of("5000000\n5000000\n", "5000000\n5000000\n", "5000000\n5000000\n"), said);
        second.signal("TERM");
        assertEquals(0, second.await(Command.DEADLINE).status());
      }
    }
  }

  @Test
  void clientsFindContainersByName() {
    GenericContainer<?> web = CONTAINERS.get(0);
    String page = client("get", "--no-probe", "http://" + name(web) + "/").output();
    assertTrue(page.contains("nginx"), page);
    String ping = client("ping", "--no-probe", "-c", "1", name(CONTAINERS.get(1))).output();
    assertTrue(ping.contains("(" + address(CONTAINERS.get(1)) + ")"), ping);
    String named = "some.name=" + address(web);
    client("get", "--no-probe", "--add-host", named, "http://some.name/");
  }

  /** The way out is the network's gateway, which is the kernel of this machine. */
  @Test
  void theNetworksGatewayLeadsElsewhere() {
    try (Network other = Networks.bridge()) {
      client("ping", "--no-probe", "-c", "1", gateway(other));
    }
  }

  @Test
  void anAddressThatIsNotToBeHadIsRefused() {
    String taken = address(CONTAINERS.get(1));
    String length = subnet().substring(subnet().indexOf('/'));
    Outcome outcome = Command.run(Command.DEADLINE, words("serve", "--address", taken + length));
    assertEquals(1, outcome.status(), outcome.toString());
    assertTrue(
        outcome.errors().contains(taken + " is container " + name(CONTAINERS.get(1)) + "'s"),
        outcome.errors());
    Outcome foreign = Command.run(Command.DEADLINE, words("serve", "--address", "198.51.100.2/24"));
    assertEquals(1, foreign.status(), foreign.toString());
    assertTrue(foreign.errors().contains("whose subnet is " + subnet()), foreign.errors());
  }

  /** Alice's namespace is inside, the Docker network outside. */
  @Test
  void aGatewayLeadsFromANamespaceToContainersAndBack() {
    GenericContainer<?> web = CONTAINERS.get(0);
    String outside = freeAddress();
    String own = outside.substring(0, outside.indexOf('/'));
    String wan = tap();
    try (TestNamespace alice = new TestNamespace();
        Network other = Networks.bridge();
        Command gateway =
            Command.start(
                Command.tapstack(
                    ("gateway --inside lan0@%s=192.168.1.1/24 --inside-host 192.168.1.2/24"
                            + " --outside %s=%s --bridge %s=%s --forward tcp:8080=192.168.1.2:8080")
                        .formatted(alice.name(), wan, outside, wan, NETWORK.getId())
                        .split(" ")))) {
      Command.awaitUntil("ready", () -> gateway.output().contains("tapstack ready:"));
      alice.run("curl", "-sSf", "-m", "20", "http://" + address(web) + "/").ok();
      String log = run(web, "tail -n 1 /var/log/nginx/access.log");
      assertTrue(log.startsWith(own + " "), log);
      // The way to the rest of the world is the Docker network's gateway.
      alice.run("ping", "-c", "1", "-W", "20", gateway(other)).ok();
      try (Command server = alice.start("sh", "-c", "echo hello | nc -N -l 8080")) {
        Command.awaitUntil(
            "alice listens", () -> alice.run("ss", "-Hltn").output().contains(":8080 "));
        assertEquals("hello\n", run(CONTAINERS.get(1), "nc -w 20 " + own + " 8080 </dev/null"));
        assertEquals(0, server.await(Command.DEADLINE).status());
      }
      gateway.signal("TERM");
      assertEquals(0, gateway.await(Command.DEADLINE).status());
    }
  }
}
