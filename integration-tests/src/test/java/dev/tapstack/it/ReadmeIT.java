package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.it.example.Hello;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's program runs and answers, and its command line is the program's. */
@Privileged
class ReadmeIT {
  @Test
  void answersHello() throws URISyntaxException {
    String classes =
        Path.of(Hello.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classPath = System.getProperty("tapstack.jar") + File.pathSeparator + classes;
    try (TestNamespace namespace = new TestNamespace();
        Command hello =
            namespace.start(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                Hello.class.getName())) {
      String[] curl = {"curl", "-sS", "--max-time", "5", "http://192.168.77.2/hello"};
      Command.awaitUntil(
          "the page", () -> hello.process().isAlive() && namespace.run(curl).status() == 0);
      assertEquals("hello\n", namespace.run(curl).ok().output());
      assertEquals("", hello.errors());
    }
  }

  @Test
  void showsTheHelpThatIsPrinted() {
    String help =
        Command.run(Command.DEADLINE, Command.tapstack("serve", "--help")).ok().output().strip();
    assertTrue(ReadmeTest.README.contains("```\n" + help + "\n```"), help);
  }
}
