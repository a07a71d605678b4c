package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A user without any privilege, on a TAP that an administrator made for it. The user is nobody; its
 * /dev/net/tun is one that everybody may open, as udev makes it, in a mount namespace of its own.
 */
@Privileged
class UnprivilegedIT {
  private static final String AS_NOBODY =
      "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200"
          + " && exec setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all"
          + " --bounding-set=-all \"$0\" \"$@\"";

  private final TestNamespace namespace = new TestNamespace();
  private Path directory;

  @BeforeEach
  void aProgramThatEverybodyMayRead() throws IOException {
    directory = Files.createTempDirectory("tapstack-it");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path jar = directory.resolve("tapstack.jar");
    Files.copy(Path.of(System.getProperty("tapstack.jar")), jar);
    Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
  }

  @AfterEach
  void remove() throws IOException {
    namespace.close();
    Files.delete(directory.resolve("tapstack.jar"));
    Files.delete(directory);
  }

  /** The words that run the program as nobody, inside the namespace. */
  private List<String> asNobody(String... arguments) {
    List<String> words = namespace.inside("sh", "-c", AS_NOBODY);
    words.addAll(Command.program());
    words.replaceAll(word ->
        word.equals(System.getProperty("tapstack.jar"))
            ? directory.resolve("tapstack.jar").toString()
            : word);
    words.addAll(List.of(arguments));
    return words;
  }

  @Test
  void servesOnTheTapThatTheAdministratorMadeAsDoctorSays() {
    String[] options = {"--tap", "tap0", "--address", "10.77.0.2/24"};
    Outcome before = Command.run(Command.DEADLINE, asNobody(with("doctor", options)));
    assertEquals(1, before.status(), before.errors());
    List<String> commands =
        before
            .output()
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("sudo ip"))
            .toList();
    assertEquals(3, commands.size(), before.output());
    for (String command : commands) {
      namespace.run("sh", "-c", command.substring("sudo ".length())).ok();
    }
    Command.run(Command.DEADLINE, asNobody(with("doctor", options))).ok();

    try (Command serve = Command.start(asNobody(with("serve", options)))) {
      Command.awaitUntil(
          "ready", () -> serve.output().contains("tapstack ready:") || !serve.process().isAlive());
      assertEquals("", serve.errors());
      String owner =
          Command.run(Command.DEADLINE, List.of("ps", "-o", "user=", "-p", pid(serve)))
              .ok()
              .output();
      assertEquals("nobody", owner.strip());
      String page = namespace.run("curl", "-sS", "--fail", "http://10.77.0.2/").ok().output();
      assertTrue(page.contains(StackUnderTest.HOST), page);
      serve.signal("TERM");
      assertEquals(0, serve.await(Command.DEADLINE).status());
    }
    namespace.run("ip", "link", "show", "tap0").ok(); // the administrator's, and so it stays
  }

  private static String pid(Command command) {
    return Long.toString(command.process().pid());
  }

  private static String[] with(String first, String... more) {
    List<String> words = new ArrayList<>(List.of(first));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }
}
