package dev.tapstack.apps.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the engine says of networks and containers, and what is made of an engine that fails. */
class DockerEngineTest {
  /** As an engine 20.10 describes a network, shortened. */
  private static final String NETWORK =
      """
      {"Name": "web", "Id": "5de52f42bb0884dc9f4e05bcdb21beb846233488337cbe83bfa37b25e0d92e95",
       "Driver": "bridge", "Internal": false,
       "IPAM": {"Driver": "default", "Options": {}, "Config": [
         {"Subnet": "fd00::/64"},
         {"Subnet": "172.20.0.0/29", "Gateway": "172.20.0.1"}]},
       "Containers": {
         "a9f2": {"Name": "one", "MacAddress": "02:42:ac:14:00:02", "IPv4Address": "172.20.0.2/29"},
         "b001": {"Name": "two", "IPv4Address": "172.20.0.5/29", "IPv6Address": ""},
         "c001": {"Name": "six", "IPv4Address": "", "IPv6Address": "fd00::6/64"}},
       "Options": {}}
      """;

  private static final String CONTAINER =
      """
      {"Id": "a9f2", "Name": "/one", "NetworkSettings": {"IPAddress": "", "Networks": {
        "back": {"IPAddress": "10.9.0.3"}, "gone": {"IPAddress": ""},
        "web": {"IPAddress": "172.20.0.2"}}}}
      """;

  /** Long for a machine that is busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private Path socket() {
    return directory.resolve("engine.sock");
  }

  private DockerEngine engine() {
    return new DockerEngine("unix://" + socket(), PATIENCE);
  }

  private DockerNetwork network(String json) {
    try (FakeEngine fake = FakeEngine.saying(socket(), "200 OK", json)) {
      DockerNetwork network = engine().network("web");
      assertEquals(List.of("GET /networks/web HTTP/1.0"), fake.requests());
      return network;
    }
  }

  @Test
  void aNetworkHasItsBridgeItsFirstIpv4SubnetAndItsContainers() {
    DockerNetwork web = network(NETWORK);
    assertEquals("br-5de52f42bb08", web.bridge());
    assertEquals(IpPrefix.parse("172.20.0.0/29"), web.subnet());
    assertEquals(Ipv4Address.parse("172.20.0.1"), web.gateway());
    assertFalse(web.isInternal());
    assertEquals(
        List.of(
            new DockerNetwork.Container("one", Ipv4Address.parse("172.20.0.2")),
            new DockerNetwork.Container("two", Ipv4Address.parse("172.20.0.5"))),
        web.containers());
  }

  /** As the default network is: it names its bridge, and tells no gateway. */
  @Test
  void aNetworkMayNameItsBridge() {
    String named =
        NETWORK
            .replace(
                "\"Options\": {}}", "\"Options\": {\"com.docker.network.bridge.name\": \"d0\"}}")
            .replace(", \"Gateway\": \"172.20.0.1\"", "")
            .replace("\"Internal\": false", "\"Internal\": true");
    DockerNetwork web = network(named);
    assertEquals("d0", web.bridge());
    assertNull(web.gateway());
    assertTrue(web.isInternal());
  }

  @Test
  void addressesAreTakenFromTheTopUnlessSomebodyHasThem() {
    DockerNetwork web = network(NETWORK);
    assertEquals(
        List.of("172.20.0.6/29", "172.20.0.4/29", "172.20.0.3/29"),
        web.freeAddresses(16).stream().map(IpPrefix::toString).toList());
    assertEquals(1, web.freeAddresses(1).size());
    DockerNetwork full = network(NETWORK.replace("172.20.0.0/29", "172.20.0.0/30"));
    assertEquals(
        "Docker network web (172.20.0.0/30) has no free address",
        assertThrows(DockerException.class, () -> full.freeAddresses(16)).getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.2/29 | is not of Docker network web, whose subnet is 172.20.0.0/29",
        "172.20.0.3/24 | is not of Docker network web, whose subnet is 172.20.0.0/29",
        "172.20.0.1/29 | is the gateway of Docker network web",
        "172.20.0.5/29 | is container two's on Docker network web",
      })
  void anAddressThatIsNotToBeHadIsRefused(String address, String why) {
    DockerNetwork web = network(NETWORK);
    String message =
        assertThrows(DockerException.class, () -> web.checkFree(IpPrefix.parse(address)))
            .getMessage();
    assertTrue(message.contains(why), message);
    web.checkFree(IpPrefix.parse("172.20.0.3/29"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"Driver\": \"bridge\" | \"Driver\": \"overlay\" | has driver overlay: only one with",
        "172.20.0.0/29 | fd01::/64 | Docker network web has no IPv4 subnet",
        "172.20.0.0/29 | here | the Docker engine gave a subnet: 'here' has no prefix length",
      })
  void aNetworkThatIsOfNoUseIsRefused(String usual, String instead, String why) {
    String message =
        assertThrows(DockerException.class, () -> network(NETWORK.replace(usual, instead)))
            .getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void aContainersAddressInTheOwnSubnetIsPreferred() {
    try (FakeEngine fake = FakeEngine.saying(socket(), "200 OK", CONTAINER)) {
      assertEquals(
          Ipv4Address.parse("172.20.0.2"),
          engine().container("one", IpPrefix.parse("172.20.0.6/29")));
      assertEquals(
          Ipv4Address.parse("10.9.0.3"),
          engine().container("one", IpPrefix.parse("192.168.0.2/24")));
      assertEquals("GET /containers/one/json HTTP/1.0", fake.requests().getFirst());
    }
  }

  @Test
  void aContainerThatDoesNotRunHasNoAddress() {
    String stopped = CONTAINER.replace("10.9.0.3", "").replace("172.20.0.2", "");
    try (FakeEngine fake = FakeEngine.saying(socket(), "200 OK", stopped)) {
      String message =
          assertThrows(
                  DockerException.class,
                  () -> engine().container("one", IpPrefix.parse("172.20.0.6/29")))
              .getMessage();
      assertTrue(message.contains("start it with 'docker start one'"), message);
      assertEquals(1, fake.requests().size());
    }
  }

  @Test
  void whatTheEngineDoesNotKnowIsNull() {
    try (FakeEngine fake = FakeEngine.saying(socket(), "404 Not Found", "{\"message\": \"no\"}")) {
      assertNull(engine().network("web"));
      assertNull(engine().container("web", IpPrefix.parse("10.0.0.1/8")));
      assertEquals(2, fake.requests().size());
      // No engine has such names: it is not asked, and no path is made of them.
      assertNull(engine().network("../info"));
      assertNull(engine().container("a b", IpPrefix.parse("10.0.0.1/8")));
      assertEquals(2, fake.requests().size());
    }
  }

  private void assertFails(String why) {
    String message =
        assertThrows(DockerException.class, () -> engine().network("web")).getMessage();
    assertEquals("Docker engine " + socket() + why, message);
  }

  @Test
  void anEngineThatCannotAnswerIsSaidToBeSo() {
    assertFails(" is not there: start it, or name its socket by DOCKER_HOST=unix://PATH");
    try (FakeEngine fake =
        FakeEngine.saying(socket(), "500 Internal", "{\"message\": \"out of order\"}")) {
      assertFails(": 500 out of order");
      assertEquals(1, fake.requests().size());
    }
  }

  @Test
  void anAnswerThatIsNotHttpIsRefused() {
    byte[] bytes = "SSH-2.0-OpenSSH\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    try (FakeEngine fake = new FakeEngine(socket(), bytes, true)) {
      assertFails(": its answer is not HTTP");
      assertEquals(1, fake.requests().size());
    }
  }

  /** It would be waited for without end, and read into memory without end. */
  @Test
  void anEndlessAnswerIsCutOff() {
    byte[] bytes = new byte[EngineSocket.MAX_ANSWER_BYTES + 1];
    try (FakeEngine fake = new FakeEngine(socket(), bytes, false)) {
      assertFails(": its answer is longer than 16777216 bytes");
      assertEquals(1, fake.requests().size());
    }
  }

  @Test
  void anEngineThatDoesNotAnswerIsGivenUp() throws IOException {
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket()));
      DockerEngine hasty = new DockerEngine("unix://" + socket(), Duration.ofMillis(1));
      String message = assertThrows(DockerException.class, () -> hasty.network("web")).getMessage();
      assertTrue(
          message.endsWith(": it does not answer in time: look at 'docker version'"), message);
    }
  }

  @Test
  void onlyAnEngineOfThisMachineIsAsked() {
    DockerEngine far = new DockerEngine("tcp://10.0.0.1:2375", PATIENCE);
    assertFalse(far.isThere());
    assertTrue(
        assertThrows(DockerException.class, () -> far.network("web"))
            .getMessage()
            .startsWith("DOCKER_HOST=tcp://10.0.0.1:2375 is not asked: name a socket"));
    assertFalse(engine().isThere());
  }
}
