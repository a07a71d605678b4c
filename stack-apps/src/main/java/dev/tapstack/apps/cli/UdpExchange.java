package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.loop.Timer;
import dev.tapstack.socket.UdpDatagram;
import dev.tapstack.socket.UdpError;
import dev.tapstack.socket.UdpHandler;
import dev.tapstack.socket.UdpSocket;
import dev.tapstack.wire.Ipv4;
import dev.tapstack.wire.Udp;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code tapstack nc -u}: each read of standard input is a datagram, the payloads of those that
 * come go to standard output. One that listens talks to whoever spoke first. The loop's thread
 * only.
 */
final class UdpExchange implements UdpHandler {
  private final Host host;
  private final ChannelReader in;
  private final ChannelWriter out;
  private final Timer idle = new Timer(now -> finish());
  private final long waitNanos;
  private @Nullable UdpSocket socket;
  private @Nullable Endpoint peer;
  private @Nullable String failure;
  private @Nullable ByteBuf spare;
  private boolean isEnding;

  /**
   * @param waitSeconds how long to wait for a datagram after the end of input; 0 for ever
   */
  UdpExchange(Host host, int waitSeconds) {
    this.host = host;
    waitNanos = TimeUnit.SECONDS.toNanos(waitSeconds);
    in =
        ChannelReader.ofStandardInput(
            host.mtu() - Ipv4.HEADER_LENGTH - Udp.HEADER_LENGTH, host.stack()::execute, this::send);
    out = ChannelWriter.ofStandardOutput(host.stack()::execute, this::outputChanged);
  }

  /**
   * Runs until it is interrupted, fails, or has waited.
   *
   * @param endpoint the other side, or what to listen on
   * @param group the multicast group to listen to, and to talk to, or null
   * @return 0
   * @throws CommandException if it failed
   */
  int run(Endpoint endpoint, boolean listens, @Nullable Ipv4Address group) {
    try {
      Endpoint local = listens ? endpoint : new Endpoint(Ipv4Address.ANY, 0);
      UdpSocket bound = host.stack().bindUdp(local, this);
      socket = bound;
      if (group != null) {
        bound.join(group, null);
        bound.multicastLoopback(false);
        startTalkingTo(new Endpoint(group, endpoint.port()));
      }
    } catch (IllegalStateException e) {
      throw new CommandException(e.getMessage(), e);
    }
    if (!listens) {
      talkTo(endpoint);
    }
    host.stopOnSignal();
    host.run();
    in.close();
    out.close();
    if (failure != null) {
      throw new CommandException(failure);
    }
    return 0;
  }

  private void talkTo(Endpoint other) {
    if (socket != null) {
      socket.connect(other);
    }
    startTalkingTo(other);
  }

  private void startTalkingTo(Endpoint other) {
    peer = other;
    in.start();
  }

  @Override
  public void onReadable(UdpSocket from) {
    receive();
  }

  private void receive() {
    UdpSocket from = socket;
    while (from != null && !isEnding) {
      ByteBuf buffer = spare != null ? spare : out.buffer();
      spare = buffer;
      UdpDatagram datagram = buffer == null ? null : from.receive();
      if (buffer == null || datagram == null) {
        return; // what does not fit into the socket's queue is dropped and counted
      }
      spare = null;
      if (peer == null) {
        talkTo(datagram.source());
      }
      buffer.writeBytes(datagram.buf(), datagram.payloadIndex(), datagram.payloadBytes());
      out.write(buffer);
      armIfInputEnded();
    }
  }

  private void send() {
    UdpSocket to = socket;
    Endpoint other = peer;
    if (to == null || other == null) {
      return;
    }
    for (ByteBuf next = in.peek(); next != null; next = in.peek()) {
      if (!to.send(other, next)) {
        fail(other + ": no route to host");
      }
      in.take();
      in.free(next);
    }
    IOException failed = in.failure();
    if (failed != null) {
      fail("standard input: " + failed.getMessage());
    }
    armIfInputEnded();
  }

  private void armIfInputEnded() {
    if (in.isAtEnd() && waitNanos > 0) {
      host.stack().arm(idle, waitNanos);
    }
  }

  /** What will not reach its peer ends it; what one datagram suffered does not. */
  @Override
  public void onError(UdpSocket from, UdpError error) {
    switch (error.kind()) {
      case PORT_UNREACHABLE,
          PROTOCOL_UNREACHABLE,
          NET_UNREACHABLE,
          HOST_UNREACHABLE,
          PROHIBITED,
          TTL_EXCEEDED ->
          fail(error.to() + ": " + error.kind().text());
      case TOO_BIG, REASSEMBLY_EXCEEDED, PARAMETER_PROBLEM -> {}
    }
  }

  private void fail(String what) {
    if (failure == null) {
      failure = what;
    }
    finish();
  }

  /** Ends when standard output has taken what it was given. */
  private void finish() {
    if (!isEnding) {
      isEnding = true;
      out.end();
    }
  }

  private void outputChanged() {
    IOException failed = out.failure();
    if (failed != null) {
      fail("standard output: " + failed.getMessage());
    }
    receive();
    if (out.isEnded()) {
      host.loop().stop();
    }
  }
}
