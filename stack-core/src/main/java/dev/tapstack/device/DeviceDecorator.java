package dev.tapstack.device;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import org.jspecify.annotations.Nullable;

/**
 * A device around another one: passes everything on unless a subclass does more. It stands between
 * the inner device and the interface, in both directions. The loop's thread only.
 */
public abstract class DeviceDecorator implements Device, DeviceInput {
  private final Device inner;
  private @Nullable DeviceInput upper;

  protected DeviceDecorator(Device inner) {
    this.inner = inner;
  }

  /** Where received frames go. */
  protected final DeviceInput upper() {
    DeviceInput known = upper;
    assert known != null : "attach comes first";
    return known;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public DeviceCaps caps() {
    return inner.caps();
  }

  @Override
  public void attach(DeviceInput input, StackLoop.Registration registration) {
    upper = input;
    inner.attach(this, registration);
  }

  @Override
  public int poll(long nowNanos, int budget) {
    return inner.poll(nowNanos, budget);
  }

  @Override
  public void transmit(Packet packet) {
    inner.transmit(packet);
  }

  @Override
  public void flush() {
    inner.flush();
  }

  @Override
  public boolean isUp() {
    return inner.isUp();
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public void input(Packet packet) {
    upper().input(packet);
  }

  @Override
  public void linkChanged(boolean isUp) {
    upper().linkChanged(isUp);
  }

  @Override
  public void removed(String why) {
    upper().removed(why);
  }
}
