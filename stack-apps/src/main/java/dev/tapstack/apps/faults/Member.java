package dev.tapstack.apps.faults;

import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceDecorator;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.device.FaultCounter;
import dev.tapstack.device.FaultDevice;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member of a {@link FaultySegment}: its plug, and a link with faults each way between plug and
 * switch. The loop's thread only.
 */
public final class Member implements DeviceInput {
  /** Names, MAC and IPv4 addresses; a member that has more of them is a router, or not honest. */
  private static final int MAX_IDENTITIES = 64;

  private final String name;
  private final FaultySegment segment;
  private final Consumer<String> onRemoved;
  private final FaultDevice link;
  private final Set<String> identities = new LinkedHashSet<>();
  private FaultSettings from = FaultSettings.NONE;
  private FaultSettings to = FaultSettings.NONE;
  private StackLoop.@Nullable Registration registration;
  private boolean isMarked;

  /**
   * @param onRemoved told when the device has gone by itself, and why
   */
  Member(
      String name,
      Device plug,
      FaultySegment segment,
      StackLoop loop,
      Rng rng,
      Consumer<String> onRemoved) {
    this.name = name;
    this.segment = segment;
    this.onRemoved = onRemoved;
    identities.add(name);
    link = new FaultDevice(new Learner(plug), loop, rng, to.effective(), from.effective());
  }

  void attach(StackLoop loop) {
    registration = loop.register(link::poll);
    link.attach(this, registration);
  }

  /** Shows the switch each frame as the member sent it, before any fault. */
  private final class Learner extends DeviceDecorator {
    Learner(Device plug) {
      super(plug);
    }

    @Override
    public void input(Packet frame) {
      segment.learn(Member.this, frame);
      super.input(frame);
    }
  }

  public String name() {
    return name;
  }

  /** What it is known by: its name, and the MAC and IPv4 addresses that it has shown. */
  public Set<String> identities() {
    return Collections.unmodifiableSet(identities);
  }

  /** Whether that was new. */
  boolean addIdentity(String identity) {
    return identities.size() < MAX_IDENTITIES && identities.add(identity);
  }

  void removeIdentity(String identity) {
    identities.remove(identity);
  }

  /** The faults of what comes from it. */
  public FaultSettings from() {
    return from;
  }

  /** The faults of what goes to it. */
  public FaultSettings to() {
    return to;
  }

  void faults(FaultSettings newFrom, FaultSettings newTo) {
    from = newFrom;
    to = newTo;
    link.inbound(from.effective());
    link.outbound(to.effective());
  }

  /** What happened to frames that came from it. */
  public Counters<FaultCounter> fromCounters() {
    return link.inboundCounters();
  }

  /** What happened to frames on their way to it. */
  public Counters<FaultCounter> toCounters() {
    return link.outboundCounters();
  }

  /** Sends a frame towards it, given. Whether {@link #flush} has to be called. */
  boolean transmit(Packet frame) {
    link.transmit(frame);
    boolean isFirst = !isMarked;
    isMarked = true;
    return isFirst;
  }

  void flush() {
    isMarked = false;
    link.flush();
  }

  void close() {
    if (registration != null) {
      registration.close();
    }
    link.close();
  }

  // From the link.

  @Override
  public void input(Packet frame) {
    segment.forward(this, frame);
  }

  @Override
  public void linkChanged(boolean isUp) {}

  @Override
  public void removed(String why) {
    onRemoved.accept(why);
  }
}
