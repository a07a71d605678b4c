import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.Executors;

/**
 * Small exchanges over the kernel's sockets: the client of scripts/bench for the rows echo, connect
 * and udp, and the kernel's server for them. Run from source: {@code java Small.java
 * echo|connect|udp HOST PORT SECONDS} or {@code java Small.java serve PORT} (TCP and UDP).
 *
 * <p>The same program stands against TapStack and against the kernel, so that what it costs counts
 * alike.
 */
public final class Small {
  /** Not measured: compilation. */
  private static final double WARM_UP_SECONDS = 1;

  private static final int DATAGRAM_BYTES = 18; // an Ethernet frame of the least length

  /** Datagrams on their way at a time. */
  private static final int DATAGRAMS = 64;

  /** After that long without an answer the window is taken for lost. */
  private static final long LOST_MILLIS = 20;

  private static final int MAX_SAMPLES = 10_000_000;

  private Small() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2 && arguments[0].equals("serve")) {
      serve(Integer.parseInt(arguments[1]));
      return;
    }
    if (arguments.length != 4) {
      System.err.println("usage: Small echo|connect|udp HOST PORT SECONDS | serve PORT");
      System.exit(2);
    }
    InetSocketAddress to = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
    double seconds = Double.parseDouble(arguments[3]);
    switch (arguments[0]) {
      case "echo" -> echo(to, seconds);
      case "connect" -> {
        connect(to, WARM_UP_SECONDS);
        System.out.printf("%.0f%n", connect(to, seconds));
      }
      case "udp" -> {
        udp(to, WARM_UP_SECONDS);
        System.out.printf("%.0f%n", udp(to, seconds));
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  /** One byte there and back, one at a time; prints the median and the 99th percentile in us. */
  private static void echo(InetSocketAddress to, double seconds) throws IOException {
    long[] samples = new long[MAX_SAMPLES];
    try (SocketChannel channel = SocketChannel.open(to)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      echo(channel, samples, WARM_UP_SECONDS);
      int count = echo(channel, samples, seconds);
      Arrays.sort(samples, 0, count);
      System.out.printf("%.1f %.1f%n", samples[count / 2] / 1e3, samples[count * 99 / 100] / 1e3);
    }
  }

  private static int echo(SocketChannel channel, long[] samples, double seconds)
      throws IOException {
    ByteBuffer one = ByteBuffer.allocateDirect(1);
    long end = System.nanoTime() + nanos(seconds);
    int count = 0;
    long start = System.nanoTime();
    while (start < end && count < samples.length) {
      one.clear();
      channel.write(one);
      one.clear();
      if (channel.read(one) != 1) {
        throw new IOException("the server closed the connection");
      }
      long now = System.nanoTime();
      samples[count++] = now - start;
      start = now;
    }
    return count;
  }

  /** Connects, closes its half, waits for the other's end; one at a time, how many a second. */
  private static double connect(InetSocketAddress to, double seconds) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1);
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < nanos(seconds)) {
      try (SocketChannel channel = SocketChannel.open(to)) {
        channel.shutdownOutput();
        buffer.clear();
        if (channel.read(buffer) != -1) {
          throw new IOException("no end of input");
        }
      }
      count++;
    }
    return count / ((System.nanoTime() - start) / 1e9);
  }

  /** Datagrams that came back, a second, with a window of them on their way. */
  private static double udp(InetSocketAddress to, double seconds) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(DATAGRAM_BYTES);
    try (DatagramChannel channel = DatagramChannel.open();
        Selector selector = Selector.open()) {
      channel.connect(to);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      long start = System.nanoTime();
      long count = 0;
      int onTheirWay = 0;
      while (System.nanoTime() - start < nanos(seconds)) {
        for (; onTheirWay < DATAGRAMS; onTheirWay++) {
          buffer.clear();
          channel.write(buffer);
        }
        if (selector.select(LOST_MILLIS) == 0) {
          onTheirWay = 0;
        }
        selector.selectedKeys().clear();
        buffer.clear();
        while (channel.read(buffer) > 0) {
          onTheirWay--;
          count++;
          buffer.clear();
        }
      }
      return count / ((System.nanoTime() - start) / 1e9);
    }
  }

  private static void serve(int port) {
    var threads = Executors.newCachedThreadPool();
    threads.submit(() -> accept(port));
    threads.submit(() -> answer(port));
    System.out.println("ready");
  }

  private static Void accept(int port) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(port));
      while (true) {
        // One client at a time is what the benchmark has.
        try (SocketChannel channel = server.accept()) {
          channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
          while (channel.read(buffer.clear()) >= 0) {
            channel.write(buffer.flip());
          }
        } catch (IOException e) {
          // the client has gone
        }
      }
    }
  }

  private static Void answer(int port) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.bind(new InetSocketAddress(port));
      while (true) {
        var from = channel.receive(buffer.clear());
        channel.send(buffer.flip(), from);
      }
    }
  }
}
