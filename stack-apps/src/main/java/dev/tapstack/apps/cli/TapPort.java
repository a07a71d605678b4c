package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.Device;
import dev.tapstack.device.MonitorDevice;
import dev.tapstack.device.TraceDevice;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.tap.HostSubnets;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapDevice;
import dev.tapstack.tap.TapException;
import dev.tapstack.tap.TapWaiter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A TAP as a command opens it for its stack: checked against the machine's subnets, captured and
 * traced as was asked.
 *
 * @param tap the TAP itself
 * @param monitor the TAP inside its capture: where {@code tapstack capture} listens
 * @param device what the stack is given: the monitor inside its trace
 */
record TapPort(TapDevice tap, MonitorDevice monitor, Device device) {
  /**
   * What all TAPs of a command have in common.
   *
   * @param loop turned by the command's thread
   * @param waiter the loop's
   * @param pool its packets
   */
  record Engine(StackLoop loop, TapWaiter waiter, PacketPool pool) {
    static Engine create() {
      TapWaiter waiter = new TapWaiter();
      return new Engine(new StackLoop(Clock.system(), waiter), waiter, new PacketPool());
    }
  }

  /**
   * Opens the TAP.
   *
   * @param address the stack's, which must be in nobody's way
   * @param stackMac the stack's, which must not be the kernel's
   * @param capture takes every frame, or null
   * @param trace takes a line for every frame, or null
   * @throws TapException if the TAP cannot be had
   * @throws CommandException if the addresses do not go together
   */
  static TapPort open(
      Engine engine,
      TapConfig wanted,
      IpPrefix address,
      MacAddress stackMac,
      @Nullable Capture capture,
      @Nullable Consumer<String> trace) {
    HostSubnets.checkFree(wanted, address);
    TapDevice opened = TapDevice.open(wanted, engine.loop(), engine.waiter(), engine.pool());
    if (opened.kernelMac().equals(stackMac)) {
      opened.close();
      throw new CommandException(
          "--mac " + stackMac + " is the kernel's own on that TAP: choose another");
    }
    MonitorDevice monitor =
        new MonitorDevice(capture == null ? opened : capture.of(opened, engine.loop()));
    return new TapPort(opened, monitor, trace == null ? monitor : new TraceDevice(monitor, trace));
  }
}
