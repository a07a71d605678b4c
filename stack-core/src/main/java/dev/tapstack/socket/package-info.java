/**
 * The in-loop API: what an application sees of the stack, and no logic.
 *
 * <p>Handlers run on the loop's thread and must not block. Calls made inside a handler (write,
 * close, connect, listen) change state at once and reach the wire at the end of the turn.
 * Back-pressure works both ways: what a handler leaves unread stays in the receive window, and a
 * write takes what fits and calls back when there is room.
 *
 * <p>Other threads come in through {@link dev.tapstack.socket.StackContext#execute}.
 */
@NullMarked
package dev.tapstack.socket;

import org.jspecify.annotations.NullMarked;
