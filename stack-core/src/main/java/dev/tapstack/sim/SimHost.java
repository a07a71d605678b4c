package dev.tapstack.sim;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.device.Device;
import dev.tapstack.device.PcapDevice;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.wire.PcapWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host of a {@link SimNet}: a real stack whose ports are cables in memory. */
public final class SimHost {
  private final String name;
  private final Stack stack;
  private final List<PipeDevice> cables = new ArrayList<>();
  private final List<IpAddress> addresses = new ArrayList<>();
  private final @Nullable PcapWriter capture;
  private int linkedPorts;

  SimHost(SimNet net, HostSpec spec, @Nullable Path captureDirectory) {
    name = spec.name();
    capture =
        captureDirectory == null ? null : openCapture(captureDirectory.resolve(name + ".pcap"));
    StackConfig.Builder config =
        StackConfig.named(name).seed(net.seed()).proxyArp(spec.answersForOthers());
    for (HostSpec.Port port : spec.ports()) {
      addresses.add(port.address().address());
      config.attach(device(net, port), port.address());
    }
    if (spec.gateway() != null) {
      config.gateway(spec.gateway());
    }
    spec.routes().forEach(route -> config.route(route.destination(), route.gateway()));
    config.forwarding(spec.forwards());
    stack = new Stack(net.loop(), net.pool(), config.build());
  }

  private Device device(SimNet net, HostSpec.Port port) {
    String portName = "eth" + cables.size();
    PipeDevice cable = new PipeDevice(portName, name + " " + portName, port.mtu());
    cables.add(cable);
    Device watched = new WatchedDevice(cable, net, this);
    // A .pcap's time counts from 1970: equal runs give equal files.
    return capture == null ? watched : new PcapDevice(watched, net.loop(), capture, 0);
  }

  private static PcapWriter openCapture(Path file) {
    try {
      return new PcapWriter(
          Files.newByteChannel(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot capture to " + file + ": " + e.getMessage(), e);
    }
  }

  public String name() {
    return name;
  }

  /** The stack itself: listen, connect, bind, counters. */
  public Stack stack() {
    return stack;
  }

  /** The address of its first port. */
  public IpAddress address() {
    return addresses.get(0);
  }

  /** {@link #address} with a port number, as others connect to it. */
  public Endpoint endpoint(int port) {
    return new Endpoint(address(), port);
  }

  /** Plugs the cable of port eth{@code index} in, or pulls it: what is on it is lost. */
  public void plug(int index, boolean isPlugged) {
    cables.get(index).plug(isPlugged);
  }

  /** The far end of the first cable that is on no link yet. */
  PipeDevice nextFreeCable() {
    if (linkedPorts == cables.size()) {
      throw new IllegalStateException(name + " has no free port: give its HostSpec another one");
    }
    return cables.get(linkedPorts++).peer();
  }

  /** Frames that wait in its cables, in both directions. */
  int framesInCables() {
    int sum = 0;
    for (PipeDevice cable : cables) {
      sum += cable.waitingFrames() + cable.peer().waitingFrames();
    }
    return sum;
  }

  void closeCapture() {
    if (capture != null) {
      try {
        capture.close();
      } catch (IOException e) {
        throw new IllegalStateException("the capture of " + name + " is incomplete", e);
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
