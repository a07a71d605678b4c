package dev.tapstack.apps.cli.control;

import java.util.List;
import java.util.Map;

/**
 * Something that a running process does when it is asked to. Called by the thread of the client who
 * asked, several at once if several ask; it may read files, and touches the stack as {@link
 * LoopSnapshot} does.
 */
@FunctionalInterface
public non-sealed interface Order extends Answer {
  /**
   * Does it.
   *
   * @return rows that say what was done, as a {@link View} has them
   * @throws ControlException with the reason, if it cannot be done; then nothing was
   */
  List<Map<String, Object>> carryOut();
}
