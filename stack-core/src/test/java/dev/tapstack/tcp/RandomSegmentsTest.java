package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpState;
import dev.tapstack.testkit.TcpSegment;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A peer that sends anything, around the numbers that count, and an application that calls
 * anything: whatever happens, what is read is the stream, the window's edge never moves left, the
 * invariants of {@link Tcb} hold, and nothing is left over. A failing seed says so.
 */
class RandomSegmentsTest {
  private static final int SEEDS = 200;
  private static final int STEPS = 100;

  private final EnumSet<TcpState> seen = EnumSet.noneOf(TcpState.class);

  @Test
  @Tag("many-seeds")
  void nothingBreaks() {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        run(seed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    // SYN-SENT is over before anything is random; LISTEN and CLOSED have no connection.
    EnumSet<TcpState> not = EnumSet.of(TcpState.CLOSED, TcpState.LISTEN, TcpState.SYN_SENT);
    assertTrue(seen.containsAll(EnumSet.complementOf(not)), "only " + seen + " were reached");
  }

  private void run(long seed) {
    Random random = new Random(seed);
    int iss = TcpHost.ISNS[random.nextInt(3)];
    int irs = TcpHost.ISNS[random.nextInt(3)];
    try (TcpHost host = new TcpHost(iss, irs)) {
      host.options =
          TcpOptions.DEFAULTS
              .withReceiveBufferBytes(1 + random.nextInt(random.nextBoolean() ? 300 : 200_000))
              .withSendBufferBytes(1 + random.nextInt(20_000))
              .withNoDelay(random.nextBoolean());
      host.mayWaver = true;
      host.app.readsAtOnce = random.nextBoolean();
      open(host, random);
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(3) == 0) {
          call(host, random);
        } else {
          host.in(segment(host, random).toString());
        }
        if (random.nextInt(10) == 0) {
          host.runFor(random.nextInt(2000) * TcpHost.MILLI);
        }
        host.tcp.connections().forEach(connection -> seen.add(connection.state()));
        host.takeAll();
      }
    }
  }

  private static void open(TcpHost host, Random random) {
    String options = random.nextBoolean() ? "" : " <mss 500,nop,wscale 2,nop,nop,TS val 1 ecr 0>";
    switch (random.nextInt(3)) {
      case 0 -> {
        host.listen();
        host.in("S 0:0(0) win " + random.nextInt(5000) + options);
        host.in(". 1:1(0) ack 1 win 1000" + timestamps(options));
        host.server.close(); // no second connection, whose numbers would be others
      }
      case 1 -> {
        host.connect();
        host.in("S. 0:0(0) ack 1 win 3000" + options);
      }
      default -> {
        host.connect();
        host.in("S 0:0(0) win 3000" + options);
      }
    }
    host.takeAll();
  }

  private static String timestamps(String options) {
    return options.isEmpty() ? "" : " <nop,nop,TS val 1 ecr 0>";
  }

  private static TcpSegment segment(TcpHost host, Random random) {
    TcpConnection connection = host.app.connection;
    int rcvNxt = connection == null ? 1 : (int) connection.info().rcvNxt();
    int rcvWnd = connection == null ? 1000 : (int) connection.info().rcvWnd();
    int sndUna = connection == null ? 1 : (int) connection.info().sndUna();
    int sndNxt = connection == null ? 1 : (int) connection.info().sndNxt();
    int[] seqs = {
      rcvNxt, rcvNxt, rcvNxt, rcvNxt + random.nextInt(200), rcvNxt + rcvWnd, rcvNxt - 7
    };
    int[] acks = {sndNxt, sndNxt, sndUna, sndUna + random.nextInt(200), sndUna - 3, sndNxt + 1};
    String[] flags = {".", ".", ".", "P.", "P.", "F.", "FP.", "R", "R.", "S", "S.", "", "F", "PU."};
    // Resets are rare: they end the run.
    String flag = flags[random.nextInt(flags.length)];
    flag = flag.startsWith("R") && random.nextInt(4) != 0 ? "." : flag;
    boolean hasAck = flag.contains(".");
    boolean hasTimestamps = connection != null && connection.info().timestamps();
    String text =
        "%s %d:%d(%d)%s win %d urg %d%s"
            .formatted(
                flag.isEmpty() ? "-" : flag,
                0,
                0,
                0,
                hasAck ? " ack " + acks[random.nextInt(acks.length)] : "",
                random.nextInt(3) == 0 ? random.nextInt(100) : random.nextInt(4000),
                random.nextInt(3) == 0 ? random.nextInt(1 << 16) : 0,
                hasTimestamps || random.nextInt(20) == 0
                    ? " <nop,nop,TS val " + (1 + random.nextInt(3)) + " ecr 0>"
                    : "");
    TcpSegment shape = TcpSegment.parse(text);
    int length = flag.contains("S") || random.nextBoolean() ? 0 : random.nextInt(400);
    int seq = seqs[random.nextInt(seqs.length)];
    return new TcpSegment(
        shape.flags(), seq, length, shape.ack(), shape.window(), shape.urgent(), shape.options());
  }

  private static void call(TcpHost host, Random random) {
    TcpApp app = host.app;
    if (app.connection == null) {
      return;
    }
    host.inLoop(() -> {
      TcpConnection connection = app.connection();
      boolean maySend = connection.writableBytes() > 0;
      switch (random.nextInt(30)) {
        case 0 -> connection.shutdownOutput();
        case 1 -> connection.close();
        case 2 -> connection.noDelay(random.nextBoolean());
        case 3 -> abortSometimes(connection, random);
        case 4, 5, 6, 7, 8, 9, 10 -> app.read(random.nextInt(connection.readableBytes() + 1));
        case 11, 12, 13 -> {
          if (maySend) {
            app.send(random.nextInt(3000));
          }
        }
        default -> {
          if (maySend) {
            app.write(random.nextInt(3000));
          }
        }
      }
    });
  }

  private static void abortSometimes(TcpConnection connection, Random random) {
    if (random.nextInt(4) == 0) {
      connection.abort();
    } else {
      assertEquals(connection.state(), connection.info().state());
    }
  }
}
