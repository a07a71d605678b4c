package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** More connections than anybody opens who means well, and a great many by who does. */
@Privileged
class ManyConnectionsIT {
  private static final int MANY = 10_000;
  private static final int FIRST_SYN_PORT = 20_000;
  private static final int SYNS = 2_000;

  /** The listener's half-open connections, as the README's table of limits has it. */
  private static final int HALF_OPEN_LIMIT = 1_024;

  private static final InetSocketAddress SERVER = new InetSocketAddress(StackUnderTest.ADDRESS, 80);

  /** Sockets of the kernel's in the stack's namespace; they stay there, whoever uses them. */
  private static List<SocketChannel> open(StackUnderTest stack, int count, Opener opener) {
    return NetworkNamespace.named(stack.namespace().name())
        .call(() -> {
          List<SocketChannel> channels = new ArrayList<>();
          try {
            for (int i = 0; i < count; i++) {
              channels.add(opener.open(i));
            }
            return channels;
          } catch (IOException e) {
            close(channels);
            throw new UncheckedIOException("after " + channels.size(), e);
          }
        });
  }

  private interface Opener {
    SocketChannel open(int index) throws IOException;
  }

  private static void close(List<SocketChannel> channels) {
    try {
      for (SocketChannel each : channels) {
        each.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void tenThousandAreHeldOpenAtOnce() throws IOException {
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      List<SocketChannel> clients = open(stack, MANY, index -> SocketChannel.open(SERVER));
      try {
        for (int round = 0; round < 2; round++) {
          for (int i = 0; i < MANY; i++) {
            write(clients.get(i), "GET /bytes/" + i % 1000 + " HTTP/1.1\r\nHost: x\r\n\r\n");
          }
          for (int i = 0; i < MANY; i++) {
            String answer = readUntilLength(clients.get(i), i % 1000);
            assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
          }
        }
        String established = stack.run(words("ss -Htn state established")).ok().output();
        assertEquals(MANY, established.lines().count());
        stack.serve().signal("USR1");
        stack.awaitLine("status: " + MANY + " TCP connections");
      } finally {
        close(clients);
      }
      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      assertEquals(MANY, summary.of("tcp", "established"), summary.toString());
      assertEquals(2L * MANY, summary.of("http 80", "responses"), summary.toString());
      assertEquals(0, summary.of("tcp", "failed"), summary.toString());
    }
  }

  private static void write(SocketChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads a head and a content of this length, and no more. */
  private static String readUntilLength(SocketChannel channel, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    while (true) {
      int count = channel.read(bytes);
      String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
      int head = text.indexOf("\r\n\r\n");
      if (count < 0 || head >= 0 && text.length() >= head + 4 + length) {
        assertEquals(head + 4 + length, text.length(), text);
        return text;
      }
    }
  }

  /** SYNs of the kernel's, which never hears what is answered. */
  @Test
  void twoThousandSynsWithoutAnEndKeepNobodyOut() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      String answers =
          "iptables -A INPUT -p tcp --dport %d:%d -j DROP"
              .formatted(FIRST_SYN_PORT, FIRST_SYN_PORT + SYNS - 1);
      stack.run(words(answers)).ok();
      // Else the kernel queues them for the neighbour, and drops what is too many: for a second.
      stack.run(words("ping -c 1 -W 5 " + StackUnderTest.ADDRESS)).ok();
      List<SocketChannel> clients =
          open(
              stack,
              SYNS,
              index -> {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.bind(new InetSocketAddress(StackUnderTest.HOST, FIRST_SYN_PORT + index));
                channel.connect(SERVER);
                return channel;
              });
      try {
        Transfers.download(stack.namespace(), Command.DEADLINE, 1_000_000);
        String syns = stack.run(words("ss -Htn state syn-sent")).ok().output();
        assertEquals(SYNS, syns.lines().count());
        String page = stack.run(words("curl -sS --fail -m 60 " + stack.url("/"))).ok().output();
        assertTrue(page.contains(StackUnderTest.HOST), page);
      } finally {
        close(clients);
      }
      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      long evicted = summary.of("tcp", "syn-queue-evictions");
      assertTrue(evicted >= SYNS - HALF_OPEN_LIMIT, summary.toString());
      assertTrue(summary.of("tcp", "passive-opens") >= 2, summary.toString());
    }
  }
}
