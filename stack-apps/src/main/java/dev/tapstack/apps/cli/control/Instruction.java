package dev.tapstack.apps.cli.control;

import java.util.List;
import java.util.Map;

/**
 * An {@link Order} that says how: called by the thread of the client who asked, several at once if
 * several ask; it touches the stack as {@link LoopSnapshot} does.
 */
@FunctionalInterface
public non-sealed interface Instruction extends Answer {
  /**
   * Does it.
   *
   * @param how a JSON object of the client's
   * @return rows that say what was done, as a {@link View} has them
   * @throws ControlException with the reason, if it cannot be done; then nothing was
   */
  List<Map<String, Object>> carryOut(Map<String, Object> how);
}
