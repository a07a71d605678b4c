package dev.tapstack.apps.cli.control;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Something that a running process tells as it happens.
 *
 * @param <E> an event, immutable
 * @param begin has events given to a listener from now on, and returns what ends that; both are
 *     called in the loop, as is the listener
 * @param row makes a row of an event, outside the loop: names with texts, numbers or truth values
 */
public record Feed<E>(
    Function<Consumer<E>, Runnable> begin, Function<? super E, Map<String, Object>> row)
    implements Answer {}
