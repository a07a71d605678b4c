package dev.tapstack.apps.cli;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.
 * SIGUSR1: a report.
 *
 * <p>A shutdown hook would not do: while it runs, the JVM does not hear a second signal. The JDK
 * has nothing public for it but jdk.unsupported's class.
 */
final class Signals {
  private static final AtomicBoolean ENDING = new AtomicBoolean();

  private Signals() {}

  /** Calls {@code end} at the first signal, on a thread of the JVM's. */
  static void onFirst(Runnable end) {
    for (String name : new String[] {"INT", "TERM"}) {
      sun.misc.Signal.handle(
          new sun.misc.Signal(name),
          signal -> {
            if (ENDING.compareAndSet(false, true)) {
              end.run();
            } else {
              Runtime.getRuntime().halt(1);
            }
          });
    }
  }

  /** Calls {@code report} at each SIGUSR1, on a thread of the JVM's. */
  static void onUser1(Runnable report) {
    sun.misc.Signal.handle(new sun.misc.Signal("USR1"), signal -> report.run());
  }
}
