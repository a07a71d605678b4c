/**
 * A packet, its buffer, and the pool that both come from.
 *
 * <p>Ownership. A packet going up is <em>borrowed</em>: valid until the call returns, {@link
 * dev.tapstack.packet.Packet#take} to keep it. A packet going down is <em>given</em>. Every end
 * that is no send and no delivery is {@link dev.tapstack.packet.Packet#drop}, which counts and
 * frees. Only {@code Packet} and TCP's chunk list touch reference counts.
 */
@NullMarked
package dev.tapstack.packet;

import org.jspecify.annotations.NullMarked;
