/**
 * Where frames come from and go to: the {@link dev.tapstack.device.Device} interface, devices in
 * memory, and decorators that capture, trace, monitor or impair what passes.
 *
 * <p>{@code transmit} never calls {@code input}: loopback and pipes queue, and the frame is polled
 * in a later turn.
 */
@NullMarked
package dev.tapstack.device;

import org.jspecify.annotations.NullMarked;
