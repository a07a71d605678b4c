/**
 * Linux TAP devices: the one place that knows native calls and the kernel's ABI.
 *
 * <p>{@link dev.tapstack.tap.TapDevice} is a device whose frames come from and go to the kernel,
 * {@link dev.tapstack.tap.TapWaiter} lets the loop sleep until one of its descriptors is ready, and
 * {@link dev.tapstack.tap.NetworkNamespace} says where the TAP is. Frames are read and written
 * through {@link dev.tapstack.tap.FrameIo}: by {@code java.lang.foreign} where Java has it, and by
 * JNA, as everything else is, where it has not.
 */
@NullMarked
package dev.tapstack.tap;

import org.jspecify.annotations.NullMarked;
