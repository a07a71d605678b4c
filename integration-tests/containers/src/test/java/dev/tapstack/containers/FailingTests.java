package dev.tapstack.containers;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.testcontainers.containers.Network;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/**
 * Tests that fail, for {@link FailedTestIT} to look at what they leave: a program of its own, which
 * says what each failed for. Maven finds no tests here by the names of the classes.
 */
final class FailingTests {
  private FailingTests() {}

  public static void main(String... arguments) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(InTheMiddle.class), selectClass(AtTheStart.class))
                .build(),
            summary);
    summary.getSummary().printFailuresTo(new PrintWriter(System.out, true));
    System.exit(0);
  }

  @Testcontainers
  static final class InTheMiddle {
    private static final Network NETWORK = Networks.bridge();

    @Container
    private final TapStackContainer stack =
        TapStackContainer.serve()
            .withNetwork(NETWORK)
            .withCapture(Path.of(System.getProperty(FailedTestIT.CAPTURE)));

    @AfterAll
    static void closeNetwork() {
      NETWORK.close();
    }

    @Test
    void fails() throws Exception {
      InetAddress.getByName(stack.address()).isReachable(1000); // something to capture
      fail("failed with container " + stack.getContainerId() + " in " + NETWORK.getId());
    }
  }

  @Testcontainers
  static final class AtTheStart {
    @Container private final TapStackContainer stack = TapStackContainer.serve("--no-such-option");

    @Test
    void fails() {
      fail("started: " + stack.getLogs());
    }
  }
}
