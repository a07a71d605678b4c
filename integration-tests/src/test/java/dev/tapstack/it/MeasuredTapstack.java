package dev.tapstack.it;

import dev.tapstack.apps.cli.Tapstack;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import sun.misc.Signal;

/**
 * The program, with one addition: at SIGWINCH it collects garbage and prints what memory is used.
 * Netty's direct memory is not the JVM's own and cannot be seen from outside. {@code scripts/soak}
 * starts it too.
 */
public final class MeasuredTapstack {
  private MeasuredTapstack() {}

  public static void main(String[] arguments) {
    Signal.handle(new Signal("WINCH"), signal -> print());
    Tapstack.main(arguments);
  }

  private static void print() {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    long direct = UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getMemoryUsed();
    }
    System.out.println("memory: heap " + heap + ", direct " + direct);
  }
}
