package dev.tapstack.addr;

/**
 * What tells one flow from another: protocol, two addresses and two ports, 128-bit addresses for
 * both families.
 *
 * <p>Mutable, so that a table's owner keeps one as a probe and looks a packet up without
 * allocating; a key that is stored in a table must not change. Not thread-safe.
 */
public final class FlowKey {
  private int protocol;
  private long localHi;
  private long localLo;
  private long remoteHi;
  private long remoteLo;
  private int ports; // local << 16 | remote

  /** Sets all fields; returns this. */
  public FlowKey set(
      int protocol,
      long localHi,
      long localLo,
      int localPort,
      long remoteHi,
      long remoteLo,
      int remotePort) {
    this.protocol = protocol;
    this.localHi = localHi;
    this.localLo = localLo;
    this.remoteHi = remoteHi;
    this.remoteLo = remoteLo;
    this.ports = localPort << 16 | remotePort;
    return this;
  }

  public FlowKey copy() {
    return new FlowKey()
        .set(protocol, localHi, localLo, localPort(), remoteHi, remoteLo, remotePort());
  }

  public int protocol() {
    return protocol;
  }

  public long localHi() {
    return localHi;
  }

  public long localLo() {
    return localLo;
  }

  public long remoteHi() {
    return remoteHi;
  }

  public long remoteLo() {
    return remoteLo;
  }

  public int localPort() {
    return ports >>> 16;
  }

  public int remotePort() {
    return ports & 0xffff;
  }

  public Endpoint local() {
    return new Endpoint(IpAddress.of(localHi, localLo), localPort());
  }

  public Endpoint remote() {
    return new Endpoint(IpAddress.of(remoteHi, remoteLo), remotePort());
  }

  /** A keyed hash of all fields (SipHash), so that a peer cannot aim at one bucket. */
  public long hash(SipHash sip) {
    return sip.hash(
        localHi ^ Long.rotateLeft(remoteHi, 32),
        localLo,
        remoteLo,
        (long) protocol << 32 | ports & 0xffff_ffffL);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FlowKey k
        && ports == k.ports
        && remoteLo == k.remoteLo
        && localLo == k.localLo
        && remoteHi == k.remoteHi
        && localHi == k.localHi
        && protocol == k.protocol;
  }

  @Override
  public int hashCode() {
    return Long.hashCode((localHi * 31 + localLo) * 31 + (remoteHi * 31 + remoteLo)) * 31
        + ports * 31
        + protocol;
  }

  @Override
  public String toString() {
    return protocol + " " + local() + " <-> " + remote();
  }
}
