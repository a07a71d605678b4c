package dev.tapstack.tap;

/**
 * Numbers and layouts of the Linux ABI that TAP devices need, as on x86-64 and aarch64. Each group
 * names the header it comes from.
 */
final class LinuxTun {
  static final String DEVICE_PATH = "/dev/net/tun";

  // asm-generic/errno-base.h, asm-generic/errno.h
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int EBADFD = 77;
  static final int EOPNOTSUPP = 95;
  static final int ENOBUFS = 105;

  // asm-generic/fcntl.h, linux/eventfd.h, linux/net.h: NONBLOCK and CLOEXEC are the same everywhere
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int NONBLOCK = 0x800;
  static final int CLOEXEC = 0x80000;

  // asm-generic/poll.h
  static final int POLLIN = 0x1;
  static final int POLLOUT = 0x4;
  static final int POLLERR = 0x8;

  // linux/sched.h
  static final int CLONE_NEWNET = 0x40000000;

  // asm-generic/unistd.h (the same number on every architecture), linux/mount.h
  static final long FSOPEN = 430;
  static final long FSCONFIG = 431;
  static final long FSMOUNT = 432;
  static final long FSOPEN_CLOEXEC = 1;
  static final long FSCONFIG_CMD_CREATE = 6;
  static final long FSMOUNT_CLOEXEC = 1;

  // bits/socket.h, linux/netlink.h, linux/rtnetlink.h
  static final int AF_INET = 2;
  static final int AF_NETLINK = 16;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_RAW = 3;
  static final int NETLINK_ROUTE = 0;
  static final int RTMGRP_LINK = 1;

  // asm-generic/ioctl.h
  private static final int IOC_WRITE = 1;
  private static final int IOC_READ = 2;

  // linux/if_tun.h
  static final long TUNSETIFF = ioctlNumber(IOC_WRITE, 'T', 202, Integer.BYTES);
  static final long TUNSETOFFLOAD = ioctlNumber(IOC_WRITE, 'T', 208, Integer.BYTES);
  static final long TUNGETIFF = ioctlNumber(IOC_READ, 'T', 210, Integer.BYTES);
  static final long TUNSETSNDBUF = ioctlNumber(IOC_WRITE, 'T', 212, Integer.BYTES);
  static final int IFF_TAP = 0x0002;
  static final int IFF_NAPI = 0x0010;
  static final int IFF_NO_PI = 0x1000;
  static final int IFF_TUN_EXCL = 0x8000;

  // linux/sockios.h
  static final long SIOCADDRT = 0x890b;
  static final long SIOCGIFFLAGS = 0x8913;
  static final long SIOCSIFFLAGS = 0x8914;
  static final long SIOCGIFADDR = 0x8915;
  static final long SIOCSIFADDR = 0x8916;
  static final long SIOCSIFNETMASK = 0x891c;
  static final long SIOCGIFMTU = 0x8921;
  static final long SIOCSIFMTU = 0x8922;
  static final long SIOCSIFHWADDR = 0x8924;
  static final long SIOCGIFHWADDR = 0x8927;
  static final long SIOCGIFINDEX = 0x8933;
  static final long SIOCGIFTXQLEN = 0x8942;
  static final long SIOCSIFTXQLEN = 0x8943;
  static final long SIOCETHTOOL = 0x8946;
  static final long SIOCBRADDIF = 0x89a2;
  static final long SIOCBRDELIF = 0x89a3;
  static final long SIOCDEVPRIVATE = 0x89f0;

  // linux/if_bridge.h: what SIOCDEVPRIVATE asks of a bridge is an array of longs
  static final int BRCTL_ARGUMENTS = 4;
  static final int BRCTL_GET_PORT_LIST = 7;

  // linux/ethtool.h: struct ethtool_value is a command (4) and its data (4)
  static final int ETHTOOL_VALUE_BYTES = 8;
  static final int ETHTOOL_SGRO = 0x2c;

  // linux/if.h
  static final int IFF_UP = 0x1;

  /** Bytes of an interface's name, its final zero included: IFNAMSIZ. */
  static final int IFNAMSIZ = 16;

  /** struct ifreq: the name, and a union as large as struct ifmap. */
  static final int IFREQ_BYTES = 40;

  /** Where the union of struct ifreq begins. */
  static final int IFREQ_UNION = IFNAMSIZ;

  /** Where the address of a struct sockaddr_in (linux/in.h) begins: behind family and port. */
  static final int SOCKADDR_IN_ADDRESS = 4;

  /** Where the address of a struct sockaddr begins: behind the family. */
  static final int SOCKADDR_DATA = 2;

  // linux/route.h: struct rtentry, of which these are used; 64 bits
  static final int RTENTRY_BYTES = 120;
  static final int RTENTRY_DST = 8;
  static final int RTENTRY_GATEWAY = 24;
  static final int RTENTRY_GENMASK = 40;
  static final int RTENTRY_FLAGS = 56;
  static final int RTF_UP = 0x1;
  static final int RTF_GATEWAY = 0x2;

  // linux/netlink.h: struct sockaddr_nl is family (2), padding (2), port (4), groups (4)
  static final int SOCKADDR_NL_BYTES = 12;
  static final int SOCKADDR_NL_GROUPS = 8;

  // linux/uio.h: struct iovec is an address and a length
  static final int IOVEC_BYTES = 16;
  static final int IOVEC_LENGTH = 8;

  // asm-generic/poll.h: struct pollfd is fd (4), events (2), revents (2)
  static final int POLLFD_BYTES = 8;
  static final int POLLFD_EVENTS = 4;
  static final int POLLFD_REVENTS = 6;

  // linux/time_types.h: struct timespec is seconds (8), nanoseconds (8)
  static final int TIMESPEC_BYTES = 16;
  static final int TIMESPEC_NANOS = 8;

  /** Largest MTU of a TAP: 65,535 less an Ethernet header (drivers/net/tun.c, MAX_TAP_MTU). */
  static final int MAX_MTU = 65_521;

  private LinuxTun() {}

  /** asm-generic/ioctl.h: direction, size of the argument, type and number in 2, 14, 8, 8 bits. */
  static long ioctlNumber(int direction, char type, int number, int size) {
    return (long) direction << 30 | (long) size << 16 | (long) type << 8 | number;
  }
}
