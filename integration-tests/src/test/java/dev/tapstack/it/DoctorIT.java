package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code tapstack doctor}: what it finds is so, and the commands that it prints mend it. */
@Privileged
class DoctorIT {
  private static final String ADDRESS = StackUnderTest.ADDRESS + "/24";

  private static Outcome doctor(TestNamespace namespace) {
    String tap = "tap0@" + namespace.name();
    return Command.run(
        Command.DEADLINE, Command.tapstack("doctor", "--tap", tap, "--address", ADDRESS));
  }

  /** Types the commands that stand, indented, in what doctor printed; serve's stay out. */
  private static void typeCommands(String printed) {
    List<String> commands =
        printed
            .lines()
            .filter(line -> line.startsWith("     ") && !line.contains("tapstack serve"))
            .map(String::strip)
            .toList();
    assertFalse(commands.isEmpty(), printed);
    for (String command : commands) {
      Command.run(Command.DEADLINE, List.of("sh", "-c", command)).ok();
    }
  }

  @Test
  void aMachineThatHasAllIsLeftAsItWas() {
    try (TestNamespace namespace = new TestNamespace()) {
      Outcome outcome = doctor(namespace);
      assertEquals(0, outcome.status(), outcome.output());
      assertFalse(outcome.output().contains("FAIL"), outcome.output());
      assertTrue(outcome.output().contains("can be made: it was, and is gone"), outcome.output());
      assertEquals(1, namespace.run("ip", "link", "show", "tap0").status());
    }
  }

  @Test
  void aTapThatIsNotReadyIsMendedByTheCommands() {
    try (TestNamespace namespace = new TestNamespace()) {
      namespace.run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap").ok();
      namespace.run("ip", "link", "set", "tap0", "txqueuelen", "20").ok();
      List<String> faults = List.of("it is down", "txqueuelen is 20", "no address on it");
      Outcome before = doctor(namespace);
      assertEquals(0, before.status(), before.output());
      faults.forEach(fault -> assertTrue(before.output().contains(fault), before.output()));
      typeCommands(before.output());
      String after = doctor(namespace).ok().output();
      faults.forEach(fault -> assertFalse(after.contains(fault), after));
      try (StackUnderTest stack = new StackUnderTest(namespace, "--no-host-address")) {
        stack.run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
      }
    }
  }

  @Test
  void theCommandsAreAWayToOtherNetworks() {
    try (TestNamespace machine = new TestNamespace();
        TestNamespace internet = new TestNamespace()) {
      machine.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "in").ok();
      machine.run("ip", "link", "set", "in", "netns", internet.name()).ok();
      machine.run("ip", "address", "add", "203.0.113.1/24", "dev", "out").ok();
      machine.run("ip", "link", "set", "out", "up").ok();
      internet.run("ip", "address", "add", "203.0.113.2/24", "dev", "in").ok();
      internet.run("ip", "link", "set", "in", "up").ok();
      // New namespaces begin as the machine is, and a container engine turns forwarding on.
      machine.run("sysctl", "-w", "net.ipv4.ip_forward=0").ok();
      // The internet knows no way to 10.77.0.0/24: only an address of the machine is answered.
      List<String> ping =
          Command.tapstack(
              ("ping --tap tap0@%s --address %s --host-address 10.77.0.1/24 --gateway 10.77.0.1"
                      + " -c 1 203.0.113.2")
                  .formatted(machine.name(), ADDRESS)
                  .split(" "));
      assertEquals(1, Command.run(Command.DEADLINE, ping).status());
      Outcome before = doctor(machine);
      assertTrue(before.output().contains("forwarding is off"), before.output());
      typeCommands(before.output());
      assertTrue(doctor(machine).output().contains("forwarding is on"));
      Command.run(Command.DEADLINE, ping).ok();
    }
  }

  @Test
  void whatIsInTheWayIsAFailure() {
    try (TestNamespace namespace = new TestNamespace()) {
      namespace.run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "eth8").ok();
      namespace.run("ip", "address", "add", "10.77.0.200/16", "dev", "eth7").ok();
      Outcome collision = doctor(namespace);
      assertEquals(1, collision.status());
      assertTrue(
          collision.output().contains("FAIL  10.77.0.2/24 collides with 10.77.0.200/16 of eth7"),
          collision.output());
      assertTrue(collision.output().contains("--address 192.168.77.2/24"), collision.output());
      namespace.run("ip", "link", "delete", "eth7").ok();
      try (StackUnderTest stack = new StackUnderTest(namespace)) {
        Outcome busy = doctor(namespace);
        assertEquals(1, busy.status());
        assertTrue(busy.output().contains("FAIL  tap0 is busy"), busy.output());
        stack.run("ping", "-c", "1", StackUnderTest.ADDRESS).ok();
      }
    }
  }
}
