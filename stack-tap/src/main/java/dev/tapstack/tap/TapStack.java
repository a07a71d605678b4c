package dev.tapstack.tap;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.socket.StackContext;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stack on a TAP with a thread of its own: what a program needs to be a host of its own beside
 * the kernel.
 *
 * <pre>{@code
 * try (TapStack host = TapStack.open("tap0", "192.168.77.2/24", "192.168.77.1/24")) {
 *   host.start(stack -> stack.listen(...));
 *   host.join();
 * }
 * }</pre>
 *
 * <p>Methods are for any thread; what {@link #start} and {@link StackContext#execute} are given
 * runs on the loop's.
 */
public final class TapStack implements AutoCloseable {
  private final PacketPool pool = new PacketPool();
  private final StackLoop loop;
  private final Stack stack;
  private final Thread thread;
  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean isStarted;

  private TapStack(TapConfig config, IpPrefix address) {
    TapWaiter waiter = new TapWaiter();
    loop = new StackLoop(Clock.system(), waiter);
    TapDevice device;
    try {
      HostSubnets.checkFree(config, address);
      device = TapDevice.open(config, loop, waiter, pool);
    } catch (TapException e) {
      waiter.close();
      throw e;
    }
    stack = new Stack(loop, pool, StackConfig.named(config.name()).attach(device, address).build());
    thread = new Thread(this::run, "tapstack-" + config.name());
  }

  /**
   * A stack with {@code address} on the TAP {@code name} of the caller's own network namespace,
   * which is created if it does not exist; needs CAP_NET_ADMIN then.
   *
   * @param address the stack's address with its subnet, as "192.168.77.2/24"
   * @param hostAddress what the kernel's end gets, or null to leave that alone
   * @throws TapException whose message names the remedy
   */
  public static TapStack open(String name, String address, @Nullable String hostAddress) {
    IpPrefix host = hostAddress == null ? null : IpPrefix.parse(hostAddress);
    return open(new TapConfig(name, NetworkNamespace.CURRENT, 0, host), IpPrefix.parse(address));
  }

  /** A stack with {@code address} on the TAP that {@code config} tells. */
  public static TapStack open(TapConfig config, IpPrefix address) {
    return new TapStack(config, address);
  }

  /** Lets {@code services} listen and connect, then starts the loop's thread. Once. */
  public void start(Consumer<StackContext> services) {
    if (isStarted) {
      throw new IllegalStateException(stack.name() + " has been started before");
    }
    isStarted = true;
    services.accept(stack);
    thread.start();
  }

  private void run() {
    try {
      loop.run();
    } finally {
      stack.close();
      pool.close();
      ended.countDown();
    }
  }

  /** The stack; its methods are for the loop's thread, {@link StackContext#execute} leads there. */
  public StackContext stack() {
    return stack;
  }

  /** Waits until {@link #close}. */
  public void join() throws InterruptedException {
    ended.await();
  }

  /** Resets open connections, closes the TAP and ends the thread; idempotent. */
  @Override
  public void close() {
    loop.stop();
    if (isStarted) {
      awaitEnd();
    } else {
      stack.close();
      pool.close();
      ended.countDown();
    }
  }

  private void awaitEnd() {
    boolean isInterrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        isInterrupted = true; // the TAP is to be gone when this returns
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
