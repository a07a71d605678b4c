package dev.tapstack.tap;

import dev.tapstack.addr.MacAddress;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a TAP: attaches to an existing one and leaves its state alone, or creates one and sets it
 * up; it is gone again when its descriptor is closed. Runs on a thread in the TAP's namespace.
 */
final class TapSetup {
  /**
   * Packets that may wait from the kernel towards the program; the default of 1000 overruns in a
   * burst (measured).
   */
  private static final int TX_QUEUE_PACKETS = 5000;

  private static final Logger LOG = LoggerFactory.getLogger(TapSetup.class);

  private TapSetup() {}

  /**
   * An open TAP.
   *
   * @param name its name
   * @param fd its descriptor, non-blocking
   * @param link the kernel's side
   * @param isCreated whether it did not exist before
   * @param mtu MTU that the stack is to use
   * @param kernelMac MAC address of the kernel's end
   * @param isUp whether the link was up when it was opened
   * @param isQueued whether frames wait in the kernel for a thread that takes them
   */
  record Opened(
      String name,
      int fd,
      LinkMonitor link,
      boolean isCreated,
      int mtu,
      MacAddress kernelMac,
      boolean isUp,
      boolean isQueued) {}

  /**
   * Opens the TAP in the namespace that {@code config} names.
   *
   * @throws TapException whose message names the remedy
   */
  static Opened open(TapConfig config) {
    return config.namespace().call(() -> openHere(config));
  }

  private static Opened openHere(TapConfig config) {
    int fd = openTun();
    TapLink link = null;
    try {
      link = new TapLink(fd, config.name());
      boolean isCreated = !link.exists();
      boolean isQueued = false;
      if (isCreated) {
        isQueued = create(fd, config, link);
      } else {
        attach(fd, config.name(), 0);
        checkExisting(config, link);
        if (config.bridge() != null) {
          link.joinBridge(config.bridge());
        }
      }
      int mtu = config.mtu() != 0 ? config.mtu() : link.mtu();
      return new Opened(config.name(), fd, link, isCreated, mtu, link.mac(), link.isUp(), isQueued);
    } catch (RuntimeException e) {
      if (link != null) {
        link.close();
      }
      LibC.close(fd);
      throw e;
    }
  }

  private static int openTun() {
    int fd =
        LibC.open(LinuxTun.DEVICE_PATH, LinuxTun.O_RDWR | LinuxTun.NONBLOCK | LinuxTun.CLOEXEC);
    if (fd >= 0) {
      return fd;
    }
    int errno = LibC.errno();
    throw new TapException(
        LinuxTun.DEVICE_PATH
            + switch (errno) {
              case LinuxTun.ENOENT, LinuxTun.ENODEV, LinuxTun.ENXIO ->
                  " is missing: load it with 'modprobe tun', or give the container"
                      + " '--device /dev/net/tun'";
              default -> ": " + LibC.remedy(errno);
            });
  }

  /** Attaches to the TAP {@code name}; {@code moreFlags} beside those that every TAP has. */
  private static void attach(int fd, String name, int moreFlags) {
    int flags = LinuxTun.IFF_TAP | LinuxTun.IFF_NO_PI | moreFlags;
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    ifreq.bytes().putShort(LinuxTun.IFREQ_UNION, (short) flags);
    if (LibC.ioctl(fd, LinuxTun.TUNSETIFF, ifreq.address()) != 0) {
      int errno = LibC.errno();
      throw new TapException(
          name
              + switch (errno) {
                case LinuxTun.EBUSY ->
                    " is busy: another program is attached to it; end that, or choose another name";
                case LinuxTun.EINVAL ->
                    " is not a TAP (or one of several queues): choose another name, or make it with"
                        + " 'ip tuntap add dev "
                        + name
                        + " mode tap'";
                default -> ": " + LibC.remedy(errno);
              });
    }
    // What the program attached before had agreed to take (segments, partial checksums) stays set.
    if (LibC.ioctl(fd, LinuxTun.TUNSETOFFLOAD, 0) != 0) {
      throw new TapException(name + ": offload: " + LibC.text(LibC.errno()));
    }
  }

  /** Makes the TAP and sets it up; answers whether frames wait for a thread of the kernel's. */
  private static boolean create(int fd, TapConfig config, TapLink link) {
    boolean isQueued;
    try (Sysfs sysfs = Sysfs.open()) {
      attach(fd, config.name(), LinuxTun.IFF_TUN_EXCL | (sysfs == null ? 0 : LinuxTun.IFF_NAPI));
      isQueued = sysfs != null && startThread(config.name(), link, sysfs);
    }
    link.txQueueLength(TX_QUEUE_PACKETS);
    if (config.bridge() != null) {
      join(config.bridge(), config.mtu(), link);
    } else if (config.mtu() != 0) {
      link.mtu(config.mtu());
    }
    if (config.hostAddress() != null) {
      link.address(config.hostAddress());
    }
    link.bringUp();
    if (config.hostGateway() != null) {
      link.defaultRoute(config.hostGateway());
    }
    return isQueued;
  }

  /**
   * Puts a TAP that we created on a bridge, with the bridge's MTU if none is asked for: a smaller
   * one would become the bridge's own.
   */
  private static void join(String bridge, int mtu, TapLink link) {
    link.highMac();
    link.mtu(mtu != 0 ? mtu : link.mtuOf(bridge));
    link.joinBridge(bridge);
  }

  /**
   * Has the kernel's receive path run in a thread of the interface (NAPI), on another core than
   * ours, instead of inside our {@code write}; answers whether it does. Measured: a frame costs the
   * loop half, and the reader is woken from its own core. An existing TAP is left as it is.
   */
  private static boolean startThread(String name, TapLink link, Sysfs sysfs) {
    link.withoutGro();
    try {
      sysfs.set(name, "threaded", 1); // Linux 5.12
      return true;
    } catch (IOException e) {
      LOG.debug("{}: no thread of its own in the kernel: {}", name, e.toString());
      return false;
    }
  }

  private static void checkExisting(TapConfig config, TapLink link) {
    String name = config.name();
    if (config.mtu() > link.mtu()) {
      throw new TapException(
          "%s exists and has MTU %d: take that, or set it with 'ip link set %s mtu %d'"
              .formatted(name, link.mtu(), name, config.mtu()));
    }
    if (config.hostAddress() != null
        && HostSubnets.here().stream()
            .noneMatch(subnet ->
                subnet.interfaceName().equals(name)
                    && subnet.prefix().equals(config.hostAddress()))) {
      throw new TapException(
          "%s exists, so its addresses are left alone: give it one with 'ip addr add %s dev %s'"
              .formatted(name, config.hostAddress(), name));
    }
  }
}
