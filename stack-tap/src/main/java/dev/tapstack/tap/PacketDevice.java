package dev.tapstack.tap;

import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceCaps;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An interface of the kernel's as a device, by packet(7): what the interface receives is read here,
 * what is transmitted leaves by it. The near end of a veth pair so becomes the plug of whoever has
 * the far end.
 *
 * <p>Theory of operation. A packet socket sees frames before the kernel's own receivers do, and
 * these still see them: the caller keeps the kernel from answering (a {@link KernelBridge} whose
 * port is disabled does). Two sockets: one receives, with the virtio header, and a {@link
 * FrameCutter} does what the sender left to the interface; the other one sends finished frames and
 * receives nothing. Tags of IEEE 802.1Q that the kernel took off a frame are lost.
 *
 * <p>The loop's thread only; {@link #open} on the thread that sets the loop up, or on the loop's.
 */
public final class PacketDevice implements Device {
  // bits/socket.h, linux/if_ether.h, linux/if_packet.h, asm-generic/socket.h
  private static final int AF_PACKET = 17;
  private static final int ETH_P_ALL = 3;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_VNET_HDR = 15;
  private static final int PACKET_IGNORE_OUTGOING = 23;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUFFORCE = 33;

  /** struct sockaddr_ll: family (2), protocol (2, big-endian), index (4), more. */
  private static final int SOCKADDR_LL_BYTES = 20;

  private static final int SOCKADDR_LL_PROTOCOL = 2;
  private static final int SOCKADDR_LL_INDEX = 4;

  private static final int ENETDOWN = 100; // asm-generic/errno.h

  /** A burst of large segments; the kernel's default holds three (net.core.rmem_default). */
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  /**
   * The largest packet with its link header; the kernel's own limit to a segment
   * (GSO_LEGACY_MAX_SIZE).
   */
  private static final int MAX_FRAME_BYTES = 65_536 + 32;

  private static final Logger LOG = LoggerFactory.getLogger(PacketDevice.class);

  private final String name;
  private final DeviceCaps caps;
  private final int receiveFd;
  private final int sendFd;
  private final TapWaiter waiter;
  private final FrameCutter cutter;
  private final ByteBuf buffer = Unpooled.directBuffer(FrameCutter.HEADER_LENGTH + MAX_FRAME_BYTES);
  private @Nullable DeviceInput input;
  private boolean isClosed;
  private boolean hasWarned;

  private PacketDevice(
      KernelBridge.Port port, int receiveFd, int sendFd, TapWaiter waiter, PacketPool pool) {
    this.name = port.name();
    this.caps = new DeviceCaps(port.mtu(), true);
    this.receiveFd = receiveFd;
    this.sendFd = sendFd;
    this.waiter = waiter;
    this.cutter = new FrameCutter(pool, this::received);
  }

  /**
   * Opens the interface behind a bridge's port.
   *
   * @throws TapException if it is gone, or packet sockets are not allowed
   */
  public static PacketDevice open(
      NetworkNamespace namespace, KernelBridge.Port port, TapWaiter waiter, PacketPool pool) {
    return namespace.call(() -> {
      int receiveFd = socket(port, true);
      try {
        return new PacketDevice(port, receiveFd, socket(port, false), waiter, pool);
      } catch (TapException e) {
        LibC.close(receiveFd);
        throw e;
      }
    });
  }

  private static int socket(KernelBridge.Port port, boolean receives) {
    int flags = LinuxTun.SOCK_RAW | LinuxTun.NONBLOCK | LinuxTun.CLOEXEC;
    int fd = LibC.socket(AF_PACKET, flags, 0); // protocol 0: receives nothing before it is bound
    if (fd < 0) {
      throw failure(port, "permission denied: run as root or give CAP_NET_RAW");
    }
    if (receives) {
      option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES); // the default does, too
    }
    boolean isSet =
        !receives
            || (option(fd, SOL_PACKET, PACKET_VNET_HDR, 1)
                && option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)); // Linux 4.20
    NativeBuffer address = new NativeBuffer(SOCKADDR_LL_BYTES);
    address.bytes().putShort(0, (short) AF_PACKET);
    address.bytes().put(SOCKADDR_LL_PROTOCOL + 1, (byte) (receives ? ETH_P_ALL : 0));
    address.bytes().putInt(SOCKADDR_LL_INDEX, port.index());
    if (!isSet || LibC.bind(fd, address.address(), SOCKADDR_LL_BYTES) != 0) {
      TapException failure = failure(port, LibC.text(LibC.errno()));
      LibC.close(fd);
      throw failure;
    }
    return fd;
  }

  private static boolean option(int fd, int level, int option, int value) {
    NativeBuffer bytes = new NativeBuffer(Integer.BYTES);
    bytes.bytes().putInt(0, value);
    return LibC.setsockopt(fd, level, option, bytes.address(), Integer.BYTES) == 0;
  }

  private static TapException failure(KernelBridge.Port port, String why) {
    return new TapException("packet socket of " + port.name() + ": " + why);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceCaps caps() {
    return caps;
  }

  @Override
  public boolean isUp() {
    return !isClosed;
  }

  @Override
  public void attach(DeviceInput input, StackLoop.Registration registration) {
    this.input = input;
    waiter.watch(receiveFd, registration);
  }

  @Override
  public int poll(long nowNanos, int budget) {
    int count = 0;
    while (count < budget && !isClosed) {
      int result = FrameIo.JNA.read(receiveFd, buffer.memoryAddress(), buffer.capacity());
      if (result <= 0) {
        break; // EAGAIN; ENETDOWN, once, when the interface goes down or away
      }
      int frames = result < buffer.capacity() ? cutter.cut(buffer, result) : 0;
      if (frames == 0) {
        refused("a frame of " + result + " bytes cannot be cut as it asks for");
      }
      count += Math.max(1, frames);
    }
    return count;
  }

  private void received(Packet packet) {
    DeviceInput receiver = input;
    if (receiver == null || isClosed) {
      packet.unused();
    } else {
      receiver.input(packet);
    }
  }

  @Override
  public void transmit(Packet packet) {
    if (isClosed) {
      packet.drop(DropReason.DEVICE_DOWN);
      return;
    }
    Packet whole = packet.own();
    long address = whole.buf().memoryAddress() + whole.start();
    int result = FrameIo.JNA.write(sendFd, address, whole.length());
    if (result >= 0) {
      whole.sent();
    } else {
      whole.drop(reasonFor(-result));
    }
  }

  private DropReason reasonFor(int errno) {
    return switch (errno) {
      case LinuxTun.EAGAIN, LinuxTun.ENOBUFS, LinuxTun.ENOMEM -> DropReason.DEVICE_QUEUE_FULL;
      case ENETDOWN, LinuxTun.ENXIO, LinuxTun.ENODEV -> DropReason.DEVICE_DOWN;
      default -> {
        refused("a frame was refused: " + LibC.text(errno));
        yield DropReason.DEVICE_ERROR;
      }
    };
  }

  private void refused(String why) {
    if (!hasWarned) {
      hasWarned = true;
      LOG.warn("{}: {}", name, why);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      waiter.forget(receiveFd);
      LibC.close(receiveFd);
      LibC.close(sendFd);
      buffer.release();
    }
  }
}
