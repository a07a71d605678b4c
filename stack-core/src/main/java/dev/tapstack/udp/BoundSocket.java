package dev.tapstack.udp;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.link.NetInterface;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketQueue;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.stats.DropReason;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A socket of {@link UdpLayer}: its local address, perhaps its peer, and what waits for it. */
final class BoundSocket implements UdpSocket {
  private static final Logger LOG = LoggerFactory.getLogger(BoundSocket.class);

  private final UdpLayer layer;
  private final Endpoint bound;
  private final Object owner;
  private final UdpHandler handler;
  private final PacketQueue queue;
  private final Received received = new Received();
  private Endpoint local;
  private @Nullable Endpoint remote;
  private int ttl; // 0: the default
  private int typeOfService;
  private final Memberships memberships = new Memberships();
  private @Nullable IpAddress multicastVia;
  private int multicastTtl = 1;
  private boolean hearsOwnMulticasts = true;
  private boolean isClosed;

  /**
   * A socket whose port is reserved.
   *
   * @param owner in whose name
   */
  BoundSocket(
      UdpLayer layer, Endpoint bound, Object owner, UdpHandler handler, int receiveBufferBytes) {
    this.layer = layer;
    this.bound = bound;
    this.local = bound;
    this.owner = owner;
    this.handler = handler;
    queue = new PacketQueue(Integer.MAX_VALUE, receiveBufferBytes);
  }

  /** The datagram that the application holds; its packet is ended by the next one. */
  private static final class Received implements UdpDatagram {
    @Nullable Packet packet;

    Packet packet() {
      if (packet == null) {
        throw new IllegalStateException("this datagram has ended: read it before the next receive");
      }
      return packet;
    }

    @Override
    public ByteBuf buf() {
      return packet().buf();
    }

    @Override
    public int payloadIndex() {
      return packet().transport() + Udp.HEADER_LENGTH;
    }

    @Override
    public int payloadBytes() {
      return packet().end() - payloadIndex();
    }

    @Override
    public Endpoint source() {
      Packet p = packet();
      return new Endpoint(
          IpAddress.of(p.sourceHi(), p.sourceLo()), Udp.sourcePort(p.buf(), p.transport()));
    }

    @Override
    public Endpoint destination() {
      Packet p = packet();
      return new Endpoint(
          IpAddress.of(p.destinationHi(), p.destinationLo()),
          Udp.destinationPort(p.buf(), p.transport()));
    }
  }

  // What the layer asks.

  /** Whether it has exactly these ends; a peer of zeros stands for none. */
  boolean isAt(long hi, long lo, int port, long remoteHi, long remoteLo, int remotePort) {
    return local.port() == port
        && remotePort() == remotePort
        && localLo() == lo
        && remoteLo() == remoteLo
        && localHi() == hi
        && remoteHi() == remoteHi;
  }

  long localHi() {
    return local.address().hi();
  }

  long localLo() {
    return local.address().lo();
  }

  int localPort() {
    return local.port();
  }

  long remoteHi() {
    return remote == null ? 0 : remote.address().hi();
  }

  long remoteLo() {
    return remote == null ? 0 : remote.address().lo();
  }

  int remotePort() {
    return remote == null ? 0 : remote.port();
  }

  /** The endpoint whose port is reserved. */
  Endpoint bound() {
    return bound;
  }

  /** In whose name the port is reserved. */
  Object owner() {
    return owner;
  }

  /** Changes the ends, outside of any table. */
  void ends(Endpoint local, @Nullable Endpoint remote) {
    this.local = local;
    this.remote = remote;
  }

  /** 0 for the default. */
  int ttl() {
    return ttl;
  }

  /** Whether it has joined a group on the interface with that index. */
  boolean hasJoined(int interfaceIndex, long hi, long lo) {
    return memberships.contains(interfaceIndex, hi, lo);
  }

  /** What multicasts are sent from, or null for what a unicast would be. */
  @Nullable IpAddress multicastVia() {
    return multicastVia;
  }

  int multicastTtl() {
    return multicastTtl;
  }

  boolean hearsOwnMulticasts() {
    return hearsOwnMulticasts;
  }

  int typeOfService() {
    return typeOfService;
  }

  /**
   * Queues a checked datagram, borrowed, and tells the handler; drops it if the queue is full.
   *
   * @return whether it was queued
   */
  boolean deliver(Packet packet) {
    if (queue.isFull()) {
      packet.drop(DropReason.UDP_QUEUE_FULL);
      return false;
    }
    // A small payload does not pin a large buffer.
    Packet kept = packet.take();
    queue.offer(kept.resized(kept.end()));
    try {
      handler.onReadable(this);
    } catch (RuntimeException e) {
      LOG.error("the handler of UDP socket {} failed", local, e);
    }
    return true;
  }

  void failed(UdpError error) {
    try {
      handler.onError(this, error);
    } catch (RuntimeException e) {
      LOG.error("the handler of UDP socket {} failed", local, e);
    }
  }

  void close(DropReason reason) {
    if (!isClosed) {
      isClosed = true;
      memberships.clear(layer);
      layer.closed(this);
      end(received);
      queue.dropAll(reason);
    }
  }

  // The API.

  @Override
  public Endpoint local() {
    return local;
  }

  @Override
  public @Nullable Endpoint remote() {
    return remote;
  }

  @Override
  public void connect(Endpoint remote) {
    requireOpen();
    layer.connect(this, remote);
  }

  @Override
  public void disconnect() {
    requireOpen();
    if (remote != null) {
      layer.disconnect(this);
    }
  }

  @Override
  public @Nullable UdpDatagram receive() {
    end(received);
    received.packet = queue.poll();
    return received.packet == null ? null : received;
  }

  private static void end(Received datagram) {
    Packet packet = datagram.packet;
    if (packet != null) {
      datagram.packet = null;
      packet.delivered();
    }
  }

  @Override
  public boolean send(Endpoint to, ByteBuf payload) {
    if (to.port() == 0) {
      throw new IllegalArgumentException("cannot send to " + to + ": port 0 is nobody's");
    }
    requireOpen();
    IpAddress address = to.address();
    return layer.send(this, localHi(), localLo(), address.hi(), address.lo(), to.port(), payload);
  }

  @Override
  public boolean send(ByteBuf payload) {
    Endpoint peer = remote;
    if (peer == null) {
      throw new IllegalStateException("UDP socket " + local + " is not connected: say to whom");
    }
    return send(peer, payload);
  }

  @Override
  public boolean reply(UdpDatagram datagram, ByteBuf payload) {
    requireOpen();
    if (datagram != received) {
      throw new IllegalArgumentException("this datagram was received by another socket");
    }
    Packet asked = received.packet();
    int port = Udp.sourcePort(asked.buf(), asked.transport());
    // RFC 768: source port 0 says that no answer is wanted.
    return port != 0
        && layer.send(
            this,
            asked.destinationHi(),
            asked.destinationLo(),
            asked.sourceHi(),
            asked.sourceLo(),
            port,
            payload);
  }

  @Override
  public void ttl(int ttl) {
    this.ttl = octet("TTL", ttl);
  }

  @Override
  public void typeOfService(int typeOfService) {
    this.typeOfService = octet("type of service", typeOfService);
  }

  private static int octet(String name, int value) {
    if (value < 0 || value > 255) {
      throw new IllegalArgumentException(name + " " + value + " is not 0 to 255");
    }
    return value;
  }

  @Override
  public void join(IpAddress group, @Nullable IpAddress via) {
    requireOpen();
    NetInterface network = layer.groupNetwork(group, via);
    if (memberships.contains(network.index(), group.hi(), group.lo())) {
      throw new IllegalStateException(group + " is joined already on " + network.name());
    }
    if (memberships.isFull()) {
      throw new IllegalStateException(
          "cannot join " + group + ": a socket joins " + Memberships.MAX + " groups at most");
    }
    layer.join(network, group);
    memberships.add(network, group.hi(), group.lo());
  }

  @Override
  public void leave(IpAddress group, @Nullable IpAddress via) {
    requireOpen();
    NetInterface network = layer.groupNetwork(group, via);
    if (!memberships.remove(network, group.hi(), group.lo())) {
      throw new IllegalStateException(group + " is not joined on " + network.name());
    }
    layer.left(network, group.hi(), group.lo());
  }

  @Override
  public void multicastVia(@Nullable IpAddress via) {
    if (via != null) {
      layer.network(via);
    }
    multicastVia = via;
  }

  @Override
  public void multicastTtl(int hops) {
    multicastTtl = octet("multicast TTL", hops);
  }

  @Override
  public void multicastLoopback(boolean isOn) {
    hearsOwnMulticasts = isOn;
  }

  private void requireOpen() {
    if (isClosed) {
      throw new IllegalStateException("UDP socket " + local + " is closed");
    }
  }

  @Override
  public void close() {
    close(DropReason.UDP_PORT_CLOSED);
  }
}
