package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * {@code scripts/clean} removes what dead runs left and nothing else. It runs in a mount and
 * network namespace of its own, so that it sees nothing of this machine but what the test makes.
 */
@Privileged
class CleanIT {
  private static final String SETUP =
      """
      set -eu
      export DOCKER_HOST=unix:///nowhere
      mount -t sysfs none /sys
      mkdir -p /run/netns
      mount -t tmpfs none /run/netns
      true & dead=$!
      wait
      for name in tapstack-it-$dead tapstack-it-$$ other-$dead tapstack-it; do
        ip netns add $name
      done
      for name in tsit-$dead tsit-$$ tsunami other-$dead; do
        ip tuntap add dev $name mode tap
      done
      ip netns exec tapstack-it-$dead sleep 600 & left=$!
      mkdir -p /run/tapstack
      mount -t tmpfs none /run/tapstack
      for name in $dead $$ other; do
        nc -lU /run/tapstack/$name.sock & left_nc=$!
        until [ -S /run/tapstack/$name.sock ]; do sleep 0.05; done
        kill $left_nc
      done
      touch /run/tapstack/1$dead.sock
      while [ -z "$(ip netns pids tapstack-it-$dead)" ]; do sleep 0.05; done
      """;
  private static final String LIST =
      """
      wait $left || echo "ended: $?"
      ip netns list | sed "s/-$dead.*/-DEAD/;s/-$$.*/-ALIVE/" | sort
      ls /sys/class/net | sed "s/-$dead/-DEAD/;s/-$$/-ALIVE/" | sort
      ls /run/tapstack | sed "s/1$dead/FILE/;s/^$dead/DEAD/;s/^$$/ALIVE/" | sort
      """;

  @Test
  void removesOnlyWhatDeadRunsLeft() throws Exception {
    assertEquals(
        List.of(
            "ended: 143",
            "other-DEAD",
            "tapstack-it",
            "tapstack-it-ALIVE",
            "lo",
            "other-DEAD",
            "tsit-ALIVE",
            "tsunami",
            "ALIVE.sock",
            "FILE.sock",
            "other.sock"),
        run(SETUP + "scripts/clean >/dev/null\n" + LIST));
  }

  @Test
  void forceRemovesThatOfTheLivingToo() throws Exception {
    List<String> left = run(SETUP + "scripts/clean --force >/dev/null\n" + LIST);
    assertEquals(
        List.of(
            "ended: 143",
            "other-DEAD",
            "tapstack-it",
            "lo",
            "other-DEAD",
            "tsunami",
            "FILE.sock",
            "other.sock"),
        left);
  }

  @Test
  void dryRunRemovesNothing() throws Exception {
    List<String> said =
        run(
            SETUP
                + "scripts/clean --dry-run | sed 's/[0-9]*$//;s/[0-9]*.sock$//' | grep would\n"
                + "ip netns list | wc -l\nls /sys/class/net | wc -l\nkill $left\n");
    assertEquals(
        List.of(
            "would remove: namespace tapstack-it-",
            "would remove: interface tsit-",
            "would remove: control socket /run/tapstack/",
            "4",
            "5"),
        said);
  }

  private static List<String> run(String script) throws Exception {
    Process process =
        new ProcessBuilder("unshare", "--mount", "--net", "bash", "-c", script)
            .directory(Path.of(System.getProperty("tapstack.root")).toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor() == 0, output);
    return output.lines().toList();
  }
}
