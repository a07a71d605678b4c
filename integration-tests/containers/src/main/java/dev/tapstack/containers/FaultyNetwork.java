package dev.tapstack.containers;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A network of containers whose every frame passes faults: loss, delay, jitter, reordering,
 * duplication, corruption, a rate, or a partition, for every protocol, changed while it runs. The
 * machine with the engine is a member as containers are, so that what a test sends to a mapped port
 * meets faults, too.
 *
 * <pre>{@code
 * try (FaultyNetwork network = new FaultyNetwork();
 *     GenericContainer<?> redis = new GenericContainer<>("redis").withNetwork(network)) {
 *   redis.withExposedPorts(6379).start();
 *   network.set("--loss", "5%", "--delay", "50ms");
 *   ...
 *   network.partition(redis);
 * }
 * }</pre>
 *
 * <p>It is an ordinary bridge network in which {@code tapstack faults} takes the bridge's place, in
 * a container of the image with the engine's network. Faults are its options: {@code tapstack
 * faults --help}. A frame meets those of the way from its sender and then those of the way to its
 * receiver; what is set for all is on the way from each member, 50 ms so are 100 ms there and back.
 *
 * <p>It begins when the first container is given to it, and ends with {@link #close}, after its
 * containers. Any thread.
 */
public final class FaultyNetwork implements Network {
  private static final String TUN = "/dev/net/tun";

  /** Long for a JVM, even on a busy machine. */
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private static final String FROM = "--from";
  private static final String TO = "--to";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Network network;
  private final Switch faults;
  private boolean isStarted;

  /** With these faults from the beginning, as {@code tapstack faults} takes them. */
  public FaultyNetwork(String... options) {
    // Names of interfaces have 15 letters at most; a pid has 7.
    String bridge = "tsf-%x-%x".formatted(ProcessHandle.current().pid(), NUMBER.incrementAndGet());
    network =
        Network.builder()
            .createNetworkCmdModifier(command ->
                command
                    .withOptions(Map.of("com.docker.network.bridge.name", bridge))
                    .withLabels(Ownership.labels()))
            .build();
    faults = new Switch(bridge, options);
  }

  /** The container in which the faults are. */
  private static final class Switch extends GenericContainer<Switch> {
    Switch(String bridge, String... options) {
      super(TapStackContainer.imageName());
      List<String> words = new ArrayList<>(List.of("faults", "--bridge", bridge));
      words.addAll(List.of(options));
      setCommandParts(words.toArray(String[]::new));
      withImagePullPolicy(image -> false); // it is in no registry
      withLabels(Ownership.labels());
      withNetworkMode("host");
      withCreateContainerCmdModifier(Switch::giveRights);
      waitingFor(Wait.forLogMessage(".*tapstack ready: .*\\n", 1).withStartupTimeout(START_LIMIT));
    }

    private static void giveRights(CreateContainerCmd command) {
      HostConfig host = Objects.requireNonNull(command.getHostConfig());
      host.withCapAdd(Capability.NET_ADMIN, Capability.NET_RAW)
          .withDevices(new Device("rwm", TUN, TUN));
    }

    /** Ends it as a person does, so that the bridge is as it was; the superclass kills. */
    @Override
    public void stop() {
      if (getContainerId() != null) {
        dockerClient.stopContainerCmd(getContainerId()).exec();
      }
      super.stop();
    }

    // Two containers are never the same; the superclass compares what they are configured with.
    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /** The network's id; the first call makes it, and starts the faults. */
  @Override
  public synchronized String getId() {
    String id = network.getId();
    if (!isStarted) {
      isStarted = true;
      faults.start();
    }
    return id;
  }

  /**
   * Changes faults of all members: {@code set("--loss", "5%", "--rate", "10mbit")}. What is not
   * named stays as it is.
   *
   * @throws IllegalArgumentException if these are no faults
   */
  public void set(String... options) {
    change(options);
  }

  /** The same for what comes from {@code member} only. */
  public void setFrom(GenericContainer<?> member, String... options) {
    change(options, of(FROM, member));
  }

  /** The same for what goes to {@code member} only; those of its senders are added. */
  public void setTo(GenericContainer<?> member, String... options) {
    change(options, of(TO, member));
  }

  /** Nothing comes from {@code member} and nothing reaches it, until {@link #heal}. */
  public void partition(GenericContainer<?> member) {
    change(new String[] {"--partition"}, of(FROM, member), of(TO, member));
  }

  /** Ends a partition, both ways; other faults are as they were before. */
  public void heal(GenericContainer<?> member) {
    change(new String[] {"--no-partition"}, of(FROM, member), of(TO, member));
  }

  /** Ends all faults. */
  public void clear() {
    set("--clear");
  }

  /** What was done to the frames of each member, as {@code tapstack faults} shows it. */
  public String report() {
    return run();
  }

  /**
   * A container's words for options like {@code --from}: its addresses in this network, by the
   * engine's word, which is there before the first frame. Both, as a stack in it has the one for IP
   * and a link address of its own.
   */
  private List<String> of(String option, GenericContainer<?> member) {
    String id = getId();
    Map<String, ContainerNetwork> networks =
        member.getCurrentContainerInfo().getNetworkSettings().getNetworks();
    return networks.values().stream()
        .filter(each -> id.equals(each.getNetworkID()))
        .map(each ->
            List.of(
                option,
                Objects.requireNonNull(each.getMacAddress()),
                option,
                Objects.requireNonNull(each.getIpAddress())))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                member.getDockerImageName() + " is not in this network: start it first"));
  }

  @SafeVarargs
  private void change(String[] options, List<String>... members) {
    List<String> words = new ArrayList<>(List.of("set"));
    words.addAll(List.of(options));
    for (List<String> member : members) {
      words.addAll(member);
    }
    run(words.toArray(String[]::new));
  }

  private String run(String... arguments) {
    getId();
    List<String> words = new ArrayList<>(List.of("tapstack", "faults"));
    words.addAll(List.of(arguments));
    try {
      ExecResult result = faults.execInContainer(words.toArray(String[]::new));
      if (result.getExitCode() == 2) {
        throw new IllegalArgumentException(result.getStderr().strip());
      } else if (result.getExitCode() != 0) {
        throw new IllegalStateException(result.getStderr().strip());
      }
      return result.getStdout();
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", words) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      faults.stop();
    } finally {
      network.close();
    }
  }
}
