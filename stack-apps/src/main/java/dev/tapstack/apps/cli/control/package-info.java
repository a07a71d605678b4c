/**
 * The control socket: how commands look into a running process, and have it change.
 *
 * <p>Theory of operation. A process that carries a stack opens a {@link
 * dev.tapstack.apps.cli.control.ControlServer} on a socket of the file system, in a directory that
 * only its user may enter, named after its pid. A command connects, sends one line of JSON that
 * names what it wants, and reads lines of JSON: a head, one for each row, an end. What can be seen
 * are {@link dev.tapstack.apps.cli.control.View}s by name, each a snapshot that the loop takes and
 * rows that another thread makes of it; what can be changed are {@link
 * dev.tapstack.apps.cli.control.Order}s, which say what they did; what happens are {@link
 * dev.tapstack.apps.cli.control.Feed}s, a row for each event until one side ends it. {@code
 * capture} is like these, but its answer is a head and then a stream of {@link
 * dev.tapstack.apps.cli.control.FrameRecord}s.
 *
 * <p>The loop waits for nobody: what a client is too slow for is counted as lost.
 */
@NullMarked
package dev.tapstack.apps.cli.control;

import org.jspecify.annotations.NullMarked;
