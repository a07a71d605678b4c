/**
 * The one thread of a stack: a turn takes the time once, drains commands, polls the sources that
 * announced work, runs due timers, runs what was marked for the end of the turn, and waits.
 *
 * <p>{@link dev.tapstack.loop.StackLoop#runOnce} is the whole engine; simulation calls it with a
 * virtual time, and {@link dev.tapstack.loop.StackLoop#run} with the real one. The loop drives the
 * small interfaces {@link dev.tapstack.loop.Source} and {@link dev.tapstack.loop.TurnEnd} and knows
 * neither devices nor TCP.
 */
@NullMarked
package dev.tapstack.loop;

import org.jspecify.annotations.NullMarked;
