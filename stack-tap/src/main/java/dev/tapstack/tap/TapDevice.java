package dev.tapstack.tap;

import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.Device;
import dev.tapstack.device.DeviceCaps;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Timer;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.DropReason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Linux TAP as a device: frames are read straight into packets, and written from where they lie,
 * payload pieces included, by one {@code writev}.
 *
 * <p>Theory of operation. The descriptor is non-blocking. No call moves several frames, yet they
 * are moved in batches: {@link #poll} reads some before it gives up the first, and {@link
 * #transmit} gathers some before it writes. So the caches hold the kernel's code for a while and
 * then the stack's, and the thread at the kernel's end is woken once (measured: a gateway's loop
 * takes a tenth less time for a frame). A frame that refers to payload elsewhere is written at
 * once.
 *
 * <p>The kernel's receive path runs in a thread of its own (NAPI) on a TAP that we created, inside
 * the write on any other. A TAP that is taken down accepts no frames (EIO) and shows nothing in
 * poll(2): the {@link LinkMonitor}, a second descriptor, tells of that and of its coming back. A
 * TAP that is removed is in error for ever (POLLERR, EBADFD): the device then stops watching its
 * descriptors. After any other failure of a read it looks away for a moment, so that no error can
 * keep the loop from sleeping.
 *
 * <p>The loop's thread only; {@link #open} on the thread that sets the loop up.
 */
public final class TapDevice implements Device {
  /** How long a descriptor whose read fails is left alone. */
  private static final long RETRY_NANOS = 100_000_000L;

  /** An Ethernet header with one VLAN tag (IEEE 802.1Q). */
  private static final int LINK_HEADER_BYTES = 18;

  /** Frames that are read or written one after the other; as many fit into a core's own cache. */
  private static final int BATCH_FRAMES = 64;

  private static final Logger LOG = LoggerFactory.getLogger(TapDevice.class);

  private final String name;
  private final boolean isCreated;
  private final MacAddress kernelMac;
  private final DeviceCaps caps;
  private final int fd;
  private final @Nullable KernelQueue queue;
  private final FrameIo io;
  private final LinkMonitor link;
  private final StackLoop loop;
  private final TapWaiter waiter;
  private final PacketPool pool;
  private final Timer retry = new Timer(now -> watchAgain());
  private final NativeBuffer iovecs =
      new NativeBuffer((1 + Packet.MAX_PIECES) * LinuxTun.IOVEC_BYTES);

  private final @Nullable Packet[] incoming = new @Nullable Packet[BATCH_FRAMES];
  private final @Nullable Packet[] outgoing = new @Nullable Packet[BATCH_FRAMES];
  private int outgoingCount;
  private int readErrno;
  private @Nullable DeviceInput input;
  private StackLoop.@Nullable Registration frames;
  private StackLoop.@Nullable Registration notices;
  private boolean isUp;
  private boolean isGone;
  private boolean isClosed;
  private int lastWriteErrno;

  /**
   * Opens a TAP: attaches to an existing one and leaves its state alone, or creates one, sets it up
   * and brings it up; that one is gone again when the device is closed or the process ends.
   *
   * @param loop the loop that will own the device
   * @param waiter that loop's
   * @param pool where packets for frames come from
   * @throws TapException whose message names the remedy
   */
  public static TapDevice open(
      TapConfig config, StackLoop loop, TapWaiter waiter, PacketPool pool) {
    return new TapDevice(TapSetup.open(config), ForeignIo.orJna(), loop, waiter, pool);
  }

  TapDevice(TapSetup.Opened opened, FrameIo io, StackLoop loop, TapWaiter waiter, PacketPool pool) {
    this.name = opened.name();
    this.isCreated = opened.isCreated();
    this.kernelMac = opened.kernelMac();
    this.caps = new DeviceCaps(opened.mtu(), true);
    this.fd = opened.fd();
    this.queue = opened.isQueued() ? KernelQueue.of(opened.fd()) : null;
    this.link = opened.link();
    this.isUp = opened.isUp();
    this.io = io;
    this.loop = loop;
    this.waiter = waiter;
    this.pool = pool;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceCaps caps() {
    return caps;
  }

  /** Whether the TAP did not exist before; it is gone again when the device is closed. */
  public boolean isCreated() {
    return isCreated;
  }

  /** The MAC address of the kernel's end. */
  public MacAddress kernelMac() {
    return kernelMac;
  }

  @Override
  public boolean isUp() {
    return isUp;
  }

  @Override
  public void attach(DeviceInput input, StackLoop.Registration registration) {
    this.input = input;
    frames = registration;
    notices = loop.register((now, budget) -> pollLink());
    waiter.watch(fd, registration);
    waiter.watch(link.fd(), notices);
  }

  // Receiving.

  @Override
  public int poll(long nowNanos, int budget) {
    DeviceInput receiver = input;
    if (receiver == null || isGone || isClosed) {
      return 0;
    }
    int count = 0;
    while (count < budget) {
      int most = Math.min(budget - count, BATCH_FRAMES);
      int length = readBatch(most);
      giveBatch(receiver, length);
      count += length;
      if (length < most) {
        if (readErrno != LinuxTun.EAGAIN && readErrno != LinuxTun.EINTR) {
          lookAway(readErrno);
        }
        return count;
      }
    }
    return count;
  }

  /** Reads up to {@code most} frames; how many. If fewer, {@link #readErrno} says why. */
  private int readBatch(int most) {
    for (int i = 0; i < most; i++) {
      Packet packet = pool.allocateFor(LINK_HEADER_BYTES + caps.mtu());
      int result = io.read(fd, packet.buf().memoryAddress() + packet.start(), packet.tailroom());
      if (result <= 0) {
        packet.unused();
        readErrno = -result;
        return i;
      }
      packet.end(packet.start() + result);
      incoming[i] = packet;
    }
    return most;
  }

  private void giveBatch(DeviceInput receiver, int length) {
    for (int i = 0; i < length; i++) {
      Packet packet = incoming[i];
      assert packet != null;
      incoming[i] = null;
      if (isClosed) {
        packet.unused(); // one before it has led to that
      } else {
        receiver.input(packet);
      }
    }
  }

  private void lookAway(int errno) {
    pollLink();
    if (isGone || isClosed) {
      return;
    }
    LOG.debug("{}: read: {}", name, LibC.text(errno));
    waiter.forget(fd);
    loop.armIn(retry, RETRY_NANOS);
  }

  private void watchAgain() {
    StackLoop.Registration registration = frames;
    if (registration != null && !isGone && !isClosed) {
      waiter.watch(fd, registration);
    }
  }

  /** Asks for the link's state and passes on what is new; 1, as work done. */
  private int pollLink() {
    DeviceInput receiver = input;
    if (receiver == null || isGone || isClosed) {
      return 0;
    }
    LinkMonitor.State state = link.state();
    boolean wasUp = isUp;
    isUp = state == LinkMonitor.State.UP;
    if (state == LinkMonitor.State.GONE) {
      isGone = true;
      stopWatching();
      receiver.removed(name + " was removed");
    } else if (isUp != wasUp) {
      receiver.linkChanged(isUp);
    }
    return 1;
  }

  // Sending.

  @Override
  public void transmit(Packet packet) {
    if (!isUp || isClosed) {
      packet.drop(DropReason.DEVICE_DOWN);
      return;
    }
    if (packet.pieceCount() > 0) {
      flush(); // in their order
      send(isGatherable(packet) ? packet : packet.own());
      return;
    }
    outgoing[outgoingCount++] = packet;
    if (outgoingCount == BATCH_FRAMES) {
      flush();
    }
  }

  @Override
  public void flush() {
    for (int i = 0; i < outgoingCount; i++) {
      Packet packet = outgoing[i];
      assert packet != null;
      outgoing[i] = null;
      send(packet);
    }
    outgoingCount = 0;
  }

  private void send(Packet frame) {
    int result = write(frame);
    if (queue != null) {
      queue.offered();
    }
    if (result >= 0) {
      frame.sent();
    } else {
      frame.drop(reasonFor(-result));
    }
  }

  /** Whether every piece has an address that the kernel can be given. */
  private static boolean isGatherable(Packet packet) {
    for (int i = 0; i < packet.pieceCount(); i++) {
      if (!packet.piece(i).hasMemoryAddress()) {
        return false;
      }
    }
    return true;
  }

  private int write(Packet frame) {
    long address = frame.buf().memoryAddress() + frame.start();
    int length = frame.end() - frame.start();
    int pieces = frame.pieceCount();
    if (pieces == 0) {
      return io.write(fd, address, length);
    }
    iovec(0, address, length);
    for (int i = 0; i < pieces; i++) {
      ByteBuf piece = frame.piece(i);
      iovec(1 + i, piece.memoryAddress() + frame.pieceIndex(i), frame.pieceLength(i));
    }
    return io.writev(fd, iovecs.address(), 1 + pieces);
  }

  private void iovec(int index, long address, int length) {
    int at = index * LinuxTun.IOVEC_BYTES;
    iovecs.bytes().putLong(at, address);
    iovecs.bytes().putLong(at + LinuxTun.IOVEC_LENGTH, length);
  }

  private DropReason reasonFor(int errno) {
    switch (errno) {
      case LinuxTun.EAGAIN, LinuxTun.ENOBUFS, LinuxTun.ENOMEM -> {
        return DropReason.DEVICE_QUEUE_FULL;
      }
      case LinuxTun.EIO, LinuxTun.EBADFD -> {
        // Down or gone; the interface hears of it in a later step, never from inside transmit.
        if (notices != null) {
          notices.announce();
        }
        return DropReason.DEVICE_DOWN;
      }
      default -> {
        if (errno != lastWriteErrno) {
          lastWriteErrno = errno;
          LOG.warn("{}: a frame was refused: {}", name, LibC.text(errno));
        }
        return DropReason.DEVICE_ERROR;
      }
    }
  }

  // Ending.

  private void stopWatching() {
    waiter.forget(fd);
    waiter.forget(link.fd());
    loop.timers().cancel(retry);
  }

  @Override
  public void close() {
    if (!isClosed) {
      flush();
      isClosed = true;
      isUp = false;
      stopWatching();
      if (notices != null) {
        notices.close();
      }
      link.close();
      LibC.close(fd);
    }
  }
}
