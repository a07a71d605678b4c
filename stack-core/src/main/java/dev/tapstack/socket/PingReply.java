package dev.tapstack.socket;

import dev.tapstack.addr.IpAddress;
import io.netty.buffer.ByteBuf;

/** An echo reply. Valid until the handler returns. The loop's thread only. */
public interface PingReply {
  /** Who answers. */
  IpAddress source();

  int sequence();

  /** What is left of the reply's TTL. */
  int ttl();

  /** The buffer that holds the payload, at {@link #payloadIndex}; owned by the stack, read only. */
  ByteBuf buf();

  /** Absolute index of the payload's first byte. */
  int payloadIndex();

  int payloadBytes();
}
