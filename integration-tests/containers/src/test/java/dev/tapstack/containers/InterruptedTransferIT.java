package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.model.Network.Ipam;
import dev.tapstack.it.Command;
import dev.tapstack.it.Content;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.Network;

/**
 * A download while one of its two containers is paused, disconnected or stopped. The file in the
 * client's container shows that it had begun, that it stood still, and that it went on.
 */
@DockerRequired
class InterruptedTransferIT {
  /** Which of the two containers meets it. */
  enum End {
    STACK,
    CLIENT
  }

  private static final long LENGTH = 16_000_000;

  /** Some seconds for all of it: long enough to be met in the middle. */
  private static final String RATE = "4m";

  /** Of this run of the tests: only in a subnet of one's choice are addresses of one's choice. */
  private static final String SUBNET = "10.213." + ProcessHandle.current().pid() % 256 + ".";

  private static final Network NETWORK =
      Network.builder()
          .createNetworkCmdModifier(command ->
              command
                  .withLabels(Ownership.labels())
                  .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(SUBNET + "0/24"))))
          .build();

  private static final String STACK_ADDRESS = SUBNET + "10";
  private static final String CLIENT_ADDRESS = SUBNET + "20";
  private static final TapStackContainer STACK =
      TapStackContainer.serve()
          .withNetwork(NETWORK)
          .withCreateContainerCmdModifier(create -> create.withIpv4Address(STACK_ADDRESS));
  private static final Peer CLIENT =
      new Peer(NETWORK)
          .withCreateContainerCmdModifier(create -> create.withIpv4Address(CLIENT_ADDRESS));

  @BeforeAll
  static void start() {
    STACK.start();
    CLIENT.start();
  }

  @AfterAll
  static void end() {
    CLIENT.stop();
    STACK.stop();
    NETWORK.close();
  }

  @ParameterizedTest
  @EnumSource
  void aPausedTransferGoesOn(End end) {
    begin();
    String met = container(end).getContainerId();
    Docker.run("pause", met).ok();
    try {
      // Nobody can ask a container that is paused.
      awaitStandstill(
          end == End.STACK ? InterruptedTransferIT::received : InterruptedTransferIT::acknowledged);
    } finally {
      Docker.run("unpause", met).ok();
    }
    assertWhole();
  }

  @ParameterizedTest
  @EnumSource
  void aDisconnectedTransferGoesOn(End end) {
    begin();
    String met = container(end).getContainerId();
    Docker.run("network", "disconnect", NETWORK.getId(), met).ok();
    try {
      awaitStandstill(InterruptedTransferIT::received);
    } finally {
      String address = end == End.STACK ? STACK_ADDRESS : CLIENT_ADDRESS;
      Docker.run("network", "connect", "--ip", address, NETWORK.getId(), met).ok();
    }
    assertWhole();
    assertOnlyTheStackAnswers();
  }

  /** The engine gave the address to an interface of the container's kernel again. */
  private static void assertOnlyTheStackAnswers() {
    for (int i = 0; i < 5; i++) {
      CLIENT.ok("ip neigh flush all && curl -sS --fail -m 10 -o /dev/null " + url(0));
    }
  }

  /** The stack gives open connections five seconds to end; this one has more to do. */
  @Test
  void aStoppedStackEndsTheTransferAndServesWhenStartedAgain() {
    begin(10 * LENGTH);
    Docker.run("stop", STACK.getContainerId()).ok();
    try {
      assertNotEquals("0", status());
      assertTrue(received() < 10 * LENGTH);
    } finally {
      Docker.run("start", STACK.getContainerId()).ok();
    }
    String retries = " --retry-all-errors --retry 60 --retry-delay 1 --connect-timeout 1 ";
    CLIENT.ok("curl -sS -o /dev/null" + retries + url(0));
    begin();
    assertWhole();
  }

  @Test
  void aStoppedClientIsForgottenAndServedWhenStartedAgain() {
    begin();
    Docker.run("stop", CLIENT.getContainerId()).ok();
    try {
      Command.awaitUntil("no connection", () -> !connections().contains("ESTABLISHED"));
    } finally {
      Docker.run("start", CLIENT.getContainerId()).ok();
    }
    begin();
    assertWhole();
  }

  private static Container<?> container(End end) {
    return end == End.STACK ? STACK : CLIENT;
  }

  private static String url(long length) {
    return "http://" + STACK_ADDRESS + "/bytes/" + length;
  }

  private static void begin() {
    begin(LENGTH);
  }

  /** Starts a download in the client's container; its first megabyte is there on return. */
  private static void begin(long length) {
    CLIENT.ok("rm -f received status");
    String curl = "curl -sS --fail -o received --limit-rate " + RATE + " " + url(length);
    CLIENT.start(curl + "; echo $? >status");
    Command.awaitUntil("a megabyte received", () -> received() > 1_000_000);
  }

  private static long received() {
    return Long.parseLong(CLIENT.ok("stat -c %s received || echo 0").strip());
  }

  /** Of curl's process, once it has ended. */
  private static String status() {
    CLIENT.awaitUntil("[ -s status ]");
    return CLIENT.ok("cat status").strip();
  }

  /** What the client has acknowledged of an open connection, as the stack knows. */
  private static long acknowledged() {
    Matcher acked = Pattern.compile("bytes_acked:(\\d+)").matcher(connections());
    assertTrue(acked.find(), "a connection");
    return Long.parseLong(acked.group(1));
  }

  private static String connections() {
    return STACK.command("ss", "-i");
  }

  /** Waits until it no longer grows from second to second, and sees that not all is there. */
  private static void awaitStandstill(LongSupplier bytes) {
    AtomicLong before = new AtomicLong(-1);
    Command.awaitUntil(
        "a transfer that stands still",
        () -> {
          aSecond();
          long now = bytes.getAsLong();
          return before.getAndSet(now) == now;
        });
    assertTrue(before.get() < LENGTH, "whole before it was met");
  }

  private static void aSecond() {
    try {
      Thread.sleep(1000); // what is waited for is that nothing happens
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertWhole() {
    assertEquals("0", status());
    String sum = CLIENT.ok("sha256sum <received").split(" ")[0];
    assertEquals(Content.pattern(LENGTH).sha256(), sum);
  }
}
