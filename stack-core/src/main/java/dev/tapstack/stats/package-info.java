/**
 * What a stack counts: drops by name, the life of every packet, and counters indexed by an enum.
 *
 * <p>One writer (the loop's thread) and no lock: other threads read slightly old values through a
 * snapshot taken on the loop. Each layer names its own counters in an enum beside its code; {@link
 * dev.tapstack.stats.DropReason} is one list for the whole stack, so that a drop has one name
 * wherever it is shown.
 */
@NullMarked
package dev.tapstack.stats;

import org.jspecify.annotations.NullMarked;
