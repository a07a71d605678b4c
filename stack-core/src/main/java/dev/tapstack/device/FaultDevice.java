package dev.tapstack.device;

import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;

/**
 * A device whose link loses, delays, doubles, damages, reorders and throttles frames, in each
 * direction by its own {@link FaultProfile}. The same seed gives the same faults. The loop's thread
 * only.
 *
 * <p>A frame that the link drops on its way out counts in its stack's ledger as {@code FAULT_LOSS}
 * or {@code DEVICE_QUEUE_FULL}; one on its way in has not reached the stack yet and counts here
 * alone.
 */
public final class FaultDevice extends DeviceDecorator {
  private final FaultLink outbound;
  private final FaultLink inbound;

  /**
   * @param rng the source of chance, this device's own
   */
  public FaultDevice(
      Device inner, StackLoop loop, Rng rng, FaultProfile outbound, FaultProfile inbound) {
    super(inner);
    this.outbound = new FaultLink(loop, rng, outbound, new OutboundEnd(inner));
    this.inbound = new FaultLink(loop, rng, inbound, new InboundEnd());
  }

  private static final class OutboundEnd implements FaultLink.End {
    private final Device inner;

    OutboundEnd(Device inner) {
      this.inner = inner;
    }

    @Override
    public void arrived(Packet packet) {
      inner.transmit(packet);
    }

    @Override
    public void dropped(Packet packet, DropReason reason) {
      packet.drop(reason);
    }

    @Override
    public void batchEnd() {
      inner.flush();
    }
  }

  private final class InboundEnd implements FaultLink.End {
    @Override
    public void arrived(Packet packet) {
      upper().input(packet);
    }

    @Override
    public void dropped(Packet packet, DropReason reason) {
      packet.unused();
    }

    @Override
    public void batchEnd() {}
  }

  /** Changes what happens to frames that are transmitted from now on. */
  public void outbound(FaultProfile profile) {
    outbound.profile(profile);
  }

  /** Changes what happens to frames that are received from now on. */
  public void inbound(FaultProfile profile) {
    inbound.profile(profile);
  }

  public Counters<FaultCounter> outboundCounters() {
    return outbound.counters();
  }

  public Counters<FaultCounter> inboundCounters() {
    return inbound.counters();
  }

  /** Received frames that are on their way still. */
  public int inboundFrames() {
    return inbound.travelling();
  }

  @Override
  public void transmit(Packet packet) {
    outbound.offer(packet);
  }

  @Override
  public void input(Packet packet) {
    inbound.offer(packet);
  }

  @Override
  public void close() {
    outbound.close();
    inbound.close();
    super.close();
  }
}
