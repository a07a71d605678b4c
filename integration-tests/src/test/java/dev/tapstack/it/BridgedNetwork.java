package dev.tapstack.it;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A kernel bridge in a namespace of its own, with two ports: the stack's TAP, and the link to a
 * kernel host in another namespace, which has {@link #HOST}.
 */
final class BridgedNetwork implements AutoCloseable {
  /** The kernel host's address; the stack's is {@link StackUnderTest#ADDRESS}. */
  static final String HOST = StackUnderTest.HOST;

  /** The bridge's name in its namespace. */
  static final String BRIDGE = "br0";

  /** The kernel host's only interface. */
  static final String HOST_INTERFACE = "eth0";

  private final TestNamespace bridge = new TestNamespace();
  private final TestNamespace host = new TestNamespace();

  /** Everything is up when the constructor returns, but the TAP, which waits for its program. */
  BridgedNetwork() {
    this(true);
  }

  /**
   * @param hasTap whether the TAP is there, and on the bridge
   */
  BridgedNetwork(boolean hasTap) {
    inBridge("link add " + BRIDGE + " type bridge");
    if (hasTap) {
      inBridge("tuntap add dev " + StackUnderTest.TAP + " mode tap");
    }
    inBridge("link add port type veth peer name " + HOST_INTERFACE);
    inBridge("link set " + HOST_INTERFACE + " netns " + host.name());
    for (String port : hasTap ? List.of(StackUnderTest.TAP, "port") : List.of("port")) {
      inBridge("link set " + port + " master " + BRIDGE);
      inBridge("link set " + port + " up");
    }
    inBridge("link set " + BRIDGE + " up");
    inHost("address add " + HOST + "/24 dev " + HOST_INTERFACE);
    inHost("link set " + HOST_INTERFACE + " up");
  }

  /** Names of the bridge's ports. */
  List<String> ports() {
    String listed = bridge.run("ls", "/sys/class/net/" + BRIDGE + "/brif").ok().output();
    return listed.lines().toList();
  }

  private void inBridge(String ipArguments) {
    bridge.run(("ip " + ipArguments).split(" ")).ok();
  }

  private void inHost(String ipArguments) {
    host.run(("ip " + ipArguments).split(" ")).ok();
  }

  /** Where the bridge and the TAP are. */
  TestNamespace bridge() {
    return bridge;
  }

  /** Where the kernel host is. */
  TestNamespace host() {
    return host;
  }

  /** The kernel host's link address. */
  String hostMac() {
    return host.run("cat", "/sys/class/net/" + HOST_INTERFACE + "/address").ok().output().strip();
  }

  /** A stack that serves behind the TAP. */
  StackUnderTest serve(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--no-host-address"));
    all.addAll(Arrays.asList(arguments));
    return new StackUnderTest(bridge, all.toArray(String[]::new));
  }

  /** The words of a client of the stack behind the TAP. */
  List<String> clientWords(String address, String command, String... more) {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(List.of("--tap", StackUnderTest.TAP + "@" + bridge.name()));
    words.addAll(List.of("--address", address + "/24"));
    words.addAll(Arrays.asList(more));
    return Command.tapstack(words.toArray(String[]::new));
  }

  /** Runs tcpdump on the kernel host's side, a line a frame; it listens when this returns. */
  Command capture(String... expression) {
    return capture(host, HOST_INTERFACE, expression);
  }

  /** The same on the stack's TAP. */
  Command captureTap(String... expression) {
    return capture(bridge, StackUnderTest.TAP, expression);
  }

  private static Command capture(TestNamespace where, String device, String... expression) {
    List<String> words = new ArrayList<>(List.of("tcpdump", "-l", "-n", "-v", "-tt", "-i", device));
    words.addAll(Arrays.asList(expression));
    Command tcpdump = where.start(words.toArray(String[]::new));
    Command.awaitUntil("tcpdump listens", () -> tcpdump.errors().contains("listening on"));
    return tcpdump;
  }

  @Override
  public void close() {
    host.close();
    bridge.close();
  }
}
