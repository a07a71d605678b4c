package dev.tapstack.tap;

/**
 * Bounds the frames that a TAP's NAPI thread has not taken yet.
 *
 * <p>Theory of operation. The kernel bounds that queue by the descriptor's send buffer
 * (TUNSETSNDBUF), but then makes each frame's memory the slow way (measured: a fifth of the rate).
 * So the buffer is unlimited, and limited once in {@value #CHECK_FRAMES} frames: if the kernel then
 * calls the descriptor writable, less than half of the limit waits, and the limit is lifted again;
 * else it stays until a later look, and {@code write} answers EAGAIN where the queue is full.
 *
 * <p>The loop's thread only.
 */
final class KernelQueue {
  /** More than the largest window that Linux offers by default (net.ipv4.tcp_rmem, 6 MB). */
  static final int LIMIT_BYTES = 32 << 20;

  static final int UNLIMITED = Integer.MAX_VALUE;

  /** About 3 MB of the kernel's memory, at 2.3 KB for a frame of 1,514 bytes. */
  static final int CHECK_FRAMES = 1024;

  /** What is asked of the descriptor. */
  interface Descriptor {
    /** Sets its send buffer, in bytes. */
    void limit(int bytes);

    /** Whether less than half of the send buffer is used. */
    boolean isWritable();
  }

  private final Descriptor descriptor;
  private int framesUntilCheck = CHECK_FRAMES;

  KernelQueue(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** For a TAP whose frames go to a NAPI thread. */
  static KernelQueue of(int fd) {
    return new KernelQueue(new TapDescriptor(fd));
  }

  /** Called for each frame that was offered to the kernel. */
  void offered() {
    if (--framesUntilCheck == 0) {
      framesUntilCheck = CHECK_FRAMES;
      descriptor.limit(LIMIT_BYTES);
      if (descriptor.isWritable()) {
        descriptor.limit(UNLIMITED);
      }
    }
  }

  private static final class TapDescriptor implements Descriptor {
    private final int fd;
    private final NativeBuffer size = new NativeBuffer(Integer.BYTES);
    private final NativeBuffer pollfd = new NativeBuffer(LinuxTun.POLLFD_BYTES);
    private final NativeBuffer noTime = new NativeBuffer(LinuxTun.TIMESPEC_BYTES);

    TapDescriptor(int fd) {
      this.fd = fd;
      pollfd.bytes().putInt(0, fd);
      pollfd.bytes().putShort(LinuxTun.POLLFD_EVENTS, (short) LinuxTun.POLLOUT);
    }

    @Override
    public void limit(int bytes) {
      size.bytes().putInt(0, bytes);
      LibC.ioctl(fd, LinuxTun.TUNSETSNDBUF, size.address());
    }

    @Override
    public boolean isWritable() {
      return LibC.ppoll(pollfd.address(), 1, noTime.address(), 0) == 1
          && (pollfd.bytes().getShort(LinuxTun.POLLFD_REVENTS) & LinuxTun.POLLOUT) != 0;
    }
  }
}
