package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.FlowKey;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.SipHash;
import dev.tapstack.ip.IpConfig;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.LoopHarness;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.TcpSegment;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A TCP under virtual time whose peer is the test: segments go in and come out in packetdrill's
 * notation ({@link TcpSegment}), with initial sequence numbers of the test's choice. Every segment
 * that leaves has its checksums verified, its text compared with the pattern, and its window's
 * right edge compared with the one before, which it must not lie left of (RFC 9293 3.8.6).
 *
 * <p>The stack is {@link IpHost#ME}, listening on port {@link #PORT}; the peer's first port is
 * {@link #PEER_PORT}. One thread.
 */
final class TcpHost implements AutoCloseable {
  static final int PORT = 80;
  static final int PEER_PORT = 50_000;

  /** The initial sequence numbers at which everything is run: 0, and just before both wraps. */
  static final int[] ISNS = {0, Integer.MAX_VALUE - 4, -5};

  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000_000_000L;

  final LoopHarness harness = new LoopHarness();
  final IpHost host;
  final TcpLayer tcp;
  final TcpApp app = new TcpApp();
  TcpOptions options = TcpOptions.DEFAULTS;
  @Nullable TcpServer server;

  /**
   * Whether the right edge may move left by less than a unit of the window scale (RFC 7323 2.4), as
   * it does when a peer has used more than the buffer.
   */
  boolean mayWaver;

  private final int iss;
  private final TcpCodec codec;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();
  private final List<String> history = new ArrayList<>();
  private final Map<Integer, Window> windows = new TreeMap<>();
  private final ArrayDeque<byte[]> arriving = new ArrayDeque<>();
  private final StackLoop.Registration wire;
  private final long startNanos;

  /** A segment that the stack sent. */
  record Sent(long nanos, int stackPort, int peerPort, TcpSegment segment) {}

  /** What a connection has offered. */
  private static final class Window {
    private int shift;
    private boolean isScaleKnown; // from the first SYN of the peer, or our SYN-ACK
    private boolean isScaled;
    private boolean hasEdge;
    private int edge;
  }

  /** Gives every connection the same number. */
  private static final class FixedSequence extends InitialSequence {
    private final int iss;

    FixedSequence(int iss) {
      super(new SipHash(1, 2), new SipHash(3, 4));
      this.iss = iss;
    }

    @Override
    int next(FlowKey key, long nowNanos) {
      return iss;
    }
  }

  TcpHost(int iss, int irs) {
    this(iss, irs, 1500);
  }

  TcpHost(int iss, int irs, int mtu) {
    host = new IpHost(harness, mtu, IpConfig.DEFAULTS);
    this.iss = iss;
    codec = new TcpCodec(iss, irs);
    tcp =
        new TcpLayer(
            host.ip(), harness.loop(), Rng.seeded(1, "tcp"), noStack(), new FixedSequence(iss));
    host.ip().register(tcp);
    wire = harness.loop().register((now, budget) -> arrive());
    startNanos = harness.nowNanos();
  }

  /** Whether the stack may send segments that routers may cut. */
  void mayFragment(boolean may) {
    codec.mayFragment = may;
  }

  /** How many segments have gone without DF. */
  int fragmentable() {
    return codec.fragmentable;
  }

  /** The stack's initial sequence number. */
  int isn() {
    return iss;
  }

  static StackContext noStack() {
    return (StackContext)
        Proxy.newProxyInstance(
            StackContext.class.getClassLoader(),
            new Class<?>[] {StackContext.class},
            (proxy, method, arguments) -> {
              throw new AssertionError("no stack here");
            });
  }

  // Opening.

  void listen() {
    server = tcp.listen(new Endpoint(Ipv4Address.ANY, PORT), options, app::accept);
  }

  /** Connects to the peer's port {@link #PEER_PORT}. */
  void connect() {
    Endpoint peer = new Endpoint(Ipv4Address.parse(IpHost.PEER), PEER_PORT);
    inLoop(() -> app.connection = tcp.connect(null, peer, options, app));
  }

  /** Runs {@code call} in a turn of its own. */
  void inLoop(Runnable call) {
    RuntimeException[] thrown = new RuntimeException[1];
    assertTrue(
        harness
            .loop()
            .execute(() -> {
              try {
                call.run();
              } catch (RuntimeException e) {
                thrown[0] = e;
              }
            }));
    settle();
    if (thrown[0] != null) {
      throw thrown[0];
    }
  }

  // The peer's side.

  /** A segment of the peer's arrives, in a turn of its own. */
  void in(String segment) {
    queue(segment);
    settle();
  }

  /** A segment of another connection, from {@code peerPort}. */
  void in(int peerPort, String segment) {
    queue(peerPort, TcpSegment.parse(segment));
    settle();
  }

  /** Segments arrive in one turn. */
  void inOneTurn(String... segments) {
    for (String segment : segments) {
      queue(segment);
    }
    settle();
  }

  /** The segment arrives in the next turn. */
  void queue(String segment) {
    queue(PEER_PORT, TcpSegment.parse(segment));
  }

  private void queue(int peerPort, TcpSegment segment) {
    int stackPort = app.connection == null || server != null ? PORT : app.connection.local().port();
    log("<", peerPort, segment);
    Window window = windowOf(peerPort);
    if (segment.has('S') && !window.isScaleKnown) {
      window.isScaleKnown = true;
      window.isScaled = hasScale(segment);
    }
    arrive(codec.encode(peerPort, stackPort, segment));
  }

  /** A segment whose checksum is wrong arrives. */
  void inCorrupted(String segment) {
    byte[] packet = codec.encode(PEER_PORT, PORT, TcpSegment.parse(segment));
    packet[packet.length - 1] ^= 0x40;
    arrive(packet);
    settle();
  }

  /** An IPv4 packet arrives in the next turn. */
  void arrive(byte[] packet) {
    arriving.add(packet);
    wire.announce();
  }

  private int arrive() {
    for (byte[] packet = arriving.poll(); packet != null; packet = arriving.poll()) {
      host.receiveInThisTurn(host.eth(), packet, 0, 0);
    }
    return 0;
  }

  // Time.

  long nowNanos() {
    return harness.nowNanos();
  }

  void settle() {
    harness.settle();
    collect();
  }

  void runFor(long nanos) {
    long end = harness.nowNanos() + nanos;
    harness.runUntil(
        () -> {
          collect();
          return false;
        },
        nanos);
    assert harness.nowNanos() == end;
  }

  /** Runs until the stack has sent something that was not taken yet, {@code nanos} at most. */
  boolean runUntilSent(long nanos) {
    return harness.runUntil(
        () -> {
          collect();
          return !sent.isEmpty();
        },
        nanos);
  }

  // What the stack sends.

  private void collect() {
    for (IpHost.Sent packet : host.sent()) {
      if (packet.bytes()[9] != 6) {
        continue; // ICMP
      }
      TcpCodec.Decoded decoded = codec.decode(packet.bytes());
      checkEdge(decoded);
      log(">", decoded.peerPort(), decoded.segment());
      sent.add(
          new Sent(harness.nowNanos(), decoded.stackPort(), decoded.peerPort(), decoded.segment()));
    }
  }

  private Window windowOf(int peerPort) {
    return windows.computeIfAbsent(peerPort, port -> new Window());
  }

  private static boolean hasScale(TcpSegment segment) {
    return segment.options().stream().anyMatch(option -> option.startsWith("wscale"));
  }

  private void checkEdge(TcpCodec.Decoded decoded) {
    TcpSegment segment = decoded.segment();
    Window window = windowOf(decoded.peerPort());
    if (segment.has('S')) {
      window.hasEdge = false;
      window.isScaled = segment.has('.') ? hasScale(segment) : window.isScaled;
      for (String option : segment.options()) {
        if (option.startsWith("wscale")) {
          window.shift = Integer.parseInt(option.substring(7));
        }
      }
    }
    if (segment.has('.') && !segment.has('R')) {
      boolean isScaled = window.isScaled && !segment.has('S');
      int edge = segment.ack() + (segment.window() << (isScaled ? window.shift : 0));
      int unit = mayWaver && isScaled ? 1 << window.shift : 1;
      if (window.hasEdge && edge - window.edge <= -unit) {
        throw failure("the window's right edge moved left, from " + window.edge + " to " + edge);
      }
      window.edge = edge;
      window.hasEdge = true;
    }
  }

  /** The oldest segment sent and not yet taken, taken out, or null. */
  @Nullable Sent poll() {
    return sent.poll();
  }

  /** All segments sent and not yet taken, taken out. */
  List<TcpSegment> takeAll() {
    List<TcpSegment> all = sent.stream().map(Sent::segment).toList();
    sent.clear();
    return all;
  }

  /** The next segment that was sent is that; a segment without options given has none. */
  void expect(String text) {
    expect(PEER_PORT, text);
  }

  void expect(int peerPort, String text) {
    TcpSegment want = TcpSegment.parse(text);
    Sent got = sent.poll();
    if (got == null) {
      throw failure("expected  " + want + "\n but nothing was sent");
    }
    if (!want.matches(got.segment()) || got.peerPort() != peerPort) {
      throw failure("expected  " + want + "\n but got  " + got.segment());
    }
  }

  void expectNothing() {
    Sent got = sent.peek();
    if (got != null) {
      throw failure("expected nothing\n but got  " + got.segment());
    }
  }

  /** A failure that shows the last of what was said. */
  AssertionError failure(String what) {
    int from = Math.max(0, history.size() - 10);
    return new AssertionError(
        what + "\nafter\n  " + String.join("\n  ", history.subList(from, history.size())));
  }

  private void log(String direction, int peerPort, TcpSegment segment) {
    note(direction + " " + segment + (peerPort == PEER_PORT ? "" : " (port " + peerPort + ")"));
  }

  /** Adds a line to the history that failures show. */
  void note(String line) {
    history.add("%.4f %s".formatted((harness.nowNanos() - startNanos) / 1e9, line));
  }

  // Shorthand.

  /** A connection of the listener's, established without options; the handshake is taken out. */
  void establish() {
    listen();
    in("S 0:0(0) win 65535 <mss 1460>");
    in(". 1:1(0) ack 1 win 65535");
    expect("S. 0:0(0) ack 1 <...>");
    expectNothing();
    assertEquals("ESTABLISHED", app.connection().state().name());
  }

  /** Writes so many bytes, of which {@code taken} are taken. */
  void write(int bytes, int taken) {
    inLoop(() -> assertEquals(taken, app.write(bytes), "bytes taken"));
  }

  /** Reads so many bytes and compares them with the pattern. */
  void read(int bytes) {
    inLoop(() -> app.read(bytes));
  }

  String state() {
    return app.connection().state().name();
  }

  long count(TcpCounter counter) {
    return tcp.counters().value(counter);
  }

  @Override
  public void close() {
    tcp.close();
    settle();
    assertEquals(0, tcp.memoryBytes(), "payload memory without an owner");
    wire.close();
    harness.close();
  }
}
