/**
 * The small services of the early internet, each on the in-loop API: echo (RFC 862), discard (RFC
 * 863), the character generator (RFC 864) and daytime (RFC 867).
 *
 * <p>They hold nothing: bytes wait in TCP's windows until there is room, and one handler without
 * state serves all connections.
 */
@NullMarked
package dev.tapstack.apps.echo;

import org.jspecify.annotations.NullMarked;
