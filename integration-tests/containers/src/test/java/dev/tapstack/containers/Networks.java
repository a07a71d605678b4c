package dev.tapstack.containers;

import org.testcontainers.containers.Network;

/** Docker networks that a killed run does not leave for ever. */
final class Networks {
  private Networks() {}

  /** A bridge network of its own. */
  static Network bridge() {
    return Network.builder()
        .createNetworkCmdModifier(command -> command.withLabels(Ownership.labels()))
        .build();
  }
}
