package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.device.Device;
import dev.tapstack.device.TraceDevice;
import dev.tapstack.link.InterfaceListener;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.tap.HostSubnets;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapDevice;
import dev.tapstack.tap.TapWaiter;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A running {@code tapstack serve}: device, stack and services, from the ready line to the summary.
 *
 * <p>Theory of operation. The calling thread becomes the loop's. The first signal closes the
 * listeners; the loop ends when no connection is open, or five seconds later, and closing the stack
 * resets what is open then. A TAP that goes down is told and waited for; one that is removed ends
 * the loop at once.
 */
final class ServeRuntime implements InterfaceListener, AutoCloseable {
  /** What open connections get to finish. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** How often it is looked whether they have. */
  private static final Duration END_CHECK = Duration.ofMillis(20);

  private final ServeConfig config;
  private final PrintStream out;
  private final long startNanos = System.nanoTime();
  private final TapWaiter waiter = new TapWaiter();
  private final StackLoop loop = new StackLoop(Clock.system(), waiter);
  private final PacketPool pool = new PacketPool();
  private final Timer endCheck = new Timer(this::checkEnd);
  private final @Nullable Capture capture;
  private final TapDevice tap;
  private final Stack stack;
  private final Services services;
  private long graceEndNanos;
  private @Nullable String removed;

  /**
   * Opens the device, starts stack and services, and says that it is ready.
   *
   * @throws dev.tapstack.tap.TapException if the TAP cannot be had
   * @throws CommandException if something else cannot be had
   */
  ServeRuntime(ServeConfig config) {
    this.config = config;
    // The capture has standard output to itself.
    this.out = config.capturesToStandardOutput() ? System.err : System.out;
    ReadyFd readyFd = config.readyFd() >= 0 ? new ReadyFd(config.readyFd()) : null;
    HostSubnets.checkFree(config.tap().namespace(), config.tap().name(), config.address());
    capture = config.pcap() == null ? null : new Capture(config.pcap());
    tap = openTap();
    stack = new Stack(loop, pool, stackConfig());
    services =
        Services.start(config.services(), stack, config.verbosity() >= 1 ? this::say : line -> {});
    if (!tap.isUp()) {
      sayDown();
    }
    String ready = readyLine();
    say(ready);
    if (readyFd != null) {
      readyFd.write(ready);
    }
  }

  private TapDevice openTap() {
    TapConfig wanted =
        new TapConfig(
            config.tap().name(), config.tap().namespace(), config.mtu(), config.hostAddress());
    TapDevice opened = TapDevice.open(wanted, loop, waiter, pool);
    if (opened.kernelMac().equals(config.stackMac())) {
      opened.close();
      throw new CommandException(
          "--mac " + config.stackMac() + " is the kernel's own on that TAP: choose another");
    }
    return opened;
  }

  private StackConfig stackConfig() {
    Device device = capture == null ? tap : capture.of(tap, loop);
    if (config.verbosity() >= 2) {
      device = new TraceDevice(device, this::say);
    }
    StackConfig.Builder builder =
        StackConfig.named(config.tap().name())
            .attach(device, config.stackMac(), List.of(config.address()))
            .listener(this);
    if (config.gateway() != null) {
      builder.gateway(config.gateway());
    }
    return builder.build();
  }

  private String readyLine() {
    return "tapstack ready: %s on %s (%sMAC %s, MTU %d): %s"
        .formatted(
            config.address(),
            config.tap(),
            config.hostAddress() == null ? "" : "host " + config.hostAddress() + ", ",
            config.stackMac(),
            tap.caps().mtu(),
            config.services());
  }

  private void say(String line) {
    out.println(line);
  }

  private void sayDown() {
    say(tap.name() + " is down: waiting for 'ip link set " + tap.name() + " up'");
  }

  /**
   * Serves until a signal or the end of the device.
   *
   * @return 0
   * @throws CommandException if the TAP was removed
   */
  int run() {
    Signals.onFirst(() -> {
      if (!loop.execute(this::end)) {
        Runtime.getRuntime().halt(1);
      }
    });
    loop.run();
    stack.close();
    Map<String, Map<String, Long>> counters = stack.counters();
    services.addCounters(counters);
    say(Summary.of(Duration.ofNanos(System.nanoTime() - startNanos), counters));
    if (removed != null) {
      throw new CommandException(removed);
    }
    return 0;
  }

  private void end() {
    services.close();
    stack.closeListeners();
    graceEndNanos = loop.nowNanos() + GRACE.toNanos();
    int open = stack.openConnections();
    if (open > 0) {
      say(
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
  public void linkChanged(NetInterface changed, boolean isUp) {
    if (isUp) {
      say(tap.name() + " is up again");
    } else {
      sayDown();
    }
  }

  @Override
  public void removed(NetInterface lost, String why) {
    removed = why;
    loop.stop();
  }

  @Override
  public void close() {
    stack.close();
    pool.close();
    if (capture != null) {
      capture.close();
    }
  }
}
