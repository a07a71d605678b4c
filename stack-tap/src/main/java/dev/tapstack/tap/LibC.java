package dev.tapstack.tap;

import com.sun.jna.Native;

/**
 * The C library, mapped directly with primitives (measured: half the cost of buffer arguments).
 * Calls answer -1 on failure; {@link #errno} then says why. Any thread.
 *
 * <p>Variadic functions are declared with the arguments that are used; on Linux for x86-64 and
 * aarch64 they are passed like fixed ones.
 */
final class LibC {
  static {
    Native.register(LibC.class, "c");
  }

  private LibC() {}

  static native int open(String path, int flags);

  static native int close(int fd);

  static native int ioctl(int fd, long request, long argument);

  static native long read(int fd, long address, long length);

  static native long write(int fd, long address, long length);

  static native long writev(int fd, long iovecs, int count);

  static native int ppoll(long pollfds, long count, long timespec, long signalMask);

  static native int eventfd(int initial, int flags);

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, long address, int length);

  static native int setsockopt(int fd, int level, int option, long value, int length);

  static native int setns(int fd, int type);

  static native long syscall(long number, String argument, long flags);

  static native long syscall(long number, long a, long b, long c, long d, long e);

  private static native String strerror(int errno);

  /** The calling thread's error number; meaningful just after a call that answered -1. */
  static int errno() {
    return Native.getLastError();
  }

  /** What {@code errno} means, in the C library's words. */
  static String text(int errno) {
    return strerror(errno);
  }

  /** The same, with what to do about it where that is known. */
  static String remedy(int errno) {
    return switch (errno) {
      case LinuxTun.EPERM, LinuxTun.EACCES ->
          "permission denied: run as root or give CAP_NET_ADMIN";
      default -> text(errno);
    };
  }
}
