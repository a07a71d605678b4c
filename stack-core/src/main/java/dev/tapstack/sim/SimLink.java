package dev.tapstack.sim;

import dev.tapstack.device.DeviceInput;
import dev.tapstack.device.FaultCounter;
import dev.tapstack.device.FaultDevice;
import dev.tapstack.device.FaultProfile;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.link.DeviceInterface;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.wire.Ethernet;
import java.util.ArrayList;
import java.util.List;

/**
 * An Ethernet network segment that joins two hosts or any number: a switch that knows who is on
 * which port. Each host's cable has faults of its own in each direction; none at first. The loop's
 * thread only.
 */
public final class SimLink {
  private final SimNet net;
  private final List<Port> ports = new ArrayList<>();
  private final PacketLedger ledger = new PacketLedger();

  SimLink(SimNet net) {
    this.net = net;
  }

  /** A host's cable, seen from the switch. */
  private final class Port implements DeviceInput {
    private final SimHost host;
    private final int index;
    private final long mac;
    private final FaultDevice device;
    private final StackLoop.Registration registration;

    Port(SimHost host, int index) {
      this.host = host;
      this.index = index;
      PipeDevice end = host.nextFreeCable();
      this.mac = macBehind(host, end);
      Rng rng = Rng.seeded(net.seed(), "link " + end.name());
      device = new FaultDevice(end, net.loop(), rng, FaultProfile.NONE, FaultProfile.NONE);
      registration = net.loop().register(device::poll);
      device.attach(this, registration);
    }

    @Override
    public void input(Packet packet) {
      packet.receivedBy(ledger, index);
      if (packet.length() < Ethernet.HEADER_LENGTH) {
        packet.drop(DropReason.ETHERNET_RUNT);
        packet.endOfInput();
        return;
      }
      forward(this, packet.take());
    }

    @Override
    public void linkChanged(boolean isUp) {}

    @Override
    public void removed(String why) {}

    void close() {
      registration.close();
      device.close();
    }
  }

  private static long macBehind(SimHost host, PipeDevice end) {
    for (DeviceInterface each : host.stack().interfaces()) {
      if (each.name().equals(end.peer().name())) {
        return each.mac().bits();
      }
    }
    throw new AssertionError(host + " has no interface " + end.peer().name());
  }

  private void forward(Port from, Packet frame) {
    long mac = Ethernet.destination(frame.buf(), frame.start());
    Port last = null;
    for (Port each : ports) {
      if (each.mac == mac) {
        last = each;
      }
    }
    if (last == null) {
      // A group, or an address that corruption made: to all others, as a switch does.
      for (Port each : ports) {
        if (each != from) {
          if (last != null) {
            last.device.transmit(frame.duplicate());
          }
          last = each;
        }
      }
    }
    if (last == null || last == from) {
      frame.drop(DropReason.ETHERNET_NOT_FOR_US);
    } else {
      last.device.transmit(frame);
    }
  }

  /** Puts the first free port of {@code host} on this segment. */
  public SimLink join(SimHost host) {
    ports.add(new Port(host, ports.size()));
    return this;
  }

  /** What happens from now on to every frame, once, on its way into the segment. */
  public SimLink faults(FaultProfile profile) {
    ports.forEach(port -> port.device.inbound(profile));
    return this;
  }

  /** What happens from now on to the frames that {@code host} sends. */
  public SimLink faultsFrom(SimHost host, FaultProfile profile) {
    port(host).device.inbound(profile);
    return this;
  }

  /** What happens from now on to the frames that go to {@code host}, after the sender's faults. */
  public SimLink faultsTo(SimHost host, FaultProfile profile) {
    port(host).device.outbound(profile);
    return this;
  }

  /** What {@link #faultsFrom} and {@link #faults} have done. */
  public Counters<FaultCounter> countersFrom(SimHost host) {
    return port(host).device.inboundCounters();
  }

  /** What {@link #faultsTo} has done. */
  public Counters<FaultCounter> countersTo(SimHost host) {
    return port(host).device.outboundCounters();
  }

  private Port port(SimHost host) {
    for (Port each : ports) {
      if (each.host == host) {
        return each;
      }
    }
    throw new IllegalArgumentException(host + " is not on this link: join it first");
  }

  // For the network.

  PacketLedger ledger() {
    return ledger;
  }

  /** Frames on their way into the segment; those on their way out are in its ledger. */
  int framesOnTheWay() {
    int sum = 0;
    for (Port port : ports) {
      sum += port.device.inboundFrames();
    }
    return sum;
  }

  void close() {
    ports.forEach(Port::close);
  }
}
