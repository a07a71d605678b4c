package dev.tapstack.tap;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of a TAP, as netdevice(7) shows it: flags, MTU, addresses, and notices of
 * change from rtnetlink(7).
 *
 * <p>A notice only says that some link of the namespace changed; what is true now is then asked for
 * by name, so that a lost notice (the socket's buffer overran) costs nothing. Used by the thread
 * that opens the TAP, then by the loop's.
 */
final class TapLink implements LinkMonitor {
  /** A notice is about 1.5 KB and is not looked at: what does not fit is cut off. */
  private static final int NOTICE_BYTES = 256;

  /** The highest first octet of a MAC address that is one host's and locally administered. */
  private static final byte HIGHEST_UNICAST_OCTET = (byte) 0xfe;

  private final int tapFd;
  private final int controlFd;
  private final int noticeFd;
  private final NativeBuffer notice = new NativeBuffer(NOTICE_BYTES);
  private String name;
  private @Nullable BridgePort port;

  /**
   * Opens the sockets in the calling thread's namespace.
   *
   * @param tapFd the TAP's descriptor; the caller's to close
   * @throws TapException if the kernel refuses a socket
   */
  TapLink(int tapFd, String name) {
    this.tapFd = tapFd;
    this.name = name;
    controlFd =
        checked(
            LibC.socket(LinuxTun.AF_INET, LinuxTun.SOCK_DGRAM | LinuxTun.CLOEXEC, 0),
            "control socket");
    try {
      noticeFd =
          checked(
              LibC.socket(
                  LinuxTun.AF_NETLINK,
                  LinuxTun.SOCK_RAW | LinuxTun.CLOEXEC | LinuxTun.NONBLOCK,
                  LinuxTun.NETLINK_ROUTE),
              "netlink socket");
    } catch (TapException e) {
      LibC.close(controlFd);
      throw e;
    }
    NativeBuffer address = new NativeBuffer(LinuxTun.SOCKADDR_NL_BYTES);
    address.bytes().putShort(0, (short) LinuxTun.AF_NETLINK);
    address.bytes().putInt(LinuxTun.SOCKADDR_NL_GROUPS, LinuxTun.RTMGRP_LINK);
    if (LibC.bind(noticeFd, address.address(), LinuxTun.SOCKADDR_NL_BYTES) != 0) {
      int errno = LibC.errno();
      close();
      throw new TapException("netlink socket: " + LibC.text(errno));
    }
  }

  private static int checked(int fd, String what) {
    if (fd < 0) {
      throw new TapException(what + ": " + LibC.text(LibC.errno()));
    }
    return fd;
  }

  /** Whether an interface of this name is there, of whatever kind. */
  boolean exists() {
    return LibC.ioctl(controlFd, LinuxTun.SIOCGIFFLAGS, NativeBuffer.ifreq(name).address()) == 0;
  }

  boolean isUp() {
    return (get(LinuxTun.SIOCGIFFLAGS).bytes().getShort(LinuxTun.IFREQ_UNION) & LinuxTun.IFF_UP)
        != 0;
  }

  void bringUp() {
    NativeBuffer ifreq = get(LinuxTun.SIOCGIFFLAGS);
    short flags = ifreq.bytes().getShort(LinuxTun.IFREQ_UNION);
    ifreq.bytes().putShort(LinuxTun.IFREQ_UNION, (short) (flags | LinuxTun.IFF_UP));
    control(LinuxTun.SIOCSIFFLAGS, ifreq, "cannot be brought up");
  }

  int mtu() {
    return get(LinuxTun.SIOCGIFMTU).bytes().getInt(LinuxTun.IFREQ_UNION);
  }

  void mtu(int bytes) {
    setInt(LinuxTun.SIOCSIFMTU, bytes, "MTU " + bytes);
  }

  int txQueueLength() {
    return get(LinuxTun.SIOCGIFTXQLEN).bytes().getInt(LinuxTun.IFREQ_UNION);
  }

  void txQueueLength(int packets) {
    setInt(LinuxTun.SIOCSIFTXQLEN, packets, "txqueuelen " + packets);
  }

  /**
   * Turns generic receive offload off, before the first frame. With it, frames that were merged are
   * taken off the account of the descriptor's send buffer by too little (seen in Linux 6.18: the
   * account overflows after some 10 GB, "refcount_t: saturated; leaking memory").
   */
  void withoutGro() {
    NativeBuffer value = new NativeBuffer(LinuxTun.ETHTOOL_VALUE_BYTES);
    value.bytes().putInt(0, LinuxTun.ETHTOOL_SGRO); // and its data: 0, off
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    ifreq.bytes().putLong(LinuxTun.IFREQ_UNION, value.address());
    control(LinuxTun.SIOCETHTOOL, ifreq, "generic receive offload");
    Reference.reachabilityFence(value);
  }

  /** The MAC address of the kernel's end. */
  MacAddress mac() {
    NativeBuffer ifreq = get(LinuxTun.SIOCGIFHWADDR);
    long bits = 0;
    for (int i = 0; i < 6; i++) {
      int at = LinuxTun.IFREQ_UNION + LinuxTun.SOCKADDR_DATA + i;
      bits = bits << 8 | ifreq.bytes().get(at) & 0xff;
    }
    return new MacAddress(bits);
  }

  /**
   * Gives the kernel's end a MAC address above all that are drawn at random, vendor bits kept. A
   * bridge whose own was not set takes the lowest of its ports': a port that comes must not change
   * it, or the neighbours would not find the bridge for a while.
   */
  void highMac() {
    NativeBuffer ifreq = get(LinuxTun.SIOCGIFHWADDR);
    ifreq.bytes().put(LinuxTun.IFREQ_UNION + LinuxTun.SOCKADDR_DATA, HIGHEST_UNICAST_OCTET);
    control(LinuxTun.SIOCSIFHWADDR, ifreq, "MAC address");
  }

  /** MTU of a bridge of this namespace in bytes. */
  int mtuOf(String bridge) {
    return BridgePort.mtu(controlFd, bridge);
  }

  /**
   * Puts the link on a bridge until this is closed.
   *
   * @throws TapException whose message names the remedy
   */
  void joinBridge(String bridge) {
    port = BridgePort.join(controlFd, name, bridge);
  }

  /** Gives the kernel's end its address and subnet; IPv4. */
  void address(IpPrefix prefix) {
    setAddress(LinuxTun.SIOCSIFADDR, (int) prefix.address().lo(), "address " + prefix);
    setAddress(LinuxTun.SIOCSIFNETMASK, (int) prefix.maskLo(), "address " + prefix);
  }

  /** Leads the default route of the namespace to {@code gateway}, by this link; IPv4. */
  void defaultRoute(IpAddress gateway) {
    NativeBuffer route = new NativeBuffer(LinuxTun.RTENTRY_BYTES);
    for (int at : new int[] {LinuxTun.RTENTRY_DST, LinuxTun.RTENTRY_GENMASK}) {
      route.bytes().putShort(at, (short) LinuxTun.AF_INET); // 0.0.0.0/0
    }
    route.bytes().putShort(LinuxTun.RTENTRY_GATEWAY, (short) LinuxTun.AF_INET);
    byte[] octets = Ipv4Address.of((int) gateway.lo()).toBytes();
    route.bytes().put(LinuxTun.RTENTRY_GATEWAY + LinuxTun.SOCKADDR_IN_ADDRESS, octets);
    route
        .bytes()
        .putShort(LinuxTun.RTENTRY_FLAGS, (short) (LinuxTun.RTF_UP | LinuxTun.RTF_GATEWAY));
    if (LibC.ioctl(controlFd, LinuxTun.SIOCADDRT, route.address()) != 0) {
      int errno = LibC.errno();
      throw new TapException(
          name
              + ": default route via "
              + gateway
              + ": "
              + (errno == LinuxTun.EEXIST
                  ? "there is one already: remove it with 'ip route del default'"
                  : LibC.text(errno)));
    }
  }

  private void setInt(long request, int value, String what) {
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    ifreq.bytes().putInt(LinuxTun.IFREQ_UNION, value);
    control(request, ifreq, what);
  }

  private void setAddress(long request, int bits, String what) {
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    ifreq.bytes().putShort(LinuxTun.IFREQ_UNION, (short) LinuxTun.AF_INET);
    byte[] octets = Ipv4Address.of(bits).toBytes();
    ifreq.bytes().put(LinuxTun.IFREQ_UNION + LinuxTun.SOCKADDR_IN_ADDRESS, octets);
    control(request, ifreq, what);
  }

  private NativeBuffer get(long request) {
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    control(request, ifreq, "cannot be looked at");
    return ifreq;
  }

  private void control(long request, NativeBuffer ifreq, String what) {
    if (LibC.ioctl(controlFd, request, ifreq.address()) != 0) {
      throw new TapException(name + ": " + what + ": " + LibC.remedy(LibC.errno()));
    }
  }

  // Watching.

  @Override
  public int fd() {
    return noticeFd;
  }

  @Override
  public State state() {
    // ENOBUFS (notices were lost) is read like a notice; EAGAIN ends them.
    int result;
    do {
      result = FrameIo.JNA.read(noticeFd, notice.address(), NOTICE_BYTES);
    } while (result > 0 || result == -LinuxTun.ENOBUFS);
    // A TAP may have been renamed; its descriptor knows the present name.
    NativeBuffer ifreq = new NativeBuffer(LinuxTun.IFREQ_BYTES);
    if (LibC.ioctl(tapFd, LinuxTun.TUNGETIFF, ifreq.address()) != 0) {
      return State.GONE;
    }
    name = ifreq.ifreqName();
    // Moved to another namespace it is gone, too: its state cannot be asked for any more.
    if (LibC.ioctl(controlFd, LinuxTun.SIOCGIFFLAGS, ifreq.address()) != 0) {
      return State.GONE;
    }
    return (ifreq.bytes().getShort(LinuxTun.IFREQ_UNION) & LinuxTun.IFF_UP) != 0
        ? State.UP
        : State.DOWN;
  }

  @Override
  public void close() {
    if (port != null) {
      port.leave();
    }
    LibC.close(noticeFd);
    LibC.close(controlFd);
  }
}
