/**
 * Congestion control: algorithms that see numbers only (bytes acknowledged, bytes in flight, times)
 * and answer with a window. Loss detection and retransmission are their caller's.
 */
@NullMarked
package dev.tapstack.tcp.cc;

import org.jspecify.annotations.NullMarked;
