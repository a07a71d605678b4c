package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import dev.tapstack.it.Privileged;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * {@code scripts/docker-up}, with programs in place of Docker's that note how they are called: no
 * test may start a second engine beside the one that runs. A network namespace and a {@code /run}
 * of its own hide that one.
 */
@Privileged
class DockerUpIT {
  /**
   * An engine answers while file {@code up} is there, and has its base image with file {@code
   * base}.
   */
  private static final String PROGRAMS =
      """
      set -eu
      mount -t tmpfs none /run
      mount -t tmpfs none /opt
      mkdir /opt/bin
      cd /opt/bin
      cat >docker <<'END'
      #!/bin/sh
      echo "docker $1" >>/opt/calls
      case "$1" in
        version) [ -e /opt/up ] ;;
        image) [ -e /opt/base ] ;;
        pull) [ -e /opt/registry ] && touch /opt/base ;;
        import) tar -t | sort | tr '\\n' ' ' >/opt/base ;;
      esac
      END
      cat >dockerd <<'END'
      #!/bin/sh
      echo "dockerd $*" >>/opt/calls
      echo "what dockerd logs"
      [ ! -e /opt/broken ] || exit 1
      trap 'rm /opt/up; exit 0' TERM
      echo $$ >"$2"
      touch /opt/up
      while :; do sleep 0.1; done
      END
      cat >debootstrap <<'END'
      #!/bin/sh
      for word; do case "$word" in */root) cd "$(mkdir -p "$word" && echo "$word")" ;; esac; done
      mkdir -p bin usr/share/doc/bash etc/dpkg/dpkg.cfg.d
      END
      cat >dpkg-query <<'END'
      #!/bin/sh
      echo "install ok installed"
      END
      chmod +x *
      cd "$OLDPWD"
      export PATH=/opt/bin:$PATH
      unset DOCKER_HOST
      """;

  private static Outcome run(String script) {
    String words = PROGRAMS + script;
    return Command.run(
        Command.DEADLINE,
        List.of(
            "env",
            "--chdir=" + System.getProperty("tapstack.root"),
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "bash",
            "-c",
            words));
  }

  @Test
  void doesNothingWhereEngineAndBaseAreThere() {
    Outcome outcome = run("touch /opt/up /opt/base\nscripts/docker-up\ncat /opt/calls\n").ok();
    assertEquals("docker version\ndocker image\n", outcome.output());
    assertEquals("", outcome.errors());
  }

  @Test
  void startsAnEnginePullsTheBaseAndStopsTheEngineAgain() {
    Outcome outcome =
        run("""
        touch /opt/registry
        scripts/docker-up
        ls /opt
        scripts/docker-up --stop
        ls /opt
        ls -d /run/tapstack-docker || echo "nothing is left"
        """)
            .ok();
    assertEquals(
        "base bin calls registry up base bin calls registry nothing is left",
        String.join(" ", outcome.output().split("\\s+")));
    assertTrue(outcome.errors().contains("starting dockerd"), outcome.errors());
  }

  @Test
  void anEngineOfOthersIsNotStopped() {
    Outcome outcome = run("touch /opt/up /opt/base\nscripts/docker-up --stop\nls /opt\n").ok();
    assertEquals("base bin up", String.join(" ", outcome.output().split("\\s+")));
  }

  @Test
  void makesABaseByDebootstrapWhereNoRegistryIs() {
    String base = run("touch /opt/up\nscripts/docker-up\ncat /opt/base\n").ok().output();
    assertTrue(base.contains("./bin/ "), base);
    assertTrue(base.contains("./etc/dpkg/dpkg.cfg.d/docker "), base);
    assertTrue(!base.contains("bash"), base);
  }

  @Test
  void anEngineThatDoesNotStartShowsItsLog() {
    Outcome outcome = run("touch /opt/broken\nscripts/docker-up\n");
    assertEquals(1, outcome.status());
    assertTrue(outcome.errors().contains("what dockerd logs\n"), outcome.errors());
    assertTrue(outcome.errors().contains("the engine does not answer"), outcome.errors());
  }

  /** And prints nothing after Maven, whose status is its own. */
  @Test
  void verifyStopsTheEngineThatItHasStarted() {
    Outcome outcome =
        run(
            """
            printf '#!/bin/sh\necho docker "$(ls /opt | grep up)"\necho "[INFO] BUILD FAILURE"\nexit 3\n' \
              >/opt/bin/mvn
            chmod +x /opt/bin/mvn
            touch /opt/registry
            status=0
            scripts/verify 2>/opt/errors || status=$?
            echo "status $status"
            ls /opt
            """);
    assertEquals(
        List.of(
            "docker up",
            "[INFO] BUILD FAILURE",
            "status 3",
            "base",
            "bin",
            "calls",
            "errors",
            "registry"),
        outcome.ok().output().lines().toList(),
        outcome.errors());
  }
}
