package dev.tapstack.icmp;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.packet.Packet;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.PingHandler;
import dev.tapstack.socket.PingReply;
import dev.tapstack.socket.PingSocket;
import dev.tapstack.wire.Icmp4;
import dev.tapstack.wire.Ipv4;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A socket of {@link PingLayer}: an identifier and a handler. The loop's thread only. */
final class EchoSocket implements PingSocket {
  private static final Logger LOG = LoggerFactory.getLogger(EchoSocket.class);

  private final PingLayer layer;
  private final int identifier;
  private final PingHandler handler;
  private final Received received = new Received();
  private boolean isClosed;

  EchoSocket(PingLayer layer, int identifier, PingHandler handler) {
    this.layer = layer;
    this.identifier = identifier;
    this.handler = handler;
  }

  /** The reply that the handler is being shown. */
  private static final class Received implements PingReply {
    @Nullable Packet packet;

    private Packet packet() {
      if (packet == null) {
        throw new IllegalStateException("this reply has ended: read it inside onReply");
      }
      return packet;
    }

    @Override
    public IpAddress source() {
      return IpAddress.of(packet().sourceHi(), packet().sourceLo());
    }

    @Override
    public int sequence() {
      return Icmp4.sequence(packet().buf(), packet().transport());
    }

    @Override
    public int ttl() {
      return Ipv4.ttl(packet().buf(), packet().network());
    }

    @Override
    public ByteBuf buf() {
      return packet().buf();
    }

    @Override
    public int payloadIndex() {
      return packet().transport() + Icmp4.HEADER_LENGTH;
    }

    @Override
    public int payloadBytes() {
      return packet().end() - payloadIndex();
    }
  }

  /** Shows a borrowed reply to the handler. */
  void replied(Packet packet) {
    received.packet = packet;
    try {
      handler.onReply(this, received);
    } catch (RuntimeException e) {
      LOG.error("the handler of ping socket {} failed", identifier, e);
    } finally {
      received.packet = null;
    }
  }

  void failed(IpAddress to, int sequence, CloseReason reason) {
    try {
      handler.onError(this, to, sequence, reason);
    } catch (RuntimeException e) {
      LOG.error("the handler of ping socket {} failed", identifier, e);
    }
  }

  @Override
  public int identifier() {
    return identifier;
  }

  @Override
  public boolean send(IpAddress to, int sequence, ByteBuf payload) {
    if (isClosed) {
      throw new IllegalStateException("ping socket " + identifier + " is closed");
    }
    if (sequence < 0 || sequence > 0xffff) {
      throw new IllegalArgumentException("sequence " + sequence + " is not 0 to 65535");
    }
    return layer.send(identifier, to, sequence, payload);
  }

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      layer.closed(this);
    }
  }
}
