package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Transfers on which frames are lost, and windows that close. */
@Privileged
class LossAndWindowsIT {
  private static final long BYTES = 4_000_000;

  /**
   * Frames are lost on the way through a kernel that forwards, one in 67 each way: a rule at the
   * client's own output would tell its TCP, which is no loss.
   */
  @Test
  void whatIsLostIsSentAgain() {
    try (TestNamespace client = new TestNamespace();
        StackUnderTest stack = new StackUnderTest("--http", "80", "--gateway", "10.77.0.1")) {
      stack.run(words("sysctl -w net.ipv4.ip_forward=1")).ok();
      stack.run(words("ip link add eth1 type veth peer eth0 netns " + client.name())).ok();
      stack.run(words("ip address add 10.78.0.1/24 dev eth1")).ok();
      stack.run(words("ip link set eth1 up")).ok();
      client.run(words("ip address add 10.78.0.2/24 dev eth0")).ok();
      // Segments of one frame each: a rule counts what the offload of a veth would gather.
      client.run(words("ip link set eth0 up gso_max_segs 1")).ok();
      client.run(words("ip route add default via 10.78.0.1")).ok();
      String lose = "iptables -A FORWARD -p tcp -m statistic --mode nth --packet 0 --every 67";
      stack.run(words(lose + " -i eth1 -j DROP")).ok();
      stack.run(words(lose + " -o eth1 -j DROP")).ok();

      Transfers.download(client, Command.DEADLINE, BYTES);
      Transfers.upload(client, Command.DEADLINE, Content.random(8, BYTES));

      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      // Of 4,000,000 bytes in segments of 1,448, one in 67.
      assertTrue(summary.of("tcp", "segments-retransmitted") >= 40, summary.toString());
      assertTrue(summary.of("tcp", "fast-retransmits") > 0, summary.toString());
      assertTrue(summary.of("tcp", "out-of-order-in") > 0, summary.toString());
    }
  }

  @Test
  void aReaderThatPausesIsWaitedFor() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      long bytes = 8_000_000;
      String[] curl = words("curl -sS --fail " + stack.url("/bytes/" + bytes));
      try (StreamedCommand client =
          StreamedCommand.startUnread(stack.namespace(), Content.text(""), curl)) {
        Command.awaitUntil(
            "the kernel closes its window",
            () -> stack.kernelCounter("TcpExtTCPToZeroWindowAdv") > 0);
        // Nobody reads, so what comes now are probes.
        long before = stack.kernelCounter("TcpInSegs");
        Command.awaitUntil("three probes", () -> stack.kernelCounter("TcpInSegs") >= before + 3);
        client.read();
        client.await(Command.DEADLINE).assertIs(Content.pattern(bytes));
      }
      CounterSummary summary = CounterSummary.atTheEndOf(stack);
      assertTrue(summary.of("tcp", "zero-window-probes") >= 3, summary.toString());
    }
  }

  @Test
  void aSlowReaderGetsNoMoreThanItHasRoomFor() {
    try (StackUnderTest stack = new StackUnderTest("--http", "80")) {
      stack.run("sysctl", "-w", "net.ipv4.tcp_rmem=4096 65536 65536").ok();
      String[] curl = words("curl -sS --limit-rate 200k " + stack.url("/bytes/600000"));
      StreamedCommand.run(stack.namespace(), Command.DEADLINE, curl)
          .assertIs(Content.pattern(600_000));
      assertEquals(0, stack.kernelCounter("TcpExtTCPRcvQDrop"));
      assertEquals(0, stack.kernelCounter("TcpExtTCPZeroWindowDrop"));
      CounterSummary.atTheEndOf(stack);
    }
  }

  /**
   * Echo to a client that does not read: its window closes, it is still heard, then the stack's
   * window closes too, and all comes back when the client reads.
   */
  @Test
  void whatIsNotReadBackClosesBothWindows() throws IOException {
    Content content = Content.random(9, 40_000_000);
    try (StackUnderTest stack = new StackUnderTest("--echo");
        Socket socket = connect(stack, 7)) {
      // More than the kernel takes without a reader, less than the stack's send buffer holds.
      start(socket, content, 0, 2_000_000);
      Command.awaitUntil(
          "the kernel closes its window",
          () -> stack.kernelCounter("TcpExtTCPToZeroWindowAdv") > 0);
      awaitAcknowledged(stack, 2_000_000);
      long before = stack.kernelCounter("TcpInSegs");
      Command.awaitUntil("two probes", () -> stack.kernelCounter("TcpInSegs") >= before + 2);
      start(socket, content, 2_000_000, 3_000_000);
      awaitAcknowledged(stack, 3_000_000);

      start(socket, content, 3_000_000, content.length());
      Command.awaitUntil(
          "the kernel probes the stack's window",
          () -> stack.kernelCounter("TcpExtTCPWinProbe") > 1);
      MessageDigest digest = Content.newDigest();
      try (InputStream in = new DigestInputStream(socket.getInputStream(), digest)) {
        assertEquals(content.length(), in.transferTo(OutputStream.nullOutputStream()));
      }
      assertEquals(content.sha256(), HexFormat.of().formatHex(digest.digest()));
      CounterSummary.atTheEndOf(stack);
    }
  }

  /** Waits until the kernel knows that so many bytes of its only connection, and the SYN, came. */
  private static void awaitAcknowledged(StackUnderTest stack, long bytes) {
    Command.awaitUntil(
        bytes + " bytes acknowledged",
        () -> stack.run(words("ss -Htni")).ok().output().contains("bytes_acked:" + (bytes + 1)));
  }

  /** A socket of the kernel's. */
  private static Socket connect(StackUnderTest stack, int port) {
    return NetworkNamespace.named(stack.namespace().name())
        .call(() -> {
          try {
            Socket socket = new Socket();
            int deadlineMillis = (int) Command.DEADLINE.toMillis();
            socket.setSoTimeout(deadlineMillis);
            socket.connect(new InetSocketAddress(StackUnderTest.ADDRESS, port), deadlineMillis);
            return socket;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Starts to write a part of the content, and the end of the stream behind its last. */
  private static void start(Socket socket, Content content, long from, long to) {
    Thread writer = new Thread(() -> write(socket, content, from, to), "writer");
    writer.setDaemon(true);
    writer.start();
  }

  private static void write(Socket socket, Content content, long from, long to) {
    try {
      content.writeTo(socket.getOutputStream(), from, to);
      if (to == content.length()) {
        socket.shutdownOutput();
      }
    } catch (IOException e) {
      // The test has failed and closed the socket.
    }
  }
}
