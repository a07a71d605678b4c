package dev.tapstack.nat;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.conntrack.Tracked;
import org.jspecify.annotations.Nullable;

/**
 * An outside endpoint that stands for an inside endpoint, whomever it speaks to (RFC 4787 4.1:
 * endpoint-independent), for as long as one of its flows lives; a static one stays. For ICMP the
 * port is the identifier of queries. The loop's thread only.
 */
final class Mapping {
  /** In place of {@link #addressIndex} for what does not come from the pool. */
  static final int STATIC = -1;

  final int protocol;
  final long insideHi;
  final long insideLo;
  final int insidePort;
  final long outsideHi;
  final long outsideLo;
  final int outsidePort;

  /** Which of the pool's addresses it has, or {@link #STATIC}. */
  final int addressIndex;

  /** The flows that use it. */
  int flows;

  /** The flow that a datagram has left outside of last, or null: for UDP alone. */
  @Nullable Tracked lastSender;

  Mapping(
      int protocol,
      long insideHi,
      long insideLo,
      int insidePort,
      long outsideHi,
      long outsideLo,
      int outsidePort,
      int addressIndex) {
    this.protocol = protocol;
    this.insideHi = insideHi;
    this.insideLo = insideLo;
    this.insidePort = insidePort;
    this.outsideHi = outsideHi;
    this.outsideLo = outsideLo;
    this.outsidePort = outsidePort;
    this.addressIndex = addressIndex;
  }

  boolean isStatic() {
    return addressIndex == STATIC;
  }

  boolean isInside(int protocol, long hi, long lo, int port) {
    return insideLo == lo && insidePort == port && insideHi == hi && this.protocol == protocol;
  }

  boolean isOutside(int protocol, long hi, long lo, int port) {
    return outsideLo == lo && outsidePort == port && outsideHi == hi && this.protocol == protocol;
  }

  Endpoint inside() {
    return new Endpoint(IpAddress.of(insideHi, insideLo), insidePort);
  }

  Endpoint outside() {
    return new Endpoint(IpAddress.of(outsideHi, outsideLo), outsidePort);
  }

  @Override
  public String toString() {
    return "protocol " + protocol + " " + inside() + " as " + outside() + ", flows " + flows;
  }
}
