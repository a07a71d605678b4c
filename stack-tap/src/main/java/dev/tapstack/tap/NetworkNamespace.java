package dev.tapstack.tap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace: the one this process runs in, or a named one as {@code ip netns} makes it.
 * Immutable; any thread.
 *
 * <p>{@code setns} changes the calling thread only, and a thread cannot be trusted to come back:
 * each action in another namespace gets a thread of its own that ends with it. Descriptors opened
 * there (a TAP, a socket) keep their namespace and work from any thread.
 */
public final class NetworkNamespace {
  /** The namespace that this process runs in. */
  public static final NetworkNamespace CURRENT = new NetworkNamespace("", null);

  /** Where {@code ip netns} keeps its names: ip-netns(8). */
  private static final Path NAMES = Path.of("/run/netns");

  private final String name;
  private final @Nullable Path path;

  private NetworkNamespace(String name, @Nullable Path path) {
    this.name = name;
    this.path = path;
  }

  /** The namespace {@code name} of {@code ip netns}, or the one at a path (with a slash in it). */
  public static NetworkNamespace named(String name) {
    if (name.isEmpty()) {
      throw new TapException("a network namespace has a name: write it as tap0@NAME");
    }
    return new NetworkNamespace(name, name.contains("/") ? Path.of(name) : NAMES.resolve(name));
  }

  public boolean isCurrent() {
    return path == null;
  }

  /**
   * Runs {@code action} in this namespace and waits for it.
   *
   * @throws TapException if the namespace is not there or may not be entered; what {@code action}
   *     throws is thrown as it is
   */
  public <T> T call(Supplier<T> action) {
    Path namespacePath = path;
    if (namespacePath == null) {
      return action.get();
    }
    FutureTask<T> task =
        new FutureTask<>(() -> {
          enter(namespacePath);
          return action.get();
        });
    Thread thread = new Thread(task, "netns-" + name);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TapException("interrupted while working in network namespace " + name, e);
    }
  }

  /** Whether it has an interface of that name, of whatever kind. */
  public boolean hasInterface(String interfaceName) {
    boolean isName = interfaceName.getBytes(StandardCharsets.UTF_8).length < LinuxTun.IFNAMSIZ;
    return isName && call(() -> isHere(interfaceName));
  }

  private static boolean isHere(String interfaceName) {
    int fd = LibC.socket(LinuxTun.AF_INET, LinuxTun.SOCK_DGRAM | LinuxTun.CLOEXEC, 0);
    if (fd < 0) {
      throw new TapException("control socket: " + LibC.text(LibC.errno()));
    }
    try {
      NativeBuffer ifreq = NativeBuffer.ifreq(interfaceName);
      return LibC.ioctl(fd, LinuxTun.SIOCGIFFLAGS, ifreq.address()) == 0;
    } finally {
      LibC.close(fd);
    }
  }

  private void enter(Path namespacePath) {
    int fd = LibC.open(namespacePath.toString(), LinuxTun.O_RDONLY | LinuxTun.CLOEXEC);
    if (fd < 0) {
      throw failure(LibC.errno());
    }
    try {
      if (LibC.setns(fd, LinuxTun.CLONE_NEWNET) != 0) {
        throw failure(LibC.errno());
      }
    } finally {
      LibC.close(fd);
    }
    check(namespacePath);
  }

  /** A TAP made in the wrong namespace would be found by nobody: looks where the thread is now. */
  private void check(Path namespacePath) {
    try {
      long wanted = (Long) Files.getAttribute(namespacePath, "unix:ino");
      Path here = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"));
      if (!here.toString().equals("net:[" + wanted + "]")) {
        throw new TapException(
            "network namespace " + name + " was not entered (the thread is in " + here + ")");
      }
    } catch (IOException e) {
      throw new TapException(
          "network namespace " + name + ": cannot tell whether it was entered: " + e, e);
    }
  }

  private TapException failure(int errno) {
    return new TapException(
        "network namespace "
            + name
            + switch (errno) {
              case LinuxTun.ENOENT -> " does not exist: make it with 'ip netns add " + name + "'";
              case LinuxTun.EPERM, LinuxTun.EACCES ->
                  ": permission denied: run as root or give CAP_SYS_ADMIN";
              case LinuxTun.EINVAL -> ": " + path + " is not a network namespace";
              default -> ": " + LibC.text(errno);
            });
  }

  /** The name as it was given; empty for the current one. */
  @Override
  public String toString() {
    return name;
  }
}
