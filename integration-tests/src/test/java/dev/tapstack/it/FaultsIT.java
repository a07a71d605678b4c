package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code tapstack faults} in the place of a bridge between kernels. */
@Privileged
class FaultsIT {
  private static final String A = FaultyBridge.address(1);
  private static final String B = FaultyBridge.address(2);

  private static Outcome ping(TestNamespace from, String to, int count) {
    return from.run("ping", "-c", Integer.toString(count), "-i", "0.05", "-W", "2", to);
  }

  /** Also if it was unreachable before: a kernel remembers that for a moment. */
  private static void awaitReached(TestNamespace from, String to) {
    Command.awaitUntil(to + " is reached", () -> ping(from, to, 1).status() == 0);
  }

  /** Sends bytes over TCP from one host to another, and compares them there. */
  private static void assertTransfer(FaultyBridge bridge, int bytes) {
    String random =
        "head -c " + bytes + " /dev/urandom | tee >(sha256sum >&2) | nc -q 0 " + B + " 99";
    try (Command receiver = bridge.member(2).start("bash", "-c", "nc -l -p 99 | sha256sum")) {
      Command.awaitUntil(
          "somebody listens", () -> bridge.member(2).run("ss", "-Hltn").output().contains(":99 "));
      String sent = bridge.member(1).run("bash", "-c", random).ok().errors();
      assertEquals(sent, receiver.await(Command.DEADLINE).ok().output());
    }
  }

  @Test
  void withoutFaultsItIsABridge() {
    try (FaultyBridge bridge = new FaultyBridge(2)) {
      for (String to : new String[] {B, FaultyBridge.HOST}) {
        ping(bridge.member(1), to, 3).ok();
      }
      ping(bridge.host(), A, 3).ok();
      // Large segments and open checksums, as kernels hand them to a veth.
      assertTransfer(bridge, 30_000_000);
      String shown = bridge.faults().ok().output();
      assertFalse(Pattern.compile("(?m) none +\\d+ +\\d+ +[1-9]").matcher(shown).find(), shown);
      assertTrue(shown.contains(" " + A + "\n") && shown.contains(" " + B + "\n"), shown);
    }
  }

  @Test
  void whatIsLostDamagedDoubledAndOvertakenStillArrivesByTcp() {
    String faults = "--loss 1% --delay 2ms --jitter 1ms --reorder 1% --duplicate 1% --corrupt 1%";
    try (FaultyBridge bridge = new FaultyBridge(2, faults.split(" "))) {
      assertTransfer(bridge, 2_000_000);
      String shown = bridge.faults().ok().output();
      Matcher port =
          Pattern.compile("(?m)^port1 +from .* \\d+ +\\d+ +(\\d+) +(\\d+) +(\\d+) +(\\d+) +0 +0$")
              .matcher(shown);
      assertTrue(port.find(), shown);
      for (int i = 1; i <= 4; i++) {
        assertTrue(
            Integer.parseInt(port.group(i)) > 0, "lost, doubled, damaged, overtaken: " + shown);
      }
    }
  }

  @Test
  void delayIsOnEachWayOnce() {
    try (FaultyBridge bridge = new FaultyBridge(2, "--delay", "50ms")) {
      String told = ping(bridge.member(1), B, 3).ok().output();
      Matcher least = Pattern.compile("rtt min/avg/max/mdev = (\\d+)\\.").matcher(told);
      assertTrue(least.find(), told);
      // Twice would be 200 ms, of which the asking for the address is no part.
      int millis = Integer.parseInt(least.group(1));
      assertTrue(millis >= 100 && millis < 190, told);
    }
  }

  @Test
  void aPartitionIsForOneMemberAndOneWayAndEnds() {
    try (FaultyBridge bridge = new FaultyBridge(3);
        Command listener = bridge.member(2).start("nc", "-u", "-l", "-k", "-p", "99");
        Command other = bridge.member(1).start("nc", "-u", "-l", "-k", "-p", "99")) {
      Command.awaitUntil(
          "both listen",
          () ->
              bridge.member(1).run("ss", "-Hlun").output().contains(":99 ")
                  && bridge.member(2).run("ss", "-Hlun").output().contains(":99 "));
      ping(bridge.member(1), B, 1).ok();
      bridge.faults("set", "--from", B, "--partition").ok();
      assertEquals(1, ping(bridge.member(1), B, 3).status());
      ping(bridge.member(1), FaultyBridge.address(3), 1).ok();
      sendTo(bridge.member(2), A, "lost");
      sendTo(bridge.member(1), B, "found");
      Command.awaitUntil("a datagram", () -> listener.output().contains("found"));
      bridge.faults("set", "--from", B, "--no-partition").ok();
      awaitReached(bridge.member(1), B);
      sendTo(bridge.member(2), A, "healed");
      Command.awaitUntil("a datagram", () -> other.output().contains("healed"));
      assertEquals("healed", other.output());
    }
  }

  private static void sendTo(TestNamespace from, String address, String text) {
    from.run("bash", "-c", "printf " + text + " >/dev/udp/" + address + "/99").ok();
  }

  @Test
  void membersComeAndGo() {
    try (FaultyBridge bridge = new FaultyBridge(1, "--loss", "100%")) {
      TestNamespace late = bridge.join();
      Command.awaitUntil(
          "the member", () -> bridge.program().output().contains("port2 is a member"));
      Pattern forwarding = Pattern.compile("port\\d@.* state forwarding ");
      Command.awaitUntil("it is cut off", () -> !forwarding.matcher(bridge.ports()).find());
      assertEquals(1, ping(late, A, 3).status());
      bridge.faults("set", "--clear").ok();
      awaitReached(late, A);
      // Its addresses were its own only: a member does not hear itself (RFC 4862 5.4.3).
      Command.awaitUntil(
          "duplicate address detection",
          () -> !late.run("ip", "-6", "address").ok().output().contains("tentative"));
      assertFalse(late.run("ip", "-6", "address").ok().output().contains("dadfailed"));
      late.run("ip", "link", "del", "eth0").ok();
      Command.awaitUntil("its going", () -> bridge.program().output().contains("port2 is gone"));
      awaitReached(bridge.host(), A);
    }
  }

  @Test
  void atItsEndTheBridgeIsAsItWas() {
    try (FaultyBridge bridge = new FaultyBridge(2, "--loss", "100%")) {
      assertEquals(1, ping(bridge.member(1), FaultyBridge.HOST, 3).status());
      bridge.program().signal("TERM");
      assertEquals(0, bridge.program().await(Command.DEADLINE).status());
      String ports = bridge.ports();
      assertEquals(2, ports.split(" state forwarding ", -1).length - 1, ports);
      assertFalse(ports.contains("faults"), ports);
      awaitReached(bridge.member(1), FaultyBridge.HOST);
      awaitReached(bridge.member(1), B);
    }
  }

  @Test
  void whatCannotBeDoneIsSaid() {
    try (TestNamespace empty = new TestNamespace()) {
      Outcome none =
          Command.run(
              Command.DEADLINE, Command.tapstack("faults", "--bridge", "br0@" + empty.name()));
      assertEquals(1, none.status());
      assertTrue(none.errors().startsWith("tapstack faults: bridge br0 does not exist: "));
    }
    try (FaultyBridge bridge = new FaultyBridge(1)) {
      Outcome wrong = bridge.faults("set", "--loss", "0.05");
      assertEquals(2, wrong.status());
      assertTrue(wrong.errors().contains("'0.05' is no chance: write 5% or 0.1%"), wrong.errors());
      assertEquals(2, bridge.faults("set").status());
      bridge.host().run("ip", "link", "del", "br0").ok();
      Outcome end = bridge.program().await(Command.DEADLINE);
      assertEquals(1, end.status());
      assertTrue(end.errors().contains("bridge br0 was removed"), end.errors());
    }
  }
}
