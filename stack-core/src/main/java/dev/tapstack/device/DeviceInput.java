package dev.tapstack.device;

import dev.tapstack.packet.Packet;

/** What a device tells its interface. The loop's thread only. */
public interface DeviceInput {
  /** A frame {@code [start, end)} was received; the packet is given. */
  void input(Packet packet);

  /** The link went up or down. */
  void linkChanged(boolean isUp);

  /** The device is gone for good; {@code why} is for people. */
  void removed(String why);
}
