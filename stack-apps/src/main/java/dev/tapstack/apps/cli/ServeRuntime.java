package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A running {@code tapstack serve}: host and services, from the ready line to the summary.
 *
 * <p>Theory of operation. The calling thread becomes the loop's. The first signal closes the
 * listeners; the loop ends when no connection is open, or five seconds later, and closing the stack
 * resets what is open then.
 */
final class ServeRuntime implements AutoCloseable {
  /** What open connections get to finish. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** How often it is looked whether they have. */
  private static final Duration END_CHECK = Duration.ofMillis(20);

  private final long startNanos = System.nanoTime();
  private final Timer endCheck = new Timer(this::checkEnd);
  private final Host host;
  private final Stack stack;
  private final StackLoop loop;
  private final Services services;
  private final ControlSocket control;
  private long graceEndNanos;

  /**
   * Opens the device, starts stack and services, and says that it is ready.
   *
   * @throws dev.tapstack.tap.TapException if the TAP cannot be had
   * @throws CommandException if something else cannot be had
   */
  ServeRuntime(ServeConfig config) {
    ReadyFd readyFd = config.readyFd() >= 0 ? new ReadyFd(config.readyFd()) : null;
    // The capture has standard output to itself.
    host =
        Host.open(
            config.host(), config.host().capturesToStandardOutput() ? System.err : System.out);
    stack = host.stack();
    loop = host.loop();
    services = Services.start(config, stack, host::sayOfConnection);
    Signals.onUser1(new StatusReport(stack, this::counters, host::say)::print);
    if (config.statsSeconds() > 0) {
      new RateLine(stack, services::requests, config.statsSeconds(), host::say);
    }
    control = new ControlSocket(stack, loop, StackViews.of(stack), List.of(host.port()));
    String ready = readyLine(config);
    host.say(ready);
    host.say(control.line());
    if (readyFd != null) {
      readyFd.write(ready);
    }
  }

  private String readyLine(ServeConfig config) {
    HostConfig its = host.config();
    return "tapstack ready: %s on %s (%s%sMAC %s, MTU %d): %s"
        .formatted(
            its.address(),
            its.tap(),
            its.bridge() == null ? "" : "bridge " + its.bridge() + ", ",
            its.hostAddress() == null ? "" : "host " + its.hostAddress() + ", ",
            its.stackMac(),
            host.mtu(),
            config.services());
  }

  /**
   * Serves until a signal or the end of the device.
   *
   * @return 0
   * @throws CommandException if the TAP was removed
   */
  int run() {
    Signals.onFirst(() -> {
      // What has arrived by now is a request still: the turn polls before it ends.
      if (!loop.execute(() -> loop.atTurnEnd(nowNanos -> end()))) {
        Runtime.getRuntime().halt(1);
      }
    });
    try {
      host.run();
    } finally {
      host.say(Summary.of(Duration.ofNanos(System.nanoTime() - startNanos), counters()));
    }
    return 0;
  }

  private Map<String, Map<String, Long>> counters() {
    Map<String, Map<String, Long>> counters = stack.counters();
    services.addCounters(counters);
    return counters;
  }

  private void end() {
    services.stopListening();
    stack.closeListeners();
    graceEndNanos = loop.nowNanos() + GRACE.toNanos();
    int open = stack.openConnections();
    if (open > 0) {
      host.say(
          "ending: %d open connection%s: up to %d seconds; a second signal ends at once"
              .formatted(open, open == 1 ? "" : "s", GRACE.toSeconds()));
    }
    checkEnd(loop.nowNanos());
  }

  private void checkEnd(long nowNanos) {
    if (stack.openConnections() == 0 || nowNanos - graceEndNanos >= 0) {
      loop.stop();
    } else {
      loop.armIn(endCheck, END_CHECK.toNanos());
    }
  }

  @Override
  public void close() {
    control.close();
    host.close();
    services.close();
  }
}
