package dev.tapstack.apps.fake;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.loop.Timer;
import dev.tapstack.loop.TimerWheel;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpAcceptor;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A stack without protocols: listeners that a test connects to, a clock that a test moves. */
public final class FakeContext implements StackContext {
  /** The link address that every neighbour has. */
  public static final MacAddress NEIGHBOR = MacAddress.parse("02:00:00:00:00:99");

  private static final long STEP_NANOS = 100_000_000;

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final TreeMap<Integer, Listener> listeners = new TreeMap<>();
  private final TreeMap<Integer, FakeUdpSocket> udpSockets = new TreeMap<>();
  private final TimerWheel timers = new TimerWheel(0);
  private long nowNanos;
  private long tasksRun;
  private int nextClientPort = 50_000;

  /** A listening port. */
  public final class Listener implements TcpServer {
    private final Endpoint local;
    private final TcpAcceptor acceptor;
    private final List<FakeConnection> waiting = new ArrayList<>();
    private boolean isAccepting = true;

    private Listener(Endpoint local, TcpAcceptor acceptor) {
      this.local = local;
      this.acceptor = acceptor;
    }

    @Override
    public Endpoint local() {
      return local;
    }

    @Override
    public void accepting(boolean accepting) {
      isAccepting = accepting;
      while (isAccepting && !waiting.isEmpty()) {
        accept(waiting.remove(0));
      }
    }

    private void accept(FakeConnection connection) {
      connection.open(acceptor.accept(connection));
    }

    @Override
    public int synQueueLength() {
      return 0;
    }

    @Override
    public int acceptQueueLength() {
      return waiting.size();
    }

    @Override
    public void close() {
      listeners.remove(local.port());
    }
  }

  /** Connects a client to {@code port}, with buffers of these sizes on the server's side. */
  public FakeConnection client(int port, int receiveBufferBytes, int sendBufferBytes) {
    Listener listener = listeners.get(port);
    if (listener == null) {
      throw new IllegalStateException("nobody listens on " + port);
    }
    FakeConnection connection =
        new FakeConnection(
            this,
            new Endpoint(IpAddress.parse("10.0.0.2"), port),
            new Endpoint(IpAddress.parse("10.0.0.1"), nextClientPort++),
            receiveBufferBytes,
            sendBufferBytes);
    if (listener.isAccepting) {
      listener.accept(connection);
    } else {
      listener.waiting.add(connection);
    }
    return connection;
  }

  /** Connects a client with buffers of ordinary size. */
  public FakeConnection client(int port) {
    return client(port, 64 << 10, 64 << 10);
  }

  /** The socket that is bound to {@code port}. */
  public FakeUdpSocket udp(int port) {
    FakeUdpSocket socket = udpSockets.get(port);
    if (socket == null) {
      throw new IllegalStateException("nobody is bound to " + port);
    }
    return socket;
  }

  /** Whether somebody listens on {@code port}. */
  public boolean isListening(int port) {
    return listeners.containsKey(port);
  }

  /** Runs tasks until there are none. */
  public void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
      tasksRun++;
    }
  }

  /** Lets time pass, and timers fire. */
  public void pass(long nanos) {
    for (long left = nanos; left > 0; left -= STEP_NANOS) {
      nowNanos += Math.min(left, STEP_NANOS);
      timers.advance(nowNanos);
      run();
    }
  }

  /** Tasks run so far: each in a turn of its own. */
  public long tasksRun() {
    return tasksRun;
  }

  /** Timers that are armed. */
  public int armedTimers() {
    return timers.armed();
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public void arm(Timer timer, long delayNanos) {
    timers.arm(timer, nowNanos + delayNanos);
  }

  @Override
  public void cancel(Timer timer) {
    timers.cancel(timer);
  }

  @Override
  public boolean execute(Runnable task) {
    return tasks.offer(task);
  }

  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public TcpServer listen(Endpoint local, TcpOptions options, TcpAcceptor acceptor) {
    Listener listener = new Listener(local, acceptor);
    if (listeners.putIfAbsent(local.port(), listener) != null) {
      throw new IllegalStateException("port " + local.port() + " is taken");
    }
    return listener;
  }

  @Override
  public TcpConnection connect(
      Endpoint local, Endpoint remote, TcpOptions options, TcpHandler handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public UdpSocket bindUdp(Endpoint local, UdpHandler handler) {
    FakeUdpSocket socket = new FakeUdpSocket(local, handler);
    udpSockets.put(local.port(), socket);
    return socket;
  }

  @Override
  public UdpSocket connectUdp(Endpoint local, Endpoint remote, UdpHandler handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public PingSocket openPing(PingHandler handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isBroadcast(IpAddress address) {
    return false;
  }

  @Override
  public MacAddress neighbor(IpAddress address) {
    return NEIGHBOR;
  }
}
