package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that is killed and started again: its clients notice at once, and go on. */
@Privileged
class GatewayRestartIT {
  @TempDir private Path directory;

  @Test
  void clientsNoticeAtOnceAndGoOn() throws Exception {
    try (GatewayUnderTest gateway = new GatewayUnderTest();
        Nginx bob = new Nginx(gateway.outside(), directory);
        ServerSocket server = in(gateway.outside(), () -> new ServerSocket(7));
        Socket client = in(gateway.inside(), () -> new Socket(GatewayUnderTest.BOB, 7));
        Socket accepted = server.accept();
        DatagramSocket resolver = in(gateway.outside(), () -> new DatagramSocket(53));
        DatagramSocket asker = in(gateway.inside(), () -> new DatagramSocket(5353))) {
      client.setSoTimeout((int) Command.DEADLINE.toMillis());
      client.getOutputStream().write("before".getBytes(US_ASCII));
      assertEquals("before", new String(accepted.getInputStream().readNBytes(6), US_ASCII));
      assertEquals("one", exchange(asker, resolver, "one"));

      long killed = gateway.gateway().process().pid();
      gateway.kill();
      assertTrue(Files.exists(controlSocket(killed)));
      String retry = "curl -sS --retry 1000 --retry-delay 1 --retry-all-errors -m 5 ";
      try (Command curl = gateway.inside().start(words(retry + "http://203.0.113.2/ready"))) {
        Command.awaitUntil("curl has tried", () -> curl.errors().contains("curl: ("));
        long retransmitted = gateway.inside().kernelCounter("TcpRetransSegs");
        gateway.restart();

        client.getOutputStream().write("after".getBytes(US_ASCII));
        SocketException reset =
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        assertEquals("Connection reset", reset.getMessage());
        assertEquals(
            retransmitted,
            gateway.inside().kernelCounter("TcpRetransSegs"),
            "the first segment was answered");
        assertEquals("two", exchange(asker, resolver, "two"));
        assertEquals("ready\n", curl.await(Command.DEADLINE).ok().output());
      }
      assertNothingIsLeft(killed, gateway);
    }
  }

  /** One datagram there and back; gives what came back. */
  private static String exchange(DatagramSocket asker, DatagramSocket resolver, String text)
      throws IOException {
    asker.setSoTimeout((int) Command.DEADLINE.toMillis());
    resolver.setSoTimeout((int) Command.DEADLINE.toMillis());
    byte[] bytes = text.getBytes(US_ASCII);
    InetAddress bob = InetAddress.getByName(GatewayUnderTest.BOB);
    asker.send(new DatagramPacket(bytes, bytes.length, bob, 53));
    DatagramPacket asked = new DatagramPacket(new byte[100], 100);
    resolver.receive(asked);
    resolver.send(asked);
    DatagramPacket answer = new DatagramPacket(new byte[100], 100);
    asker.receive(answer);
    return new String(answer.getData(), 0, answer.getLength(), US_ASCII);
  }

  /** Of either run of the gateway, once the second has ended in an orderly way too. */
  private static void assertNothingIsLeft(long killed, GatewayUnderTest gateway) {
    long second = gateway.gateway().process().pid();
    CounterSummary summary = CounterSummary.atTheEndOf(gateway);
    assertEquals(1, summary.of("conntrack", "resets-sent"), summary.toString());
    for (TestNamespace each : new TestNamespace[] {gateway.inside(), gateway.outside()}) {
      String links = each.run(words("ip -o link")).ok().output();
      assertEquals(1, links.lines().count(), links);
      assertEquals("", each.run(words("ip route")).ok().output());
    }
    // What the killed one could not remove is removed by the first who comes across it.
    Command.run(Command.DEADLINE, Command.tapstack("nat", "--pid", Long.toString(killed)));
    assertFalse(Files.exists(controlSocket(killed)));
    assertFalse(Files.exists(controlSocket(second)));
  }

  private static Path controlSocket(long pid) {
    return Path.of("/run/tapstack/" + pid + ".sock");
  }

  /** A socket of the kernel's in the namespace. */
  private static <T> T in(TestNamespace namespace, Callable<T> opener) {
    return NetworkNamespace.named(namespace.name())
        .call(() -> {
          try {
            return opener.call();
          } catch (Exception e) {
            throw new UncheckedIOException(new IOException(e));
          }
        });
  }
}
