package dev.tapstack.it;

import com.sun.jna.Native;
import dev.tapstack.tap.NetworkNamespace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A socket of AF_PACKET, packet(7): puts whole frames on an interface of a namespace, as if the
 * kernel had built them. On x86-64 and aarch64.
 */
final class PacketSocket implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_QDISC_BYPASS = 20;
  private static final int ENOBUFS = 105;

  /** {@code sizeof(struct sockaddr_ll)}. */
  private static final int SOCKADDR_LL_BYTES = 20;

  static {
    Native.register(PacketSocket.class, "c");
  }

  private final int fd;

  PacketSocket(TestNamespace namespace, String interfaceName) {
    fd = NetworkNamespace.named(namespace.name()).call(() -> open(interfaceName));
  }

  private static native int socket(int domain, int type, int protocol);

  private static native int bind(int fd, byte[] address, int length);

  private static native int setsockopt(int fd, int level, int option, byte[] value, int length);

  private static native long send(int fd, byte[] bytes, long length, int flags);

  private static native int close(int fd);

  private static native int if_nametoindex(String name);

  private static int open(String interfaceName) {
    int index = if_nametoindex(interfaceName);
    check(index > 0);
    int opened = socket(AF_PACKET, SOCK_RAW, 0); // protocol 0: receives nothing
    check(opened >= 0);
    ByteBuffer address = ByteBuffer.allocate(SOCKADDR_LL_BYTES).order(ByteOrder.nativeOrder());
    address.putShort((short) AF_PACKET).putShort((short) 0).putInt(index);
    check(bind(opened, address.array(), SOCKADDR_LL_BYTES) == 0);
    // Straight to the device: it says when its queue is full, and keeps the order.
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    check(setsockopt(opened, SOL_PACKET, PACKET_QDISC_BYPASS, one, one.length) == 0);
    return opened;
  }

  private static void check(boolean succeeded) {
    if (!succeeded) {
      throw new IllegalStateException("packet socket: errno " + Native.getLastError());
    }
  }

  /** Sends a frame; waits while the interface's queue is full. */
  void send(byte[] frame) {
    Command.awaitUntil("room in the TAP's queue", () -> trySend(frame));
  }

  private boolean trySend(byte[] frame) {
    boolean sent = send(fd, frame, frame.length, 0) == frame.length;
    check(sent || Native.getLastError() == ENOBUFS);
    return sent;
  }

  @Override
  public void close() {
    close(fd);
  }
}
