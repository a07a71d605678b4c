package dev.tapstack.it;

import dev.tapstack.addr.MacAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packed program as a gateway between two namespaces of its own: inside the kernel has {@link
 * #ALICE} and its default route leads through the gateway, outside it has {@link #BOB}. Ready when
 * the constructor returns; everything is gone when it is closed.
 */
final class GatewayUnderTest implements AutoCloseable {
  /** The kernel's address inside. */
  static final String ALICE = "192.168.1.2";

  /** The gateway's address inside. */
  static final String INSIDE = "192.168.1.1";

  /** The gateway's address outside. */
  static final String OUTSIDE = "203.0.113.1";

  /** The kernel's address outside. */
  static final String BOB = "203.0.113.2";

  private final TestNamespace inside = new TestNamespace();
  private final TestNamespace outside = new TestNamespace();
  private final List<String> words;
  private Command gateway;

  /** Starts with these further arguments of {@code tapstack gateway}. */
  GatewayUnderTest(String... arguments) {
    this(Command.program(), 1500, arguments);
  }

  /** As the other, with an MTU of both ends of the TAP outside. */
  GatewayUnderTest(int outsideMtu, String... arguments) {
    this(Command.program(), outsideMtu, arguments);
  }

  /** Starts another program than the packed one: these words, then gateway's. */
  static GatewayUnderTest startedBy(List<String> program, String... arguments) {
    return new GatewayUnderTest(program, 1500, arguments);
  }

  private GatewayUnderTest(List<String> program, int outsideMtu, String... arguments) {
    if (outsideMtu != 1500) {
      outside.run("ip", "tuntap", "add", "dev", "wan0", "mode", "tap").ok();
      outside.run("ip", "link", "set", "wan0", "mtu", Integer.toString(outsideMtu), "up").ok();
      outside.run("ip", "address", "add", BOB + "/24", "dev", "wan0").ok(); // it is ours now
    }
    words = new ArrayList<>(program);
    words.addAll(
        List.of(
            ("gateway --inside lan0@%s=%s/24 --inside-host %s/24"
                    + " --outside wan0@%s=%s/24 --outside-host %s/24")
                .formatted(inside.name(), INSIDE, ALICE, outside.name(), OUTSIDE, BOB)
                .split(" ")));
    words.addAll(List.of(arguments));
    gateway = start();
  }

  /**
   * Starts with a configuration and nothing else.
   *
   * @param file where to write it
   * @param text in which the namespaces are called alice and bob, and the TAPs and addresses are as
   *     here
   */
  GatewayUnderTest(Path file, String text) {
    write(file, text);
    words = Command.tapstack("gateway", "--config", file.toString());
    gateway = start();
  }

  /** Writes a configuration of this gateway, with its namespaces for alice and bob. */
  void write(Path file, String text) {
    String ours = text.replace("@alice", "@" + inside.name()).replace("@bob", "@" + outside.name());
    try {
      Files.writeString(file, ours);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Command start() {
    Command started = Command.start(words);
    Command.awaitUntil(
        "the gateway is ready",
        () -> {
          if (!started.process().isAlive()) {
            String printed = started.output() + started.errors();
            started.close();
            inside.close();
            outside.close();
            throw new AssertionError(printed);
          }
          return started.output().contains("tapstack ready:");
        });
    return started;
  }

  /** The namespace of alice. */
  TestNamespace inside() {
    return inside;
  }

  /** The namespace of bob. */
  TestNamespace outside() {
    return outside;
  }

  /** The program: its process and what it has printed. */
  Command gateway() {
    return gateway;
  }

  /** Its link address inside, as alice's kernel has learned it. */
  MacAddress insideMac() {
    return mac(inside, ALICE, INSIDE);
  }

  /** Its link address outside, as bob's kernel has learned it. */
  MacAddress outsideMac() {
    return mac(outside, BOB, OUTSIDE);
  }

  /** Announces the kernel's own address too, whatever the gateway thought before. */
  private static MacAddress mac(TestNamespace namespace, String own, String address) {
    String device = namespace.run("ip", "-o", "route", "get", address).ok().output().split(" ")[2];
    namespace.run("arping", "-U", "-c", "1", "-w", "60", "-I", device, own).ok();
    namespace.run("arping", "-c", "1", "-w", "60", "-I", device, address).ok();
    String answer = namespace.run("arping", "-c", "1", "-w", "60", "-I", device, address).output();
    Matcher mac = Pattern.compile("\\[(..(:..){5})]").matcher(answer);
    if (!mac.find()) {
      throw new AssertionError("no MAC: " + answer);
    }
    return MacAddress.parse(mac.group(1));
  }

  /** A command about this gateway, whatever else runs on this machine, and what it says. */
  Outcome ask(String command, String... more) {
    return Command.run(Command.DEADLINE, asking(command, more));
  }

  /** The words of such a command. */
  List<String> asking(String command, String... more) {
    List<String> asking = new ArrayList<>(List.of(command, "--pid"));
    asking.add(Long.toString(gateway.process().pid()));
    asking.addAll(List.of(more));
    return Command.tapstack(asking.toArray(String[]::new));
  }

  /** Kills the program, which cannot tidy up; its TAPs are gone when this returns. */
  void kill() {
    gateway.signal("KILL");
    gateway.await(Command.DEADLINE);
    Command.awaitUntil(
        "the TAPs are gone",
        () -> !hasTap(inside) && !hasTap(outside)); // the kernel removes them when it gets to it
  }

  private static boolean hasTap(TestNamespace namespace) {
    return namespace.run("ip", "-o", "link").ok().output().contains("an0");
  }

  /** Starts it again as it was started at first. */
  void restart() {
    gateway.close();
    gateway = start();
  }

  /** Ends the program as a person does, with SIGTERM, and gives what it printed. */
  Outcome stop() {
    gateway.signal("TERM");
    return gateway.await(Command.DEADLINE);
  }

  @Override
  public void close() {
    gateway.close();
    inside.close();
    outside.close();
  }
}
