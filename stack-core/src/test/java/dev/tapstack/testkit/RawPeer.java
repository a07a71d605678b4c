package dev.tapstack.testkit;

import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.PacketLedger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A peer that is no stack: it sends the bytes that a test gives it, and keeps the frames that it
 * receives as bytes. Owns its device. One thread, the loop's.
 */
public final class RawPeer implements AutoCloseable {
  private final LoopHarness harness;
  private final Device device;
  private final PacketLedger ledger = new PacketLedger();
  private final ArrayDeque<byte[]> received = new ArrayDeque<>();
  private final List<Boolean> linkChanges = new ArrayList<>();
  private final StackLoop.Registration registration;

  /** Attaches {@code device}, and closes it after the test. */
  public RawPeer(LoopHarness harness, Device device) {
    this.harness = harness;
    this.device = device;
    registration = harness.loop().register(device::poll);
    device.attach(new Receiver(), registration);
    harness.closeAfterTest(this);
  }

  private final class Receiver implements DeviceInput {
    @Override
    public void input(Packet packet) {
      byte[] frame = new byte[packet.length()];
      packet.buf().getBytes(packet.start(), frame);
      received.add(frame);
      packet.unused();
    }

    @Override
    public void linkChanged(boolean isUp) {
      linkChanges.add(isUp);
    }

    @Override
    public void removed(String why) {
      linkChanges.add(false);
    }
  }

  /** Gives {@code frame} to the device; it arrives in a later turn. */
  public void send(byte[] frame) {
    send(frame, 0);
  }

  /** As the other; the frame stands for many, each with {@code gsoSize} bytes of text. */
  public void send(byte[] frame, int gsoSize) {
    Packet packet = harness.pool().allocateFor(frame.length).builtBy(ledger);
    packet.buf().setBytes(packet.start(), frame);
    packet.end(packet.start() + frame.length);
    packet.gsoSize(gsoSize);
    device.transmit(packet);
    device.flush();
  }

  /** The oldest frame received and not yet taken, taken out; fails the test if there is none. */
  public byte[] take() {
    byte[] frame = received.poll();
    if (frame == null) {
      throw new AssertionError("no frame was received");
    }
    return frame;
  }

  /** All frames received and not yet taken, taken out, the oldest first. */
  public List<byte[]> takeAll() {
    List<byte[]> all = List.copyOf(received);
    received.clear();
    return all;
  }

  /** Frames received and not yet taken. */
  public int waiting() {
    return received.size();
  }

  /** What the device told of its link, the oldest first. */
  public List<Boolean> linkChanges() {
    return linkChanges;
  }

  /** The account of what was sent from here. */
  public PacketLedger ledger() {
    return ledger;
  }

  @Override
  public void close() {
    registration.close();
    device.close();
  }
}
