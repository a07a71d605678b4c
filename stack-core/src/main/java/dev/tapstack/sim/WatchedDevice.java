package dev.tapstack.sim;

import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceDecorator;
import dev.tapstack.packet.Packet;

/** Shows each frame that a host transmits to its network. The loop's thread only. */
final class WatchedDevice extends DeviceDecorator {
  private final SimNet net;
  private final SimHost host;

  WatchedDevice(Device inner, SimNet net, SimHost host) {
    super(inner);
    this.net = net;
    this.host = host;
  }

  @Override
  public void transmit(Packet packet) {
    net.transmitted(host, packet);
    super.transmit(packet);
  }
}
