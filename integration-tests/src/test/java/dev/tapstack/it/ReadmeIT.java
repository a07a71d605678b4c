package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.example.Echo;
import dev.tapstack.it.example.Hello;
import dev.tapstack.it.example.Mirror;
import dev.tapstack.it.example.Shout;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's programs run and answer, and its command line is the program's. */
@Privileged
class ReadmeIT {
  @Test
  void answersHello() throws URISyntaxException {
    assertAnswers("hello\n", Hello.class, "curl -sS --max-time 5 http://192.168.77.2/hello");
  }

  @Test
  void echoesWithSocketsThatBlock() throws URISyntaxException {
    assertAnswers("hello\n", Echo.class, "echo hello | nc -N -w 5 192.168.77.2 7");
  }

  @Test
  void mirrorsInTheLoop() throws URISyntaxException {
    assertAnswers("hello\n", Mirror.class, "echo hello | nc -N -w 5 192.168.77.2 7");
  }

  @Test
  void answersDatagrams() throws URISyntaxException {
    String client = "echo hello | nc -u -w 1 192.168.77.2 9999 | grep .";
    assertAnswers("HELLO\n", Shout.class, client);
  }

  /** Runs the program until it answers a client, whose command line is a shell's. */
  private static void assertAnswers(String answer, Class<?> program, String client)
      throws URISyntaxException {
    String classes =
        Path.of(program.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classPath = System.getProperty("tapstack.jar") + File.pathSeparator + classes;
    try (TestNamespace namespace = new TestNamespace();
        Command running =
            namespace.start(
                java, "--enable-native-access=ALL-UNNAMED", "-cp", classPath, program.getName())) {
      String[] words = {"sh", "-c", client};
      Command.awaitUntil(
          "an answer", () -> running.process().isAlive() && namespace.run(words).status() == 0);
      assertEquals(answer, namespace.run(words).ok().output());
      assertEquals("", running.errors());
    }
  }

  @Test
  void showsTheHelpThatIsPrinted() {
    String help =
        Command.run(Command.DEADLINE, Command.tapstack("serve", "--help")).ok().output().strip();
    assertTrue(ReadmeTest.README.contains("```\n" + help + "\n```"), help);
  }
}
