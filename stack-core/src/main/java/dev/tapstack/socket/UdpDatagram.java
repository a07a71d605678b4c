package dev.tapstack.socket;

import dev.tapstack.addr.Endpoint;
import io.netty.buffer.ByteBuf;

/**
 * A datagram that was received. Valid until the next {@link UdpSocket#receive} of its socket. The
 * loop's thread only.
 */
public interface UdpDatagram {
  /** The buffer that holds the payload, at {@link #payloadIndex}; owned by the stack, read only. */
  ByteBuf buf();

  /** Absolute index of the payload's first byte. */
  int payloadIndex();

  /** Bytes of payload, 0 to 65,507. */
  int payloadBytes();

  /** Who sent it. */
  Endpoint source();

  /** The address that was asked: perhaps a broadcast or multicast address. */
  Endpoint destination();
}
