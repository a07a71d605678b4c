package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's configuration file, on a gateway between two kernels. */
@Privileged
class GatewayConfigIT {
  @TempDir private Path directory;

  private static String example() {
    List<String> files =
        ReadmeTest.blocks("yaml").stream().filter(file -> file.contains("inside-host:")).toList();
    assertEquals(1, files.size(), "the example, and no other");
    return files.getFirst();
  }

  @Test
  void theExampleDoesWhatItsCommentsSay() {
    try (GatewayUnderTest gateway = new GatewayUnderTest(directory.resolve("gw.yaml"), example());
        Command alice = Netcat.listen(gateway.inside(), 80);
        Command bob = Netcat.listen(gateway.outside(), 80)) {
      Netcat.connect(gateway.inside(), GatewayUnderTest.BOB, 80).ok();
      Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 8080).ok();
      Outcome ssh = Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 2222);
      assertTrue(ssh.errors().contains("Connection refused"), ssh.errors());
      assertTrue(alice.process().isAlive() && bob.process().isAlive());
    }
  }

  @Test
  void rulesInTheFileAreReadAgainToo() {
    Path file = directory.resolve("gw.yaml");
    try (GatewayUnderTest gateway = new GatewayUnderTest(file, example());
        Command alice = Netcat.listen(gateway.inside(), 80)) {
      Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 8080).ok();
      gateway.write(file, example().replace("action: allow", "action: reject"));
      assertTrue(gateway.ask("firewall", "--reload").ok().output().startsWith(file + ": "));
      Outcome web = Netcat.connect(gateway.outside(), GatewayUnderTest.OUTSIDE, 8080);
      assertTrue(web.errors().contains("Connection refused"), web.errors());
      gateway.write(file, example().replace("action: allow", "action: permit"));
      Outcome refused = gateway.ask("firewall", "--reload");
      assertEquals(1, refused.status());
      assertTrue(refused.errors().contains(": firewall.security-groups[0].in[0].action: 'permit'"));
      assertTrue(alice.process().isAlive());
    }
  }

  @Test
  void aMistakeIsOneLineWithItsPlace() {
    Path file = directory.resolve("gw.yaml");
    AssertionError failure = null;
    try (GatewayUnderTest gateway = new GatewayUnderTest(file, example() + "\ncolour: red\n")) {
      gateway.stop();
    } catch (AssertionError e) {
      failure = e;
    }
    int last = example().split("\n", -1).length + 1;
    String start = "tapstack gateway: --config " + file + ":" + last + ": colour: is unknown: ";
    assertTrue(String.valueOf(failure).contains(start), String.valueOf(failure));
  }
}
