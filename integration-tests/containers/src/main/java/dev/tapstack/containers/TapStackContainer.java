package dev.tapstack.containers;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.lifecycle.TestDescription;
import org.testcontainers.lifecycle.TestLifecycleAware;

/**
 * A stack in a container: a host with services, or a gateway between networks. Whoever talks to the
 * container's address talks to the stack. It has started when it has said that it is ready; exposed
 * ports are the stack's.
 *
 * <pre>{@code
 * @Container
 * TapStackContainer stack =
 *     TapStackContainer.serve("--http", "80").withExposedPorts(80).withCapture(Path.of("failed.pcap"));
 * }</pre>
 *
 * <p>Options are those of {@code tapstack serve} and {@code tapstack gateway}; without {@code
 * --tap} the stack takes over the container's interface, and {@code --inside} and {@code --outside}
 * name an interface ({@code eth0}) or its network ({@code 10.1.0.0/24}).
 *
 * <p>As all containers of Testcontainers, for one thread.
 */
public final class TapStackContainer extends ImageContainer<TapStackContainer>
    implements TestLifecycleAware {
  /** The system property with the image's name. */
  public static final String IMAGE_PROPERTY = "tapstack.image";

  private static final String HOME = "/var/lib/tapstack/";

  /** As long as a command of a person's may take in a test. */
  private static final Duration ENDING_LIMIT = Duration.ofMinutes(2);

  private record FurtherNetwork(Network network, List<String> aliases) {}

  /** A capture in the container, and where it goes. */
  private record Capture(String inside, Path file) {}

  private final String subcommand;
  private final List<String> options = new ArrayList<>();
  private final List<FurtherNetwork> furtherNetworks = new ArrayList<>();
  private final List<Capture> captures = new ArrayList<>();

  private TapStackContainer(String subcommand, String... options) {
    super(Capability.NET_ADMIN);
    this.subcommand = subcommand;
    this.options.addAll(List.of(options));
  }

  /** A host of its own; options as of {@code tapstack serve}. */
  public static TapStackContainer serve(String... options) {
    return new TapStackContainer("serve", options).waitingFor(new ReadyLine(START_LIMIT));
  }

  /**
   * A router with NAT; options as of {@code tapstack gateway}. It needs a second network: {@link
   * #withFurtherNetwork}.
   */
  public static TapStackContainer gateway(String... options) {
    return new TapStackContainer("gateway", options).waitingFor(new ReadyLine(START_LIMIT));
  }

  /**
   * A command that ends by itself: {@code get}, {@code ping} or {@code nc}, from a stack of its own
   * in the container's network. It has started when it has ended, with success; what it printed is
   * in the logs.
   */
  public static TapStackContainer toTheEnd(String subcommand, String... options) {
    return new TapStackContainer(subcommand, options)
        .withStartupCheckStrategy(new OneShotStartupCheckStrategy().withTimeout(ENDING_LIMIT));
  }

  /** Connects it to one network more. */
  public TapStackContainer withFurtherNetwork(Network network, String... aliases) {
    furtherNetworks.add(new FurtherNetwork(network, List.of(aliases)));
    return this;
  }

  /**
   * Captures every frame, and keeps that when the test fails, as a .pcap file. Of a gateway there
   * are two, with {@code -inside} and {@code -outside} before the dot. JUnit tells of the failure
   * if the container is a {@code @Container} of {@code @Testcontainers} that is not static (of a
   * static one it tells of no test); else call {@link #saveCapture}.
   */
  public TapStackContainer withCapture(Path file) {
    if (subcommand.equals("gateway")) {
      capture("--pcap-inside", "inside.pcap", sibling(file, "-inside"));
      capture("--pcap-outside", "outside.pcap", sibling(file, "-outside"));
    } else {
      capture("--pcap", "capture.pcap", file);
    }
    return this;
  }

  private void capture(String option, String name, Path file) {
    options.addAll(List.of(option, HOME + name));
    captures.add(new Capture(HOME + name, file));
  }

  private static Path sibling(Path file, String suffix) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    int end = dot < 0 ? name.length() : dot;
    return file.resolveSibling(name.substring(0, end) + suffix + name.substring(end));
  }

  @Override
  protected void configure() {
    List<String> words = new ArrayList<>(List.of(subcommand));
    words.addAll(options);
    setCommandParts(words.toArray(String[]::new));
  }

  /**
   * An engine takes one network when a container is made; the others are connected before it
   * starts.
   */
  @Override
  protected void containerIsCreated(String containerId) {
    for (FurtherNetwork further : furtherNetworks) {
      dockerClient
          .connectToNetworkCmd()
          .withContainerId(containerId)
          .withNetworkId(further.network().getId())
          .withContainerNetwork(new ContainerNetwork().withAliases(further.aliases()))
          .exec();
    }
  }

  /**
   * The address in its first network: the one of {@link #withNetwork}, else the engine's default.
   * Without {@code --address} it is the stack's.
   */
  public String address() {
    Network network = getNetwork();
    return network == null ? address(networks().keySet().iterator().next()) : address(network);
  }

  /** The address in {@code network}. */
  public String address(Network network) {
    String id = network.getId();
    return networks().entrySet().stream()
        .filter(entry -> id.equals(entry.getValue().getNetworkID()))
        .map(entry -> address(entry.getKey()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not connected to network " + id));
  }

  private String address(String networkName) {
    ContainerNetwork network = Objects.requireNonNull(networks().get(networkName));
    return Objects.requireNonNull(network.getIpAddress());
  }

  private Map<String, ContainerNetwork> networks() {
    return dockerClient
        .inspectContainerCmd(getContainerId())
        .exec()
        .getNetworkSettings()
        .getNetworks();
  }

  /**
   * Looks into the running stack: {@code command("drops")}, {@code "ss"}, {@code "conntrack"}; what
   * it printed.
   *
   * @throws IllegalStateException if it failed; the message has what it said
   */
  public String command(String... arguments) {
    ExecResult result = run(arguments);
    if (result.getExitCode() != 0) {
      throw new IllegalStateException(
          "tapstack "
              + String.join(" ", arguments)
              + ": status "
              + result.getExitCode()
              + ": "
              + result.getStderr());
    }
    return result.getStdout();
  }

  /**
   * Copies what was captured until now to where {@link #withCapture} said; that directory exists.
   */
  public void saveCapture() {
    for (Capture capture : captures) {
      copyFileFromContainer(capture.inside(), capture.file().toString());
    }
  }

  @Override
  public void afterTest(TestDescription description, Optional<Throwable> throwable) {
    if (throwable.isPresent() && !captures.isEmpty()) {
      saveCapture();
      captures.forEach(capture ->
          System.out.println("capture of " + description.getTestId() + ": " + capture.file()));
    }
  }
}
