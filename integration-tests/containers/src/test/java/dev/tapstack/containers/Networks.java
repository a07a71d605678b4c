package dev.tapstack.containers;

import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/** Docker networks that a killed run does not leave for ever. */
final class Networks {
  private Networks() {}

  /** A bridge network of its own. */
  static Network bridge() {
    return bridge(Map.of());
  }

  /**
   * The same, whose addresses the engine does not translate where they leave it. It does so on the
   * bridges of other networks too, to the sources of what a gateway forwards there.
   */
  static Network notMasqueraded() {
    return bridge(Map.of("com.docker.network.bridge.enable_ip_masquerade", "false"));
  }

  private static Network bridge(Map<String, String> options) {
    return Network.builder()
        .createNetworkCmdModifier(
            command -> command.withLabels(Ownership.labels()).withOptions(options))
        .build();
  }

  /** The network's range of addresses, as 172.18.0.0/16. */
  static String subnet(Network network) {
    return DockerClientFactory.instance()
        .client()
        .inspectNetworkCmd()
        .withNetworkId(network.getId())
        .exec()
        .getIpam()
        .getConfig()
        .getFirst()
        .getSubnet();
  }
}
