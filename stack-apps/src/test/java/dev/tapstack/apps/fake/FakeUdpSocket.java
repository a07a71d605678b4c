package dev.tapstack.apps.fake;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A UDP socket whose network is the test. */
public final class FakeUdpSocket implements UdpSocket {
  /** A datagram on its way. */
  public record Datagram(
      ByteBuf buf, int payloadIndex, int payloadBytes, Endpoint source, Endpoint destination)
      implements UdpDatagram {}

  /** What was sent: to whom, from where, and what. */
  public record Sent(Endpoint from, Endpoint to, String payload) {}

  private final Endpoint local;
  private final UdpHandler handler;
  private final ArrayDeque<Datagram> queue = new ArrayDeque<>();
  private final List<Sent> sent = new ArrayList<>();
  private boolean isClosed;

  FakeUdpSocket(Endpoint local, UdpHandler handler) {
    this.local = local;
    this.handler = handler;
  }

  /** A datagram arrives; its payload does not begin at the buffer's first byte. */
  public void deliver(String payload, Endpoint source, Endpoint destination) {
    byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuf buf = Unpooled.buffer().writeZero(28).writeBytes(bytes);
    queue.add(new Datagram(buf, 28, bytes.length, source, destination));
    handler.onReadable(this);
  }

  public List<Sent> sent() {
    return sent;
  }

  public int queued() {
    return queue.size();
  }

  public boolean isClosed() {
    return isClosed;
  }

  @Override
  public Endpoint local() {
    return local;
  }

  @Override
  public Endpoint remote() {
    return null;
  }

  @Override
  public void connect(Endpoint remote) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void disconnect() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void ttl(int ttl) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void multicastTtl(int ttl) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void typeOfService(int typeOfService) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean send(ByteBuf payload) {
    throw new UnsupportedOperationException();
  }

  @Override
  public UdpDatagram receive() {
    return queue.poll();
  }

  @Override
  public boolean send(Endpoint to, ByteBuf payload) {
    sent.add(new Sent(local, to, payload.toString(StandardCharsets.ISO_8859_1)));
    return true;
  }

  @Override
  public boolean reply(UdpDatagram datagram, ByteBuf payload) {
    sent.add(
        new Sent(
            datagram.destination(),
            datagram.source(),
            payload.toString(StandardCharsets.ISO_8859_1)));
    return true;
  }

  @Override
  public void join(IpAddress group, IpAddress via) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void leave(IpAddress group, IpAddress via) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void multicastVia(IpAddress via) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void multicastLoopback(boolean isOn) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    isClosed = true;
  }
}
