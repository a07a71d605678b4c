/**
 * A faulty Ethernet segment: members' plugs, between which frames are switched with the faults of
 * {@link dev.tapstack.device.FaultProfile}. {@link dev.tapstack.apps.faults.FaultySegment} is the
 * switch, {@link dev.tapstack.apps.faults.FaultChange} what is changed while it runs.
 */
@NullMarked
package dev.tapstack.apps.faults;

import org.jspecify.annotations.NullMarked;
