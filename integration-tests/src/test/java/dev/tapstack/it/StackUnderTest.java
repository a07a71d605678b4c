package dev.tapstack.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packed program serving on a TAP in a namespace of its own: the kernel's end has {@link
 * #HOST}, the stack {@link #ADDRESS}. Ready when the constructor returns; everything is gone when
 * it is closed.
 */
final class StackUnderTest implements AutoCloseable {
  /** The stack's address. */
  static final String ADDRESS = "10.77.0.2";

  /** The kernel's address on the other end. */
  static final String HOST = "10.77.0.1";

  /** The TAP's name, inside the namespace. */
  static final String TAP = "tap0";

  /** How long {@code serve} may take to end: five seconds for open connections, and some more. */
  private static final Duration END_DEADLINE = Duration.ofSeconds(30);

  private final TestNamespace namespace;
  private final boolean ownsNamespace;
  private final Command serve;

  /** Starts with these further arguments of {@code tapstack serve}, in a new namespace. */
  StackUnderTest(String... arguments) {
    this(new TestNamespace(), true, Command.program(), arguments);
  }

  /** Starts another program than the packed one, in a new namespace: these words, then serve's. */
  static StackUnderTest startedBy(List<String> program, String... arguments) {
    return new StackUnderTest(new TestNamespace(), true, program, arguments);
  }

  /** Starts in a namespace that is there already, and stays. */
  StackUnderTest(TestNamespace namespace, String... arguments) {
    this(namespace, false, Command.program(), arguments);
  }

  private StackUnderTest(
      TestNamespace namespace, boolean ownsNamespace, List<String> program, String... arguments) {
    this.namespace = namespace;
    this.ownsNamespace = ownsNamespace;
    List<String> words = new ArrayList<>(program);
    words.addAll(serveArguments(namespace, arguments));
    serve = Command.start(words);
    try {
      awaitLine("tapstack ready:");
    } catch (AssertionError e) {
      close();
      throw e;
    }
  }

  /** The whole command line, with the TAP, the addresses and these further arguments. */
  static List<String> serveWords(TestNamespace namespace, String... arguments) {
    return Command.tapstack(serveArguments(namespace, arguments).toArray(String[]::new));
  }

  private static List<String> serveArguments(TestNamespace namespace, String... arguments) {
    List<String> words = new ArrayList<>();
    words.addAll(
        List.of("serve", "--tap", TAP + "@" + namespace.name(), "--address", ADDRESS + "/24"));
    words.addAll(List.of(arguments));
    if (!words.contains("--host-address") && !words.contains("--no-host-address")) {
      words.addAll(List.of("--host-address", HOST + "/24"));
    }
    words.remove("--no-host-address"); // this fixture's own: the kernel's end is set up already
    return words;
  }

  /** The stack's link address, as the ready line has it. */
  String mac() {
    Matcher mac = Pattern.compile("MAC (..(:..){5})").matcher(serve.output() + serve.errors());
    if (!mac.find()) {
      throw new AssertionError("no MAC in the ready line: " + serve.output());
    }
    return mac.group(1);
  }

  TestNamespace namespace() {
    return namespace;
  }

  /** The program: its process and what it has printed. */
  Command serve() {
    return serve;
  }

  /** {@code http://ADDRESS/path}; {@code path} begins with a slash. */
  String url(String path) {
    return "http://" + ADDRESS + path;
  }

  /** Runs a command of the kernel's side to its end. */
  Outcome run(String... words) {
    return namespace.run(words);
  }

  /** The same with a deadline of its own. */
  Outcome run(Duration deadline, String... words) {
    return namespace.run(deadline, words);
  }

  /** A counter of the kernel's in the namespace, as nstat(8) names it. */
  long kernelCounter(String name) {
    return namespace.kernelCounter(name);
  }

  /** Waits until the program has printed {@code text}, on either output. */
  void awaitLine(String text) {
    Command.awaitUntil(
        "'" + text + "' printed",
        () -> {
          String printed = serve.output() + serve.errors();
          if (!printed.contains(text) && !serve.process().isAlive()) {
            throw new AssertionError("tapstack ended without '" + text + "':\n" + printed);
          }
          return printed.contains(text);
        });
  }

  /** Ends the program as a person does, with SIGTERM, and gives what it printed. */
  Outcome stop() {
    serve.signal("TERM");
    return serve.await(END_DEADLINE);
  }

  @Override
  public void close() {
    serve.close();
    if (ownsNamespace) {
      namespace.close();
    }
  }
}
