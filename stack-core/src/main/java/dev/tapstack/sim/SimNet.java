package dev.tapstack.sim;

import dev.tapstack.device.FaultProfile;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A network of real stacks on one loop under virtual time; see this package's description for an
 * example. Make hosts, link them, use their stacks, and let time run. One thread.
 *
 * <p>After every turn it is checked, unless {@link #checks} switches it off, that (an {@link
 * AssertionError} names seed, time and host)
 *
 * <ul>
 *   <li>no TCP takes back a window that it has offered, acknowledges what was never sent, goes back
 *       with its acknowledgments, or sends beyond the peer's window ({@link TcpWatch});
 *   <li>every packet that is not in the pool is in exactly one account: kept by a host or a link,
 *       or on a cable;
 * </ul>
 *
 * <p>and by {@link #close} that nothing is left over. With assertions enabled, TCP checks {@code
 * sndUna <= sndNxt <= sndMax}, and that unacknowledged data has a timer, by itself.
 */
public final class SimNet implements AutoCloseable {
  private final long seed;
  private final VirtualLoop virtual = new VirtualLoop();
  private final PacketPool pool = new PacketPool();
  private final List<SimHost> hosts = new ArrayList<>();
  private final List<SimLink> links = new ArrayList<>();
  private final TcpWatch tcpWatch = new TcpWatch();
  private final LedgerCheck ledgerCheck = new LedgerCheck(pool, hosts, links);
  private boolean hasChecks = true;
  private @Nullable Path captureDirectory;
  private @Nullable FrameObserver observer;
  private boolean isClosed;

  private SimNet(long seed) {
    this.seed = seed;
    virtual.afterTurn(this::check);
  }

  /** A network without hosts, in which all chance follows from {@code seed}. */
  public static SimNet seeded(long seed) {
    return new SimNet(seed);
  }

  // Building.

  /**
   * Captures everything that hosts made from now on send and receive: {@code directory/HOST.pcap}.
   */
  public SimNet captureTo(Path directory) {
    try {
      captureDirectory = Files.createDirectories(directory);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot capture to " + directory + ": " + e, e);
    }
    return this;
  }

  /** Shows every frame that a host transmits to {@code observer}. */
  public SimNet observe(FrameObserver observer) {
    this.observer = observer;
    return this;
  }

  /** Whether what must always hold is checked after every turn; on at first. */
  public SimNet checks(boolean on) {
    hasChecks = on;
    return this;
  }

  /** A host with one port, such as {@code host("a", "10.0.0.1/24")}. */
  public SimHost host(String name, String cidr) {
    return host(HostSpec.named(name).port(cidr));
  }

  /**
   * A router with a port for each address; {@link HostSpec#route} gives it more to know than its
   * subnets. Cables are plugged into its ports in the order in which it is linked.
   */
  public SimHost router(String name, String... cidrs) {
    HostSpec spec = HostSpec.named(name).forwarding();
    for (String cidr : cidrs) {
      spec = spec.port(cidr);
    }
    return host(spec);
  }

  /**
   * A host.
   *
   * @throws IllegalArgumentException if another one has its name
   */
  public SimHost host(HostSpec spec) {
    for (SimHost each : hosts) {
      if (each.name().equals(spec.name())) {
        throw new IllegalArgumentException("two hosts with the name " + spec.name());
      }
    }
    SimHost host = new SimHost(this, spec, captureDirectory);
    hosts.add(host);
    return host;
  }

  /** A cable between two hosts, without faults. */
  public SimLink link(SimHost a, SimHost b) {
    return lan(a, b);
  }

  /** A cable between two hosts, with the same faults in each direction. */
  public SimLink link(SimHost a, SimHost b, FaultProfile both) {
    return link(a, b, both, both);
  }

  /** A cable between two hosts, with its faults from {@code a} to {@code b} and back. */
  public SimLink link(SimHost a, SimHost b, FaultProfile there, FaultProfile back) {
    return link(a, b).faultsFrom(a, there).faultsFrom(b, back);
  }

  /** A network segment of any number of hosts, without faults; more may {@link SimLink#join}. */
  public SimLink lan(SimHost... members) {
    SimLink lan = new SimLink(this);
    links.add(lan);
    for (SimHost each : members) {
      lan.join(each);
    }
    return lan;
  }

  // Running.

  /** Lets {@code time} of virtual time pass. */
  public void runFor(Duration time) {
    virtual.runFor(time.toNanos());
  }

  /**
   * Runs until {@code condition} holds, which is asked after each turn, but no longer than {@code
   * limit} of virtual time.
   *
   * @return whether it holds
   */
  public boolean runUntil(BooleanSupplier condition, Duration limit) {
    return virtual.runUntil(condition, limit.toNanos());
  }

  /**
   * Runs until nothing is on its way and no timer is armed.
   *
   * @throws AssertionError if that takes more than {@code limit} of virtual time
   */
  public void runUntilIdle(Duration limit) {
    virtual.runUntilIdle(limit.toNanos());
  }

  // What is to be seen of it.

  public long seed() {
    return seed;
  }

  /** The present virtual time. */
  public long nowNanos() {
    return virtual.nowNanos();
  }

  /** Virtual time since the beginning. */
  public Duration elapsed() {
    return Duration.ofNanos(virtual.nowNanos() - ManualClock.START_NANOS);
  }

  public StackLoop loop() {
    return virtual.loop();
  }

  /** The hosts, in the order in which they were made. */
  public List<SimHost> hosts() {
    return List.copyOf(hosts);
  }

  PacketPool pool() {
    return pool;
  }

  // Checking.

  void transmitted(SimHost host, Packet frame) {
    boolean isForwarded = frame.receivedIndex() >= 0; // of another, on a way that may reorder
    if (hasChecks && !isForwarded) {
      String fault = tcpWatch.sent(frame);
      if (fault != null) {
        throw failure(host + ": " + fault);
      }
    }
    if (observer != null) {
      observer.frame(host, frame, virtual.nowNanos());
    }
  }

  private void check() {
    if (hasChecks) {
      failOn(ledgerCheck.fault());
    }
  }

  private void failOn(@Nullable String fault) {
    if (fault != null) {
      throw failure(fault);
    }
  }

  private AssertionError failure(String fault) {
    return new AssertionError("seed " + seed + ", after " + elapsed() + ": " + fault);
  }

  /**
   * Closes all stacks and links, and checks that no packet has been left over. Idempotent.
   *
   * @throws AssertionError if one has
   */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    hosts.forEach(host -> host.stack().close());
    links.forEach(SimLink::close);
    hosts.forEach(SimHost::closeCapture);
    failOn(ledgerCheck.faultAtEnd());
    pool.close();
  }
}
