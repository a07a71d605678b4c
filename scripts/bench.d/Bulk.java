import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executors;

/**
 * Moves bytes over a kernel TCP connection as fast as it takes them, and prints the rate: the client
 * of scripts/bench for bulk rows, and the kernel's server for them. Run from source: {@code java
 * Bulk.java send|receive HOST PORT SECONDS} or {@code java Bulk.java serve DISCARD_PORT
 * CHARGEN_PORT}.
 *
 * <p>Blocking channels with direct buffers: one system call for 256 KB, no copy in the JVM. The
 * same program stands against TapStack and against the kernel, so that what it costs counts alike.
 */
public final class Bulk {
  private static final int BUFFER_BYTES = 256 << 10;

  /** Not measured: connection, slow start, compilation. */
  private static final double WARM_UP_SECONDS = 1;

  private Bulk() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3 && arguments[0].equals("serve")) {
      serve(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
      return;
    }
    if (arguments.length != 4) {
      System.err.println("usage: Bulk send|receive HOST PORT SECONDS | serve DISCARD CHARGEN");
      System.exit(2);
    }
    boolean sends = arguments[0].equals("send");
    InetSocketAddress to = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
    double seconds = Double.parseDouble(arguments[3]);
    try (SocketChannel channel = SocketChannel.open(to)) {
      move(channel, sends, WARM_UP_SECONDS);
      long start = System.nanoTime();
      long bytes = move(channel, sends, seconds);
      double took = (System.nanoTime() - start) / 1e9;
      System.out.printf("%.0f%n", bytes * 8 / took / 1e6); // Mbit/s
    }
  }

  private static long move(SocketChannel channel, boolean sends, double seconds)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long total = 0;
    while (System.nanoTime() < end) {
      buffer.clear();
      int moved = sends ? channel.write(buffer) : channel.read(buffer);
      if (moved < 0) {
        throw new IOException("the server closed the connection");
      }
      total += moved;
    }
    return total;
  }

  private static void serve(int discardPort, int chargenPort) throws IOException {
    var threads = Executors.newCachedThreadPool();
    threads.submit(() -> accept(discardPort, false));
    threads.submit(() -> accept(chargenPort, true));
    System.out.println("ready");
  }

  private static Void accept(int port, boolean sends) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(port));
      while (true) {
        // One client at a time is what the benchmark has.
        try (SocketChannel channel = server.accept()) {
          move(channel, sends, 1e6);
        } catch (IOException e) {
          // the client has gone
        }
      }
    }
  }
}
