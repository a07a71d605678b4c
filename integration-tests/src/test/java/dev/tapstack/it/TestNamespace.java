package dev.tapstack.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network namespace of a test's own, with its loopback up, removed when it is closed. Its name
 * ends with the pid of the test's JVM, so that {@code scripts/clean} finds what a killed run left.
 */
public final class TestNamespace implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String name =
      "tapstack-it" + NUMBER.incrementAndGet() + "-" + ProcessHandle.current().pid();

  public TestNamespace() {
    Command.run(Command.DEADLINE, List.of("ip", "netns", "add", name)).ok();
    run("ip", "link", "set", "lo", "up").ok();
  }

  public String name() {
    return name;
  }

  /** Runs a command inside, to its end. */
  public Outcome run(String... words) {
    return run(Command.DEADLINE, words);
  }

  /** Runs a command inside, to its end, with a deadline of its own. */
  public Outcome run(Duration deadline, String... words) {
    return Command.run(deadline, inside(words));
  }

  /** Starts a command inside; close it before the namespace. */
  public Command start(String... words) {
    return Command.start(inside(words));
  }

  /** A counter of the kernel's, as nstat(8) names it. */
  public long kernelCounter(String counter) {
    String line = run("nstat", "-asz", counter).ok().output();
    Matcher value = Pattern.compile(counter + " +(\\d+) ").matcher(line);
    if (!value.find()) {
      throw new AssertionError("no counter " + counter + ": " + line);
    }
    return Long.parseLong(value.group(1));
  }

  /** The words that run a command inside. */
  public List<String> inside(String... words) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(List.of(words));
    return all;
  }

  @Override
  public void close() {
    Command.run(Command.DEADLINE, List.of("ip", "netns", "delete", name)).ok();
  }
}
