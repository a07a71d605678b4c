package dev.tapstack.containers;

import dev.tapstack.it.Command;
import dev.tapstack.it.Outcome;
import java.util.ArrayList;
import java.util.List;

/** The command {@code docker}, as a person types it. */
final class Docker {
  private Docker() {}

  /** Runs it to its end. */
  static Outcome run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("docker"));
    words.addAll(List.of(arguments));
    return Command.run(Command.DEADLINE, words);
  }
}
