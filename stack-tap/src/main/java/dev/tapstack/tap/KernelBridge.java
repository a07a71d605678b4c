package dev.tapstack.tap;

import dev.tapstack.loop.StackLoop;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A bridge of the kernel's (bridge(8)) and its ports, through rtnetlink(7).
 *
 * <p>A port that is {@linkplain #disable disabled} is cut off from the bridge in both directions,
 * as the spanning tree protocol cuts ports off (IEEE 802.1D 8.4.5, Disabled); packet sockets on its
 * interface still see everything. The kernel leaves it so until the interface loses and finds its
 * carrier.
 *
 * <p>The thread that opens it, then the loop's.
 */
public final class KernelBridge implements AutoCloseable {
  // bits/socket.h, linux/netlink.h, linux/rtnetlink.h
  private static final int AF_BRIDGE = 7;
  private static final int NLM_F_REQUEST = 0x1;
  private static final int NLM_F_ACK = 0x4;
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int RTM_SETLINK = 19;

  /** struct nlmsghdr: length (4), type (2), flags (2), sequence (4), port (4). */
  private static final int NLMSG_BYTES = 16;

  private static final int NLMSG_TYPE = 4;
  private static final int NLMSG_FLAGS = 6;

  /** struct ifinfomsg: family (1), padding (1), type (2), index (4), flags (4), change (4). */
  private static final int IFINFOMSG_BYTES = 16;

  private static final int IFINFOMSG_INDEX = 4;

  // struct rtattr is length (2) and type (2); linux/if_link.h
  private static final int RTATTR_BYTES = 4;
  private static final int NLA_TYPE_MASK = 0x3fff;
  private static final int NLA_F_NESTED = 0x8000;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_MASTER = 10;
  private static final int IFLA_PROTINFO = 12;
  private static final int IFLA_BRPORT_STATE = 1;

  // linux/if_bridge.h
  private static final int BR_STATE_DISABLED = 0;
  private static final int BR_STATE_FORWARDING = 3;

  /** What the kernel fills at most in one part of a dump. */
  private static final int ANSWER_BYTES = 32 << 10;

  /**
   * A port of the bridge.
   *
   * @param index of its interface
   * @param name of its interface
   * @param mtu of its interface, in bytes
   * @param isDisabled whether it is cut off
   */
  public record Port(int index, String name, int mtu, boolean isDisabled) {}

  private final String name;
  private final NetworkNamespace namespace;
  private final int controlFd;
  private final int requestFd;
  private final int noticeFd;
  private final int index;
  private final NativeBuffer answer = new NativeBuffer(ANSWER_BYTES);
  private @Nullable TapWaiter waiter;
  private StackLoop.@Nullable Registration registration;
  private boolean isClosed;

  private KernelBridge(NetworkNamespace namespace, String name, int[] fds) {
    this.namespace = namespace;
    this.name = name;
    controlFd = fds[0];
    requestFd = fds[1];
    noticeFd = fds[2];
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    if (LibC.ioctl(controlFd, LinuxTun.SIOCGIFINDEX, ifreq.address()) != 0) {
      throw new TapException(
          "bridge " + name + " does not exist: 'ip link add " + name + " type bridge' makes one");
    }
    index = ifreq.bytes().getInt(LinuxTun.IFREQ_UNION);
    NativeBuffer address = new NativeBuffer(LinuxTun.SOCKADDR_NL_BYTES);
    address.bytes().putShort(0, (short) LinuxTun.AF_NETLINK);
    address.bytes().putInt(LinuxTun.SOCKADDR_NL_GROUPS, LinuxTun.RTMGRP_LINK);
    check(
        LibC.bind(noticeFd, address.address(), LinuxTun.SOCKADDR_NL_BYTES) == 0, "netlink socket");
  }

  /**
   * Looks at the bridge {@code name} in {@code namespace}.
   *
   * @throws TapException if there is no interface of that name
   */
  public static KernelBridge open(NetworkNamespace namespace, String name) {
    return namespace.call(() -> {
      int[] fds = {
        LibC.socket(LinuxTun.AF_INET, LinuxTun.SOCK_DGRAM | LinuxTun.CLOEXEC, 0),
        netlink(0),
        netlink(LinuxTun.NONBLOCK)
      };
      try {
        return new KernelBridge(namespace, name, fds);
      } catch (RuntimeException e) {
        for (int fd : fds) {
          LibC.close(fd);
        }
        throw e;
      }
    });
  }

  private static int netlink(int flags) {
    return LibC.socket(
        LinuxTun.AF_NETLINK, LinuxTun.SOCK_RAW | LinuxTun.CLOEXEC | flags, LinuxTun.NETLINK_ROUTE);
  }

  private void check(boolean succeeded, String what) {
    if (!succeeded) {
      throw failure(what, LibC.errno());
    }
  }

  private TapException failure(String what, int errno) {
    return new TapException("bridge " + name + ": " + what + ": " + LibC.remedy(errno));
  }

  public String name() {
    return name;
  }

  /** Where it is. */
  public NetworkNamespace namespace() {
    return namespace;
  }

  /** The index of its interface. */
  public int index() {
    return index;
  }

  // Asking and setting.

  /** Whether it is there still. */
  public boolean exists() {
    NativeBuffer ifreq = NativeBuffer.ifreq(name);
    return LibC.ioctl(controlFd, LinuxTun.SIOCGIFINDEX, ifreq.address()) == 0
        && ifreq.bytes().getInt(LinuxTun.IFREQ_UNION) == index;
  }

  /** The ports that it has now, in the kernel's order. */
  public List<Port> ports() {
    NativeBuffer request = request(RTM_GETLINK, NLM_F_DUMP, 0, 0);
    send(request);
    List<Port> ports = new ArrayList<>();
    while (true) {
      int length = FrameIo.JNA.read(requestFd, answer.address(), ANSWER_BYTES);
      if (length < 0) {
        throw failure("its ports", -length);
      }
      for (int at = 0; at + NLMSG_BYTES <= length; at += aligned(answer.bytes().getInt(at))) {
        int type = answer.bytes().getShort(at + NLMSG_TYPE);
        if (type == NLMSG_DONE || type == NLMSG_ERROR) {
          return ports;
        }
        if (type == RTM_NEWLINK) {
          addPort(at, ports);
        }
      }
    }
  }

  private void addPort(int message, List<Port> ports) {
    ByteBuffer bytes = answer.bytes();
    int end = message + bytes.getInt(message);
    int body = message + NLMSG_BYTES;
    String portName = "";
    int mtu = 0;
    int master = 0;
    int state = BR_STATE_FORWARDING;
    int at = body + IFINFOMSG_BYTES;
    while (at + RTATTR_BYTES <= end) {
      int length = bytes.getShort(at) & 0xffff;
      int value = at + RTATTR_BYTES;
      switch (bytes.getShort(at + 2) & NLA_TYPE_MASK) {
        case IFLA_IFNAME -> portName = text(value, length - RTATTR_BYTES - 1);
        case IFLA_MTU -> mtu = bytes.getInt(value);
        case IFLA_MASTER -> master = bytes.getInt(value);
        case IFLA_PROTINFO -> state = state(value, at + length, state);
        default -> {}
      }
      at += Math.max(RTATTR_BYTES, aligned(length));
    }
    if (master == index) {
      ports.add(
          new Port(
              bytes.getInt(body + IFINFOMSG_INDEX), portName, mtu, state == BR_STATE_DISABLED));
    }
  }

  private String text(int at, int length) {
    byte[] text = new byte[length];
    answer.bytes().get(at, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private int state(int from, int end, int otherwise) {
    for (int at = from; at + RTATTR_BYTES <= end; ) {
      int length = answer.bytes().getShort(at) & 0xffff;
      if ((answer.bytes().getShort(at + 2) & NLA_TYPE_MASK) == IFLA_BRPORT_STATE) {
        return answer.bytes().get(at + RTATTR_BYTES);
      }
      at += Math.max(RTATTR_BYTES, aligned(length));
    }
    return otherwise;
  }

  private static int aligned(int length) {
    return length + 3 & ~3; // NLMSG_ALIGN, RTA_ALIGN
  }

  /** Cuts a port off. Whether that was done: it may be gone by now. */
  public boolean disable(int portIndex) {
    return setState(portIndex, BR_STATE_DISABLED);
  }

  /** Has the bridge forward from and to the port again. Whether that was done. */
  public boolean enable(int portIndex) {
    return setState(portIndex, BR_STATE_FORWARDING);
  }

  private boolean setState(int portIndex, int state) {
    int attributes = 2 * RTATTR_BYTES + aligned(1);
    NativeBuffer request = request(RTM_SETLINK, NLM_F_ACK, portIndex, attributes);
    int at = NLMSG_BYTES + IFINFOMSG_BYTES;
    request.bytes().putShort(at, (short) attributes);
    request.bytes().putShort(at + 2, (short) (IFLA_PROTINFO | NLA_F_NESTED));
    request.bytes().putShort(at + 4, (short) (RTATTR_BYTES + 1));
    request.bytes().putShort(at + 6, (short) IFLA_BRPORT_STATE);
    request.bytes().put(at + 8, (byte) state);
    send(request);
    int length = FrameIo.JNA.read(requestFd, answer.address(), ANSWER_BYTES);
    // An acknowledgement is an error message whose error, just behind the header, is 0.
    return length >= NLMSG_BYTES + Integer.BYTES
        && answer.bytes().getShort(NLMSG_TYPE) == NLMSG_ERROR
        && answer.bytes().getInt(NLMSG_BYTES) == 0;
  }

  private static NativeBuffer request(int type, int flags, int portIndex, int attributeBytes) {
    int length = NLMSG_BYTES + IFINFOMSG_BYTES + attributeBytes;
    NativeBuffer request = new NativeBuffer(length);
    request.bytes().putInt(0, length);
    request.bytes().putShort(NLMSG_TYPE, (short) type);
    request.bytes().putShort(NLMSG_FLAGS, (short) (NLM_F_REQUEST | flags));
    request.bytes().put(NLMSG_BYTES, (byte) AF_BRIDGE);
    request.bytes().putInt(NLMSG_BYTES + IFINFOMSG_INDEX, portIndex);
    return request;
  }

  private void send(NativeBuffer request) {
    int length = request.bytes().capacity();
    int result = FrameIo.JNA.write(requestFd, request.address(), length);
    if (result != length) {
      throw failure("netlink", -result);
    }
  }

  // Watching.

  /** Calls {@code changed} in the loop after any change to a link of the namespace. Once. */
  public void watch(StackLoop loop, TapWaiter loopsWaiter, Runnable changed) {
    StackLoop.Registration notices =
        loop.register((now, budget) -> {
          if (!isClosed) {
            takeNotices();
            changed.run();
          }
          return 1;
        });
    waiter = loopsWaiter;
    registration = notices;
    loopsWaiter.watch(noticeFd, notices);
  }

  private void takeNotices() {
    int result;
    do { // they only say that something changed; ENOBUFS: more than the socket holds have
      result = FrameIo.JNA.read(noticeFd, answer.address(), ANSWER_BYTES);
    } while (result > 0 || result == -LinuxTun.ENOBUFS);
  }

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      if (waiter != null && registration != null) {
        waiter.forget(noticeFd);
        registration.close();
      }
      LibC.close(controlFd);
      LibC.close(requestFd);
      LibC.close(noticeFd);
    }
  }
}
