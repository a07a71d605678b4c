package dev.tapstack.apps.cli.control;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Something that a running process shows of itself.
 *
 * @param <S> the snapshot
 * @param snapshot copies what is to be shown; called in the loop, and so has to be quick
 * @param rows makes rows of a snapshot, outside the loop: names with texts, numbers, truth values,
 *     or lists of these
 */
public record View<S>(Supplier<S> snapshot, Function<? super S, List<Map<String, Object>>> rows)
    implements Answer {
  /** Takes a snapshot, in the loop; what it returns makes the rows, on any other thread. */
  Supplier<List<Map<String, Object>>> take() {
    S taken = snapshot.get();
    return () -> rows.apply(taken);
  }
}
