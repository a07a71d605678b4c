package dev.tapstack.tap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The sysfs of the calling thread's network namespace, where some attributes of an interface are
 * that nothing else sets. What is mounted at /sys may show another namespace, so this is a mount of
 * its own that no path leads to and that ends with its descriptor (fsopen(2), Linux 5.2). For one
 * thread, in the namespace in which it was opened.
 */
final class Sysfs implements AutoCloseable {
  private final int fd;

  private Sysfs(int fd) {
    this.fd = fd;
  }

  /** Null where the kernel is too old or the process may not mount (CAP_SYS_ADMIN). */
  static @Nullable Sysfs open() {
    long context = LibC.syscall(LinuxTun.FSOPEN, "sysfs", LinuxTun.FSOPEN_CLOEXEC);
    if (context < 0) {
      return null;
    }
    try {
      if (LibC.syscall(LinuxTun.FSCONFIG, context, LinuxTun.FSCONFIG_CMD_CREATE, 0, 0, 0) != 0) {
        return null;
      }
      long fd = LibC.syscall(LinuxTun.FSMOUNT, context, LinuxTun.FSMOUNT_CLOEXEC, 0, 0, 0);
      return fd < 0 ? null : new Sysfs((int) fd);
    } finally {
      LibC.close((int) context);
    }
  }

  /**
   * Sets an attribute of an interface of this namespace.
   *
   * @throws IOException if it is not there or its value is refused
   */
  void set(String interfaceName, String attribute, long value) throws IOException {
    Files.writeString(
        Path.of("/proc/self/fd/" + fd, "class/net", interfaceName, attribute),
        Long.toString(value),
        StandardOpenOption.WRITE);
  }

  @Override
  public void close() {
    LibC.close(fd);
  }
}
