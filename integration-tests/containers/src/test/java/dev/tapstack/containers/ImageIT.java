package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/** The image: what it is made of, what it may do, how it starts, is well, and ends. */
@DockerRequired
@Testcontainers
class ImageIT {
  private static final long LIMIT_OVER_BASE_BYTES = 120_000_000;
  private static final String NO_CAPABILITY = "0000000000000000";
  private static final String NET_ADMIN_ALONE = "0000000000001000";

  @Container private static final TapStackContainer STACK = TapStackContainer.serve();

  private static String image() {
    return System.getProperty(TapStackContainer.IMAGE_PROPERTY);
  }

  private static String inspect(String image, String format) {
    return Docker.run("image", "inspect", "--format", format, image).ok().output().strip();
  }

  @Test
  void isSmall() {
    long bytes = Long.parseLong(inspect(image(), "{{.Size}}"));
    long base = Long.parseLong(inspect("debian:bookworm-slim", "{{.Size}}"));
    System.out.printf("image: %,d bytes over its base%n", bytes - base);
    assertTrue(bytes - base < LIMIT_OVER_BASE_BYTES, bytes + " over " + base);
  }

  @Test
  void saysWhatItIs() {
    String label = "{{index .Config.Labels \"org.opencontainers.image.%s\"}}";
    assertEquals("TapStack", inspect(image(), label.formatted("title")));
    assertEquals("Apache-2.0", inspect(image(), label.formatted("licenses")));
    String version = STACK.command("--version").strip();
    assertEquals(version, "tapstack " + inspect(image(), label.formatted("version")));
    String revision = inspect(image(), label.formatted("revision"));
    assertTrue(revision.matches("[0-9a-f]{40}|unknown"), revision);
  }

  @Test
  void everyThreadOfTheProgramIsOfAPlainUserWithoutCapabilities() throws Exception {
    List<Map<String, String>> threads =
        threads().stream().filter(status -> status.get("Tgid").equals("1")).toList();
    assertTrue(threads.size() > 5, threads.size() + " threads: is it the JVM?");
    for (Map<String, String> status : threads) {
      assertPlainUser(status);
      assertEquals("", status.get("Groups").strip(), status::toString);
      for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
        assertEquals(NO_CAPABILITY, status.get(set), set + " of " + status);
      }
    }
  }

  @Test
  void whatRunsBesideItMayAdministerTheNetworkAndNothingElse() throws Exception {
    List<Map<String, String>> others =
        threads().stream().filter(status -> !status.get("Tgid").equals("1")).toList();
    assertFalse(others.isEmpty());
    for (Map<String, String> status : others) {
      assertPlainUser(status);
      assertEquals(NET_ADMIN_ALONE, status.get("CapBnd"), status::toString);
    }
  }

  private static void assertPlainUser(Map<String, String> status) {
    for (String ids : List.of("Uid", "Gid")) {
      // Real, effective, saved, of the file system.
      String[] four = status.get(ids).split("\t", -1);
      assertNotEquals("0", four[0], status::toString);
      assertEquals(1, new HashSet<>(List.of(four)).size(), status::toString);
    }
    assertEquals("1", status.get("NoNewPrivs"), status::toString);
  }

  /** The status of every thread in the container but those of the shell that reads it. */
  private static List<Map<String, String>> threads() throws Exception {
    String script = "echo $$; cat /proc/[0-9]*/task/*/status";
    ExecResult result = STACK.execInContainer("sh", "-c", script);
    List<String> lines = result.getStdout().lines().toList();
    String shell = lines.getFirst();
    List<Map<String, String>> threads = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.split(":\t", 2);
      if (words[0].equals("Name")) {
        threads.add(new TreeMap<>());
      }
      threads.getLast().put(words[0], words.length < 2 ? "" : words[1]);
    }
    threads.removeIf(
        status -> status.get("Tgid").equals(shell) || status.get("PPid").equals(shell));
    return threads;
  }

  @Test
  void isHealthyWhileItsLoopAnswers() throws Exception {
    Command.awaitUntil("the engine finds it healthy", STACK::isHealthy);
    assertEquals(0, STACK.execInContainer("tapstack-healthy").getExitCode());
  }

  @Test
  void isNotHealthyWithoutAStack() {
    Outcome outcome = Docker.run("run", "--rm", "--entrypoint", "tapstack-healthy", image());
    assertNotEquals(0, outcome.status());
    assertTrue(outcome.errors().contains("no stack runs here"), outcome.errors());
  }

  /** A connection that stays open gets its five seconds, of the ten that the engine waits. */
  @Test
  void endsInTimeWhenItIsStopped() throws Exception {
    try (TapStackContainer stack = TapStackContainer.serve("--echo", "-v");
        GenericContainer<?> peer = PeerImage.container()) {
      stack.start();
      String open = "sleep 60 | nc " + stack.address() + " 7";
      peer.withCommand("sh", "-c", open).start();
      Command.awaitUntil("a connection is open", () -> stack.command("ss").contains("ESTABLISHED"));
      Docker.run("stop", stack.getContainerId()).ok();
      String logs = stack.getLogs();
      assertTrue(logs.contains("ending: 1 open connection"), logs);
      assertTrue(logs.contains("summary"), logs);
      String format = "{{.State.ExitCode}} {{.State.OOMKilled}}";
      Outcome end = Docker.run("inspect", "--format", format, stack.getContainerId()).ok();
      assertEquals("0 false", end.output().strip());
    }
  }

  @Test
  void saysWhatItNeedsToRun() {
    Outcome withoutDevice = Docker.run("run", "--rm", image(), "serve");
    assertEquals(1, withoutDevice.status());
    assertTrue(
        withoutDevice.errors().contains("add --device /dev/net/tun"), withoutDevice.errors());

    Outcome withoutRight = Docker.run("run", "--rm", "--device", "/dev/net/tun", image(), "serve");
    assertEquals(1, withoutRight.status());
    assertTrue(withoutRight.errors().contains("add --cap-add NET_ADMIN"), withoutRight.errors());

    Outcome asUser = Docker.run("run", "--rm", "--user", "1000", image(), "serve");
    assertEquals(1, asUser.status());
    assertTrue(asUser.errors().contains("leave out --user"), asUser.errors());
  }

  @Test
  void commandsWithoutAStackNeedNoRights() {
    String help = Docker.run("run", "--rm", image()).ok().output();
    assertTrue(help.contains("Usage: tapstack"), help);
    Docker.run("run", "--rm", "--user", "1000", image(), "serve", "--help").ok();
  }
}
