package dev.tapstack.link;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.TurnEnd;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.Counters;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network interface over a {@link Device}, which it owns: lends received frames to its link and
 * ends them, counts, flushes the device at the end of each turn in which something was transmitted,
 * and follows the device's ups and downs. While it is down, packets are dropped as {@code
 * DEVICE_DOWN}; when it comes up again everything goes on by itself. Addresses that are to be
 * probed (RFC 5227 2.1.1) are so each time it comes up, and packets both ways are dropped as {@code
 * ADDRESS_NOT_IN_USE} meanwhile.
 *
 * <p>The loop's thread only.
 */
public final class DeviceInterface implements NetInterface, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceInterface.class);

  private final InterfaceConfig config;
  private final Device device;
  private final StackLoop loop;
  private final PacketLedger ledger;
  private final NetworkProtocol network;
  private final Counters<LinkCounter> counters = new Counters<>(LinkCounter.class);
  private final Link link;
  private final @Nullable EthernetLink ethernet;
  private final TurnEnd flush = this::flush;
  private StackLoop.@Nullable Registration registration;
  private @Nullable InterfaceListener listener;
  private boolean isUp;
  private boolean isFlushDue;
  private boolean isClosed;

  /**
   * An interface that does nothing until {@link #open}.
   *
   * @param network takes what is received
   */
  public DeviceInterface(
      StackLoop loop,
      PacketPool pool,
      PacketLedger ledger,
      Rng rng,
      NetworkProtocol network,
      Device device,
      InterfaceConfig config) {
    this.loop = loop;
    this.ledger = ledger;
    this.network = network;
    this.device = device;
    this.config = config;
    if (device.caps().isEthernet()) {
      ethernet = new EthernetLink(this, loop, pool, ledger, rng, network);
      link = ethernet;
    } else {
      ethernet = null;
      link = new LoopbackLink(this, network);
    }
  }

  /** Tells {@code listener} what becomes of the interface from now on. */
  public void listener(InterfaceListener listener) {
    this.listener = listener;
  }

  /** Attaches the device; if its link is up, traffic begins. Once. */
  public void open() {
    assert registration == null;
    registration = loop.register(device::poll);
    device.attach(new Input(), registration);
    changeLink(device.isUp());
  }

  private final class Input implements DeviceInput {
    @Override
    public void input(Packet packet) {
      counters.increment(LinkCounter.FRAMES_IN);
      counters.add(LinkCounter.BYTES_IN, packet.length());
      packet.receivedBy(ledger, config.index());
      link.input(packet);
      packet.endOfInput();
    }

    @Override
    public void linkChanged(boolean isUpNow) {
      if (changeLink(isUpNow) && listener != null) {
        listener.linkChanged(DeviceInterface.this, isUpNow);
      }
    }

    @Override
    public void removed(String why) {
      changeLink(false);
      if (listener != null) {
        listener.removed(DeviceInterface.this, why);
      }
    }
  }

  private boolean changeLink(boolean isUpNow) {
    if (isUp == isUpNow) {
      return false;
    }
    isUp = isUpNow;
    if (isUp) {
      link.up();
    } else {
      link.down(DropReason.DEVICE_DOWN);
    }
    return true;
  }

  boolean probesAddresses() {
    return config.options().probesAddresses();
  }

  boolean proxyArp() {
    return config.options().proxyArp();
  }

  @Override
  public boolean checksReversePath() {
    return config.options().checksReversePath();
  }

  /** The addresses are free, or nobody was to ask. */
  void addressesInUse() {
    network.addressesInUse(this);
    if (listener != null) {
      listener.addressesInUse(this);
    }
  }

  /** Somebody else has an address of ours: none is used. */
  void addressTaken(Ipv4Address address, MacAddress other) {
    if (listener != null) {
      listener.addressTaken(this, address, other);
    } else {
      LOG.warn("{}: {} has {}: no address is used here", name(), other, address);
    }
  }

  /** Whether its addresses are in use: it is up, and has probed them if it was to. */
  public boolean isInUse() {
    return isUp && (ethernet == null || ethernet.isInUse());
  }

  @Override
  public void output(Packet packet, long nextHopHi, long nextHopLo) {
    if (isUp) {
      packet.network(packet.start());
      link.output(packet, nextHopHi, nextHopLo);
    } else {
      packet.drop(DropReason.DEVICE_DOWN);
    }
  }

  /** Gives a whole frame, given, to the device. */
  void transmit(Packet packet) {
    counters.increment(LinkCounter.FRAMES_OUT);
    counters.add(LinkCounter.BYTES_OUT, packet.length());
    device.transmit(packet);
    if (!isFlushDue) {
      isFlushDue = true;
      loop.atTurnEnd(flush);
    }
  }

  private void flush(long nowNanos) {
    isFlushDue = false;
    if (!isClosed) {
      device.flush();
    }
  }

  @Override
  public boolean joinGroup(long hi, long lo) {
    return ethernet == null || ethernet.groups().join(groupMac(hi, lo));
  }

  @Override
  public void leaveGroup(long hi, long lo) {
    if (ethernet != null) {
      ethernet.groups().leave(groupMac(hi, lo));
    }
  }

  private static long groupMac(long hi, long lo) {
    if (!Ipv4Address.isMapped(hi, lo) || !Ipv4Address.isMulticast((int) lo)) {
      throw new IllegalArgumentException(IpAddress.of(hi, lo) + " is not a multicast group");
    }
    return MacAddress.multicast((int) lo);
  }

  @Override
  public int index() {
    return config.index();
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public MacAddress mac() {
    return config.mac();
  }

  @Override
  public int mtu() {
    return device.caps().mtu();
  }

  @Override
  public int maxGsoBytes() {
    return device.caps().maxGsoBytes();
  }

  @Override
  public List<IpPrefix> addresses() {
    return config.addresses();
  }

  @Override
  public boolean isUp() {
    return isUp;
  }

  @Override
  public boolean isLoopback() {
    return ethernet == null;
  }

  @Override
  public void confirmNeighbor(long nextHopHi, long nextHopLo) {
    link.confirmNeighbor(nextHopHi, nextHopLo);
  }

  @Override
  public void doubtNeighbor(long nextHopHi, long nextHopLo) {
    link.doubtNeighbor(nextHopHi, nextHopLo);
  }

  public Counters<LinkCounter> counters() {
    return counters;
  }

  /** The neighbours that are known, ordered by address. */
  public List<NeighborInfo> neighbors() {
    return ethernet == null ? List.of() : ethernet.neighbors().list();
  }

  /** The link address of a neighbour, or null if it is not known (now). */
  public @Nullable MacAddress neighbor(IpAddress address) {
    return ethernet == null ? null : ethernet.neighbors().lookup(address);
  }

  /** Sends what was transmitted, drops what waits, and closes the device; idempotent. */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    isUp = false;
    if (registration != null) {
      registration.close();
    }
    link.down(DropReason.STACK_CLOSED);
    device.flush();
    device.close();
  }
}
