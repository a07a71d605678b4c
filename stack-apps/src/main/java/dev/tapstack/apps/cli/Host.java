package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.device.Device;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapDevice;
import dev.tapstack.tap.TapException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stack of a command on its TAP, with the capture and the trace that were asked for. Its
 * address is in use when the constructor returns.
 *
 * <p>The thread that calls {@link #run} becomes the loop's. A TAP that goes down is told and waited
 * for; one that is removed ends the loop at once.
 */
final class Host implements AutoCloseable {
  /** Of a client: a host that does not answer is given up while somebody still looks. */
  static final TcpOptions CLIENT_TCP =
      TcpOptions.DEFAULTS.withConnectTimeout(Duration.ofSeconds(15));

  private final HostConfig config;
  private final PrintStream out;
  private final TapPort.Engine engine = TapPort.Engine.create();
  private final StackLoop loop = engine.loop();
  private final LinkWatch links = new LinkWatch(loop, this::say);
  private final @Nullable Capture capture;
  private final TapDevice tap;
  private final TapPort port;
  private final Stack stack;

  /**
   * Opens the device and starts the stack.
   *
   * @param out takes the lines that {@link #say} is given
   * @throws TapException if the TAP cannot be had
   * @throws CommandException if something else cannot be had
   */
  private Host(HostConfig config, PrintStream out) {
    this.config = config;
    this.out = out;
    capture = config.pcap() == null ? null : new Capture("--pcap", config.pcap());
    port =
        TapPort.open(
            engine,
            new TapConfig(
                    config.tap().name(),
                    config.tap().namespace(),
                    config.mtu(),
                    config.hostAddress())
                .onBridge(config.bridge()),
            config.address(),
            config.stackMac(),
            capture,
            config.verbosity() >= 2 ? this::say : null);
    tap = port.tap();
    stack = new Stack(loop, engine.pool(), stackConfig(port.device()));
    links.opened(tap);
    if (config.probes()) {
      probe();
    }
  }

  /**
   * The same with the first of the configuration's addresses that nobody else has.
   *
   * @throws AddressTakenException if others have them all
   */
  static Host open(HostConfig config, PrintStream out) {
    HostConfig wanted = config;
    while (true) {
      try {
        return new Host(wanted, out);
      } catch (AddressTakenException e) {
        HostConfig next = wanted.withNextAddress();
        // A capture on standard output cannot begin anew.
        if (next == null || config.capturesToStandardOutput()) {
          throw e;
        }
        out.println(
            wanted.address().address() + " is somebody's: trying " + next.address().address());
        wanted = next;
      }
    }
  }

  private void probe() {
    say("asking for 4 to 7 seconds whether somebody else has " + config.address().address());
    loop.runUntil(links::isInUse);
    try {
      links.check();
    } catch (CommandException e) {
      close();
      throw e;
    }
  }

  private StackConfig stackConfig(Device device) {
    StackConfig.Builder builder =
        StackConfig.named(config.tap().name())
            .probeAddresses(config.probes())
            .attach(device, config.stackMac(), List.of(config.address()))
            .listener(links);
    if (config.gateway() != null) {
      builder.gateway(config.gateway());
    }
    return builder.build();
  }

  /** What it is; its address may be another than was tried first. */
  HostConfig config() {
    return config;
  }

  /** The stack; its methods are for the thread that calls {@link #run}. */
  Stack stack() {
    return stack;
  }

  /** Its TAP. */
  TapPort port() {
    return port;
  }

  StackLoop loop() {
    return loop;
  }

  /** MTU of the TAP in bytes. */
  int mtu() {
    return tap.caps().mtu();
  }

  /** Prints a line that is for people. */
  void say(String line) {
    out.println(line);
  }

  /** {@link #say} if {@code -v} asks for a line for each connection, else silence. */
  void sayOfConnection(String line) {
    if (config.verbosity() >= 1) {
      say(line);
    }
  }

  /** Makes SIGINT and SIGTERM end {@link #run}; open connections are reset. */
  void stopOnSignal() {
    Signals.onFirst(loop::stop);
  }

  /**
   * Runs the stack until the loop is stopped or the TAP is removed, then closes it.
   *
   * @throws CommandException if the TAP was removed, or came up again and somebody else has the
   *     address, which was to be asked
   */
  void run() {
    loop.run();
    stack.close();
    links.check();
  }

  @Override
  public void close() {
    stack.close();
    engine.pool().close();
    if (capture != null) {
      capture.close();
    }
  }
}
