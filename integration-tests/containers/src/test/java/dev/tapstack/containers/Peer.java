package dev.tapstack.containers;

import com.github.dockerjava.api.model.Capability;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/** A container that uses its kernel's stack, and does what a test says in a shell's lines. */
final class Peer extends GenericContainer<Peer> {
  /** Long for anything that does not move much data, even on a busy machine. */
  private static final int DEADLINE_SECONDS = 120;

  /** It runs nothing yet. */
  Peer(Network network) {
    super(PeerImage.IMAGE);
    withNetwork(network);
    withLabels(Ownership.labels());
    withCommand("sleep", "infinity");
    withCreateContainerCmdModifier(create ->
        Objects.requireNonNull(create.getHostConfig())
            .withCapAdd(Capability.NET_ADMIN) // it changes its routes
            .withInit(true)); // ends at once when it is told to
  }

  /** Its address in its network. */
  String address() {
    return getCurrentContainerInfo()
        .getNetworkSettings()
        .getNetworks()
        .values()
        .iterator()
        .next()
        .getIpAddress();
  }

  /** Runs a line to its end. */
  ExecResult run(String line) {
    try {
      return execInContainer("sh", "-c", line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the line writes to standard output; fails the test unless it succeeds. */
  String ok(String line) {
    ExecResult result = run(line);
    if (result.getExitCode() != 0) {
      throw new AssertionError(line + "\n" + result);
    }
    return result.getStdout();
  }

  /** Starts a line that runs on. What it prints is lost unless it says where to. */
  void start(String line) {
    ok("(" + line + ") </dev/null >/dev/null 2>&1 &");
  }

  /** Waits until the line succeeds; fails the test when the deadline passes first. */
  void awaitUntil(String line) {
    ok(
        "timeout %d sh -c 'until %s; do sleep 0.1; done' >/dev/null"
            .formatted(DEADLINE_SECONDS, line));
  }
}
