package dev.tapstack.containers;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

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
  private static final class Switch extends ImageContainer<Switch> {
    Switch(String bridge, String... options) {
      super(Capability.NET_ADMIN, Capability.NET_RAW);
      List<String> words = new ArrayList<>(List.of("faults", "--bridge", bridge));
      words.addAll(List.of(options));
      setCommandParts(words.toArray(String[]::new));
      withNetworkMode("host");
      waitingFor(new ReadyLine(START_LIMIT));
    }

    /** Ends it as a person does, so that the bridge is as it was; the superclass kills. */
    @Override
    public void stop() {
      if (getContainerId() != null) {
        dockerClient.stopContainerCmd(getContainerId()).exec();
      }
      super.stop();
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
    List<String> words = new ArrayList<>(List.of("faults"));
    words.addAll(List.of(arguments));
    ExecResult result = faults.run(words.toArray(String[]::new));
    if (result.getExitCode() == 2) {
      throw new IllegalArgumentException(result.getStderr().strip());
    } else if (result.getExitCode() != 0) {
      throw new IllegalStateException(result.getStderr().strip());
    }
    return result.getStdout();
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
