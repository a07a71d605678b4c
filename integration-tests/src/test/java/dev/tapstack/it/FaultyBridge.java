package dev.tapstack.it;

import java.util.ArrayList;
import java.util.List;

/**
 * The packed program in the place of a kernel's bridge: {@code tapstack faults} in a namespace that
 * has {@link #HOST} on the bridge, and hosts in namespaces of their own. It has said that it is
 * ready when the constructor returns; everything is gone when it is closed.
 */
final class FaultyBridge implements AutoCloseable {
  /** The address of the kernel that has the bridge. */
  static final String HOST = "10.78.0.1";

  private static final String BRIDGE = "br0";

  /** Set, because a bridge without one of its own takes a port's, and changes it with the ports. */
  private static final String BRIDGE_MAC = "02:00:00:4e:00:01";

  private final TestNamespace bridge = new TestNamespace();
  private final List<TestNamespace> members = new ArrayList<>();
  private final Command faults;

  /** A bridge with {@code members} hosts; starts with these further arguments. */
  FaultyBridge(int members, String... arguments) {
    inBridge("link add " + BRIDGE + " address " + BRIDGE_MAC + " type bridge");
    inBridge("address add " + HOST + "/24 dev " + BRIDGE);
    inBridge("link set " + BRIDGE + " up");
    for (int i = 0; i < members; i++) {
      join();
    }
    List<String> words =
        new ArrayList<>(List.of("faults", "--bridge", BRIDGE + "@" + bridge.name()));
    words.addAll(List.of(arguments));
    faults = Command.start(Command.tapstack(words.toArray(String[]::new)));
    try {
      Command.awaitUntil(
          "faults are ready",
          () -> faults.output().contains("control socket: ") || !faults.process().isAlive());
      if (!faults.output().contains("tapstack ready: faults on ")) {
        throw new AssertionError(faults.output() + faults.errors());
      }
    } catch (AssertionError e) {
      close();
      throw e;
    }
  }

  private void inBridge(String ipArguments) {
    bridge.run(("ip " + ipArguments).split(" ")).ok();
  }

  /** One more host: the n-th has {@link #address}. */
  TestNamespace join() {
    TestNamespace member = new TestNamespace();
    members.add(member);
    int number = members.size();
    inBridge("link add port" + number + " type veth peer name eth0 netns " + member.name());
    inBridge("link set port" + number + " master " + BRIDGE + " up");
    member.run("ip", "address", "add", address(number) + "/24", "dev", "eth0").ok();
    member.run("ip", "link", "set", "eth0", "up").ok();
    return member;
  }

  /** The address of the n-th host, from 1 on. */
  static String address(int number) {
    return "10.78.0." + (number + 1);
  }

  /** The n-th host, from 1 on. */
  TestNamespace member(int number) {
    return members.get(number - 1);
  }

  /** The kernel that has the bridge. */
  TestNamespace host() {
    return bridge;
  }

  /** The program. */
  Command program() {
    return faults;
  }

  /** Runs {@code tapstack faults} about it: "set", options... or nothing. */
  Outcome faults(String... arguments) {
    List<String> words = new ArrayList<>(List.of("faults"));
    words.addAll(List.of(arguments));
    words.addAll(List.of("--pid", Long.toString(faults.process().pid())));
    return Command.run(Command.DEADLINE, Command.tapstack(words.toArray(String[]::new)));
  }

  /** States of the ports of the bridge, a line each, as bridge(8) has them. */
  String ports() {
    return bridge.run("bridge", "link").ok().output();
  }

  @Override
  public void close() {
    faults.close();
    members.forEach(TestNamespace::close);
    bridge.close();
  }
}
