package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.apps.cli.control.Answer;
import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.control.Instruction;
import dev.tapstack.apps.cli.control.LoopSnapshot;
import dev.tapstack.apps.cli.control.View;
import dev.tapstack.apps.faults.FaultChange;
import dev.tapstack.apps.faults.FaultSettings;
import dev.tapstack.apps.faults.FaultySegment;
import dev.tapstack.apps.faults.Member;
import dev.tapstack.device.FaultCounter;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.stats.Counters;
import dev.tapstack.tap.KernelBridge;
import dev.tapstack.tap.PacketDevice;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapDevice;
import dev.tapstack.tap.TapException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A running {@code tapstack faults}.
 *
 * <p>Theory of operation. Each port of the bridge is disabled there, and becomes a member of a
 * {@link FaultySegment} by a packet socket on its interface. What is left to the bridge is the
 * kernel's own address on it; a TAP of ours is its only other working port, and so is the plug of
 * the kernel, which is the member {@link #HOST}. Ports come and go while it runs, as the kernel's
 * notices tell: one that has just come forwards for a moment to the kernel and the TAP, and so to
 * the other members through the faults.
 *
 * <p>The calling thread becomes the loop's. At the end the ports forward again; if the process is
 * killed they stay disabled, and the network is silent until another takes its place.
 */
final class FaultsRuntime implements AutoCloseable {
  /** Name of the member that is the kernel with the bridge. */
  static final String HOST = "host";

  /** The view of members, and the instruction that changes their faults. */
  static final String SHOW = "faults";

  static final String SET = "faults-set";

  private final TapPort.Engine engine = TapPort.Engine.create();
  private final StackLoop loop = engine.loop();
  private final KernelBridge bridge;
  private final Stack account; // has no interface: the ledger of frames, and the way into the loop
  private final FaultySegment segment;
  private final Map<Integer, Member> ports = new HashMap<>();
  private final String tap;
  private final ControlSocket control;
  private @Nullable String failure;

  /**
   * Takes the bridge's place, and says that it is ready.
   *
   * @param seed where chance begins, or null for nowhere that can be known
   * @throws TapException if it cannot
   */
  FaultsRuntime(TapName name, FaultChange faults, @Nullable Long seed) {
    bridge = KernelBridge.open(name.namespace(), name.name());
    account = new Stack(loop, engine.pool(), StackConfig.named(name.toString()).build());
    Rng rng = seed == null ? Rng.secure() : Rng.seeded(seed, "faults");
    segment = new FaultySegment(loop, account.ledger(), rng);
    segment.change(faults);
    tap = "faults" + bridge.index();
    try {
      plugHost();
      updatePorts();
      bridge.watch(loop, engine.waiter(), this::portsChanged);
      Map<String, Answer> answers = new LinkedHashMap<>(StackViews.of(account));
      answers.put(SHOW, new View<>(this::rows, rows -> rows));
      answers.put(SET, (Instruction) this::set);
      control = new ControlSocket(account, loop, answers, List.of());
    } catch (RuntimeException e) {
      closeBridge(); // no port is left disabled
      throw e;
    }
    say(
        "tapstack ready: faults on %s (%d ports, host by %s): %s"
            .formatted(
                name, ports.size(), tap, FaultOptions.format(segment.members().getFirst().from())));
    say(control.line());
  }

  private static void say(String line) {
    System.out.println(line);
  }

  private void plugHost() {
    TapConfig config = new TapConfig(tap, bridge.namespace(), 0, null).onBridge(bridge.name());
    TapDevice device = TapDevice.open(config, loop, engine.waiter(), engine.pool());
    segment.join(HOST, device, why -> end(why));
  }

  // Ports.

  private void portsChanged() {
    if (!bridge.exists()) {
      end("bridge " + bridge.name() + " was removed");
      return;
    }
    try {
      updatePorts();
    } catch (TapException e) {
      say("a port is left out: " + e.getMessage());
    }
  }

  private void updatePorts() {
    List<Integer> present = new ArrayList<>();
    for (KernelBridge.Port port : bridge.ports()) {
      if (!port.name().equals(tap)) {
        present.add(port.index());
        if (!port.isDisabled()) {
          bridge.disable(port.index());
        }
        if (!ports.containsKey(port.index())) {
          ports.put(port.index(), join(port));
        }
      }
    }
    List<Integer> gone = new ArrayList<>(ports.keySet());
    gone.removeAll(present);
    for (Integer index : gone) {
      Member member = ports.remove(index);
      if (member != null) {
        segment.leave(member);
        say(member.name() + " is gone");
      }
    }
  }

  private Member join(KernelBridge.Port port) {
    PacketDevice device =
        PacketDevice.open(bridge.namespace(), port, engine.waiter(), engine.pool());
    say(port.name() + " is a member");
    return segment.join(port.name(), device, why -> {}); // its going is a notice
  }

  // Control.

  private List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Member member : segment.members()) {
      Map<String, Object> from = row(member, "from", member.from(), member.fromCounters());
      from.put("known_as", member.identities().stream().skip(1).toList());
      rows.add(from);
      rows.add(row(member, "to", member.to(), member.toCounters()));
    }
    return rows;
  }

  private static Map<String, Object> row(
      Member member, String way, FaultSettings settings, Counters<FaultCounter> counters) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("member", member.name());
    row.put("way", way);
    row.put("faults", FaultOptions.format(settings));
    for (FaultCounter counter : FaultCounter.values()) {
      row.put(Counters.label(counter), counters.value(counter));
    }
    return row;
  }

  private List<Map<String, Object>> set(Map<String, Object> how) {
    try {
      FaultChange change = FaultChange.ofMap(how);
      return LoopSnapshot.take(
          account,
          () -> {
            segment.change(change);
            return rows();
          });
    } catch (IllegalArgumentException e) {
      throw new ControlException(String.valueOf(e.getMessage()), e);
    }
  }

  // Running and ending.

  /**
   * Runs until a signal.
   *
   * @throws CommandException if the bridge was removed
   */
  void run() {
    Signals.onFirst(loop::stop);
    loop.run();
    if (failure != null) {
      throw new CommandException(failure);
    }
  }

  private void end(String why) {
    failure = why;
    loop.stop();
  }

  private void closeBridge() {
    ports.keySet().forEach(bridge::enable);
    segment.close();
    bridge.close();
    account.close();
    engine.pool().close();
  }

  @Override
  public void close() {
    control.close();
    closeBridge();
  }
}
