/**
 * Real {@link java.net.Socket}s, {@link java.net.ServerSocket}s and {@link
 * java.net.DatagramSocket}s over a stack, for threads that block, platform or virtual, and for
 * libraries that know nothing of this one: {@link dev.tapstack.blocking.StackSocketFactory}, {@link
 * dev.tapstack.blocking.StackServerSocketFactory} and {@link
 * dev.tapstack.blocking.StackDatagramSocket} make them.
 *
 * <p>How it works. java.net's classes do their own bookkeeping and call a {@link
 * java.net.SocketImpl}, ours, {@link dev.tapstack.blocking.StackSocketImpl}. Behind it stands a
 * handler in the loop, and between the two, in each direction, a {@code Handoff}: a bounded ring
 * with one producer and one consumer, the only way by which bytes cross between threads.
 *
 * <pre>
 *  Socket.read  &lt;  StackSocketImpl  &lt;  Handoff (64 KB)  &lt;  onReadable  &lt;  receive window
 *  Socket.write &gt;  StackSocketImpl  &gt;  Handoff (64 KB)  &gt;  write       &gt;  send buffer
 * </pre>
 *
 * <p>Datagrams cross one by one, in a bounded queue, and leave by commands: see {@code
 * BlockingDatagrams}.
 *
 * <p>The loop never waits for a caller: it takes no lock that a caller holds, moves what fits, and
 * unparks whoever waits. What does not fit stays where it is: input in the receive window, so that
 * the peer is held back; output in the ring, so that the writer is. A caller that has made room, or
 * put bytes, closed or set an option, asks the loop once, by one command however many wishes there
 * are; the command compares wishes and state, so that none is lost and none is done twice. Callers
 * park by {@link java.util.concurrent.locks.LockSupport} and never in a monitor of ours.
 *
 * <p>Exceptions are the JDK's, in class and message. A call on the loop's own thread, which would
 * wait for itself, is an {@link java.lang.IllegalStateException}; before the loop runs, there is
 * nobody to answer, and a call waits.
 */
@NullMarked
package dev.tapstack.blocking;

import org.jspecify.annotations.NullMarked;
