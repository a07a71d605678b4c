package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.addr.MacAddress;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every frame of a session with kernel peers, as Pcap4J reads it and as we do. */
@Privileged
class CaptureOracleIT {
  private static final String ADDRESS = StackUnderTest.ADDRESS;

  /** 6 MB of TCP alone are 4,100 full segments, and half as many ACKs at least. */
  private static final int MINIMUM_FRAMES = 5000;

  @TempDir Path directory;

  @Test
  void bothReadersAgreeOnEveryFrameAndEveryChecksumOfOursIsRight() throws IOException {
    Path capture = directory.resolve("session.pcap");
    try (StackUnderTest stack = new StackUnderTest("--pcap", capture.toString())) {
      echoes(stack);
      refusals(stack);
      pages(stack);
      transfers(stack);
      CounterSummary summary = CounterSummary.atTheEndOf(stack);

      Pcap4jOracle.Report report =
          Pcap4jOracle.check(capture, MINIMUM_FRAMES, MacAddress.parse(stack.mac()));
      // The capture leaves nothing out.
      assertEquals(
          summary.of("link tap0", "frames-in") + summary.of("link tap0", "frames-out"),
          report.frames());
      assertEquals(summary.of("link tap0", "frames-out"), report.sentByUs());
      for (String kind : new String[] {"ARP", "ICMP", "UDP", "TCP", "HTTP"}) {
        assertTrue(report.kinds().getOrDefault(kind, 0) > 0, "no " + kind + ": " + report);
      }
    }
  }

  /** Without the timestamp option: Pcap4J has no reader for it (its factory is null). */
  private static void echoes(StackUnderTest stack) {
    stack.run(words("arping -c 2 -w 10 -I tap0 " + ADDRESS)).ok();
    for (String options : new String[] {"-s 0", "-s 7", "-s 1472", "-s 65507", "-R"}) {
      stack.run(words("ping -n -c 2 -i 0.05 " + options + " " + ADDRESS)).ok();
    }
    Content datagram = Content.random(1, 16_384);
    String[] nc = words("nc -u -w 10 -W 1 " + ADDRESS + " 7");
    StreamedCommand.run(stack.namespace(), Command.DEADLINE, datagram, nc).assertIs(datagram);
  }

  /** Errors and resets: unreachable ports and protocols, closed TCP ports. */
  private static void refusals(StackUnderTest stack) {
    for (String method : new String[] {"-U", "-I", "-T -p 81", "-UL"}) {
      stack.run(words("traceroute -n -w 5 -m 2 " + method + " " + ADDRESS)).ok();
    }
  }

  private static void pages(StackUnderTest stack) {
    for (String method : new String[] {"GET", "OPTIONS", "DELETE"}) {
      stack.run(words("curl -sS -o /dev/null -X " + method + " " + stack.url("/"))).ok();
    }
    stack.run(words("curl -sS -0 --data abc " + stack.url("/echo"))).ok();
    stack.run(words("wget -q -t 1 -O - " + stack.url("/bytes/5000"))).ok();
  }

  /** With every combination of TCP options, and with losses that make the kernel use SACK. */
  private static void transfers(StackUnderTest stack) {
    for (int timestamps = 0; timestamps <= 1; timestamps++) {
      stack.run(words("sysctl -w net.ipv4.tcp_timestamps=" + timestamps)).ok();
      Transfers.download(stack.namespace(), Command.DEADLINE, 1_000_000);
      Transfers.upload(stack.namespace(), Command.DEADLINE, Content.random(2, 1_000_000));
    }
    String lose = " INPUT -p tcp -m statistic --mode nth --packet 0 --every 50 -j DROP";
    stack.run(words("iptables -A" + lose)).ok();
    Transfers.download(stack.namespace(), Command.DEADLINE, 2_000_000);
    stack.run(words("iptables -D" + lose)).ok();
    String chargen = "nc " + ADDRESS + " 19 </dev/null | head -c 100000"; // ends with a reset
    StreamedCommand.run(stack.namespace(), Command.DEADLINE, "bash", "-c", chargen)
        .assertIs(Content.chargen(100_000));
  }
}
