package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/** A database and its ordinary client, and datagrams, in a network with faults. */
@DockerRequired
class FaultyNetworkIT {
  private static final int PORT = 6379;

  /** Longer than any partition here, and what retransmission needs after it. */
  private static final int CLIENT_TIMEOUT_MILLIS = 60_000;

  private static FaultyNetwork network;
  private static Peer redis;
  private static Peer peer;

  @BeforeAll
  static void start() {
    network = new FaultyNetwork();
    redis = new Peer(network);
    redis
        .withExposedPorts(PORT)
        .withCommand("redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "");
    redis.start();
    peer = new Peer(network);
    peer.start();
  }

  @AfterAll
  static void end() {
    if (peer != null) {
      peer.stop();
    }
    redis.stop();
    network.close();
  }

  @BeforeEach
  void withoutFaults() {
    network.clear();
  }

  /** By the mapped port, as any test has it. */
  private static Jedis client() {
    return new Jedis(redis.getHost(), redis.getMappedPort(PORT), CLIENT_TIMEOUT_MILLIS);
  }

  @Test
  void underLossAndDelayWhatIsWrittenIsRead() {
    network.set("--loss", "5%", "--delay", "50ms");
    try (Jedis jedis = client()) {
      long began = System.nanoTime();
      assertEquals("PONG", jedis.ping());
      long millis = (System.nanoTime() - began) / 1_000_000;
      assertTrue(millis >= 100, "50 ms each way, by the mapped port, too: " + millis);
      Random random = new Random(5);
      List<byte[]> values = new ArrayList<>();
      for (int batch = 0; batch < 2; batch++) {
        Pipeline writes = jedis.pipelined();
        for (int i = 0; i < 100; i++) {
          byte[] value = new byte[random.nextInt(500)];
          random.nextBytes(value);
          writes.set(key(values.size()), value);
          values.add(value);
        }
        assertEquals(100, writes.syncAndReturnAll().stream().filter("OK"::equals).count());
      }
      Pipeline reads = jedis.pipelined();
      List<Response<byte[]>> read = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        read.add(reads.get(key(i)));
      }
      reads.sync();
      for (int i = 0; i < values.size(); i++) {
        assertEquals(List.of(boxed(values.get(i))), List.of(boxed(read.get(i).get())), "key " + i);
      }
    }
    assertTrue(network.report().contains("loss 5% delay 50ms"), network.report());
  }

  private static byte[] key(int number) {
    return ("key" + number).getBytes(StandardCharsets.US_ASCII);
  }

  private static String boxed(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void aPartitionOfTenSecondsIsSurvived() throws InterruptedException {
    AtomicLong acknowledged = new AtomicLong();
    AtomicBoolean isEnding = new AtomicBoolean();
    try (Jedis jedis = client()) {
      jedis.set("counter", "0");
      Thread writer =
          new Thread(() -> {
            while (!isEnding.get()) {
              acknowledged.set(jedis.incr("counter"));
            }
          });
      writer.start();
      Command.awaitUntil("writes", () -> acknowledged.get() > 100);
      network.partition(redis);
      long began = System.nanoTime();
      long last;
      do { // until the answers that were on their way are here
        last = acknowledged.get();
        Thread.sleep(1000);
      } while (last != acknowledged.get());
      Thread.sleep(Math.max(0, 10_000 - (System.nanoTime() - began) / 1_000_000));
      assertEquals(last, acknowledged.get(), "nothing passes");
      network.heal(redis);
      long before = last;
      Command.awaitUntil("writes again", () -> acknowledged.get() > before + 100);
      isEnding.set(true);
      writer.join(CLIENT_TIMEOUT_MILLIS);
      assertEquals(Long.toString(acknowledged.get()), jedis.get("counter"), "each counts once");
    }
  }

  @Test
  void datagramsAreLostAndDoubledOneWay() {
    int count = 500;
    redis.start("nc -u -l -k -p 99 >/tmp/datagrams");
    redis.awaitUntil("ss -Hlun | grep -q :99");
    network.setFrom(peer, "--loss", "20%", "--duplicate", "10%");
    String to = "/dev/udp/" + redis.address() + "/99";
    peer.ok("bash -c 'for i in $(seq " + count + "); do echo datagram $i >" + to + "; done'");
    network.clear();
    peer.ok("bash -c 'until false; do echo end >" + to + "; sleep 0.1; done' & echo $! >/tmp/pid");
    redis.awaitUntil("grep -q end /tmp/datagrams");
    peer.ok("kill $(cat /tmp/pid)");
    int different = number(redis.ok("grep datagram /tmp/datagrams | sort -u | wc -l"));
    int all = number(redis.ok("grep -c datagram /tmp/datagrams"));
    // Five standard deviations of 500 draws: 8.9 of what is lost, 6.1 of what is doubled.
    assertTrue(Math.abs(different - 400) <= 45, different + " of " + count);
    assertTrue(Math.abs(all - different - 40) <= 31, all - different + " twice");
  }

  private static int number(String text) {
    return Integer.parseInt(text.strip());
  }

  @Test
  void aMemberIsCutOffAloneAndOneWay() {
    String toRedis = "nc -z -w 1 " + redis.address() + " " + PORT;
    assertEquals(0, peer.run(toRedis).getExitCode());
    network.setTo(peer, "--partition");
    assertNotEquals(0, peer.run(toRedis).getExitCode());
    try (Jedis jedis = client()) {
      assertEquals("PONG", jedis.ping(), "the others go on");
    }
    network.setTo(peer, "--no-partition");
    peer.awaitUntil(toRedis);
  }

  @Test
  void whatIsNoFaultIsRefused() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> network.set("--loss", "5"));
    assertTrue(String.valueOf(refused.getMessage()).contains("write 5% or 0.1%"));
  }
}
