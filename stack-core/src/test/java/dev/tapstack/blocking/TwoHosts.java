package dev.tapstack.blocking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.ParkWaiter;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Two stacks on a wire in memory whose loop runs in a thread of its own, as in a program. After the
 * test nothing is left: no packet without an owner, no thread.
 */
final class TwoHosts implements AfterEachCallback {
  /** Long for anything here, even on a busy machine. */
  static final int DEADLINE_MILLIS = 30_000;

  /** The addresses of {@link #a} and {@link #b}. */
  static final String A = "10.0.0.1";

  static final String B = "10.0.0.2";

  private final StackLoop loop = new StackLoop(Clock.system(), new ParkWaiter());
  private final PacketPool pool = new PacketPool();
  private final PipeDevice wire = new PipeDevice("wire-a", "wire-b", 1500);
  private final Thread thread = new Thread(loop::run, "loop");
  final Stack a;
  final Stack b;

  TwoHosts() {
    a = new Stack(loop, pool, config("a", wire, A));
    b = new Stack(loop, pool, config("b", wire.peer(), B));
    thread.start();
  }

  private static StackConfig config(String name, PipeDevice device, String address) {
    return StackConfig.named(name).attach(device, IpPrefix.parse(address + "/24")).seed(1).build();
  }

  /** Pulls the cable, or plugs it in. */
  void plug(boolean isPlugged) {
    inLoop(() -> wire.plug(isPlugged));
  }

  /** Runs {@code task} in the loop, and returns when it has run. */
  void inLoop(Runnable task) {
    CountDownLatch done = new CountDownLatch(1);
    a.execute(() -> {
      try {
        task.run();
      } finally {
        done.countDown();
      }
    });
    await(done);
  }

  /**
   * Polls, giving way to other threads, until {@code isTrue}; {@code what} says what is waited for.
   */
  static void await(String what, Callable<Boolean> isTrue) throws Exception {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
    while (!isTrue.call()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError(what + ": not within " + DEADLINE_MILLIS + " ms");
      }
      Thread.yield();
    }
  }

  /** Waits for {@code event}, with the deadline. */
  static void await(CountDownLatch event) {
    try {
      if (!event.await(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("not within " + DEADLINE_MILLIS + " ms");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws InterruptedException {
    loop.stop();
    thread.join(DEADLINE_MILLIS);
    a.close();
    b.close();
    if (context.getExecutionException().isEmpty()) {
      assertEquals(0, pool.outstanding(), "packets without an owner");
    }
    pool.close();
  }
}
