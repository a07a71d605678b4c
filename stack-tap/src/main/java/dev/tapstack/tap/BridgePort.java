package dev.tapstack.tap;

import java.lang.ref.Reference;

/**
 * A TAP's place on a Linux bridge (net/bridge/br_ioctl.c): taken when the TAP is opened, left when
 * that is closed. A TAP that was on the bridge before stays there. Runs on a thread in the TAP's
 * namespace; {@link #leave} on any.
 */
final class BridgePort {
  /** Ports of a bridge at most: net/bridge/br_private.h, BR_MAX_PORTS. */
  private static final int MAX_PORTS = 1024;

  private final int controlFd;
  private final String bridge;
  private final int index;
  private final boolean isOurs;

  private BridgePort(int controlFd, String bridge, int index, boolean isOurs) {
    this.controlFd = controlFd;
    this.bridge = bridge;
    this.index = index;
    this.isOurs = isOurs;
  }

  /**
   * Puts {@code tap} on {@code bridge}.
   *
   * @param controlFd a socket of the namespace that has both; stays the caller's
   * @throws TapException whose message names the remedy
   */
  static BridgePort join(int controlFd, String tap, String bridge) {
    checkUp(controlFd, bridge);
    int index = index(controlFd, tap);
    NativeBuffer ifreq = NativeBuffer.ifreq(bridge);
    ifreq.bytes().putInt(LinuxTun.IFREQ_UNION, index);
    if (LibC.ioctl(controlFd, LinuxTun.SIOCBRADDIF, ifreq.address()) == 0) {
      return new BridgePort(controlFd, bridge, index, true);
    }
    int errno = LibC.errno();
    if (errno == LinuxTun.EBUSY && hasPort(controlFd, bridge, index)) {
      return new BridgePort(controlFd, bridge, index, false);
    }
    throw new TapException(
        switch (errno) {
          case LinuxTun.EBUSY ->
              "%s is on another bridge than %s: name that one, or take it off with 'ip link set %s nomaster'"
                  .formatted(tap, bridge, tap);
          case LinuxTun.EOPNOTSUPP ->
              bridge
                  + " is not a bridge: name one of those that 'ip link show type bridge' lists, or"
                  + " choose another name and make it with 'ip link add NAME type bridge'";
          case LinuxTun.EPERM, LinuxTun.EACCES ->
              tap + ": bridge " + bridge + ": run as root or give CAP_NET_ADMIN";
          default -> tap + ": bridge " + bridge + ": " + LibC.text(errno);
        });
  }

  /** A bridge that is down passes nothing on, and says nothing of it. */
  private static void checkUp(int controlFd, String bridge) {
    short flags =
        ask(controlFd, LinuxTun.SIOCGIFFLAGS, bridge).bytes().getShort(LinuxTun.IFREQ_UNION);
    if ((flags & LinuxTun.IFF_UP) == 0) {
      throw new TapException(
          "bridge %s is down: bring it up with 'ip link set %s up'".formatted(bridge, bridge));
    }
  }

  /**
   * MTU of {@code bridge} in bytes.
   *
   * @throws TapException if it is not there
   */
  static int mtu(int controlFd, String bridge) {
    return ask(controlFd, LinuxTun.SIOCGIFMTU, bridge).bytes().getInt(LinuxTun.IFREQ_UNION);
  }

  private static NativeBuffer ask(int controlFd, long request, String bridge) {
    NativeBuffer ifreq = NativeBuffer.ifreq(bridge);
    if (LibC.ioctl(controlFd, request, ifreq.address()) != 0) {
      int errno = LibC.errno();
      throw new TapException(
          errno == LinuxTun.ENODEV
              ? "there is no bridge %s: make it with 'ip link add %s type bridge' and 'ip link set %s up'"
                  .formatted(bridge, bridge, bridge)
              : "bridge " + bridge + ": " + LibC.text(errno));
    }
    return ifreq;
  }

  private static int index(int controlFd, String interfaceName) {
    NativeBuffer ifreq = NativeBuffer.ifreq(interfaceName);
    if (LibC.ioctl(controlFd, LinuxTun.SIOCGIFINDEX, ifreq.address()) != 0) {
      throw new TapException(interfaceName + ": " + LibC.text(LibC.errno()));
    }
    return ifreq.bytes().getInt(LinuxTun.IFREQ_UNION);
  }

  private static boolean hasPort(int controlFd, String bridge, int index) {
    NativeBuffer indices = new NativeBuffer(MAX_PORTS * Integer.BYTES); // 0 where no port is
    NativeBuffer arguments = new NativeBuffer(LinuxTun.BRCTL_ARGUMENTS * Long.BYTES);
    arguments.bytes().putLong(LinuxTun.BRCTL_GET_PORT_LIST);
    arguments.bytes().putLong(indices.address());
    arguments.bytes().putLong(MAX_PORTS);
    NativeBuffer ifreq = NativeBuffer.ifreq(bridge);
    ifreq.bytes().putLong(LinuxTun.IFREQ_UNION, arguments.address());
    boolean isListed = LibC.ioctl(controlFd, LinuxTun.SIOCDEVPRIVATE, ifreq.address()) >= 0;
    Reference.reachabilityFence(arguments);
    for (int i = 0; isListed && i < MAX_PORTS; i++) {
      if (indices.bytes().getInt(i * Integer.BYTES) == index) {
        return true;
      }
    }
    return false;
  }

  /** Takes the TAP off the bridge, if {@link #join} has put it there; no matter if it is gone. */
  void leave() {
    if (isOurs) {
      NativeBuffer ifreq = NativeBuffer.ifreq(bridge);
      ifreq.bytes().putInt(LinuxTun.IFREQ_UNION, index);
      LibC.ioctl(controlFd, LinuxTun.SIOCBRDELIF, ifreq.address());
    }
  }
}
