package dev.tapstack.apps.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A descriptor that the caller left open for the program, named by its number.
 *
 * <p>The JVM has descriptors of its own, and nothing but their flags tells them apart: an inherited
 * one cannot have close-on-exec set, and must be open for writing. Anything else is refused, so
 * that a wrong number does not write into a file of the JVM's.
 */
final class ReadyFd {
  // asm-generic/fcntl.h, as proc_pid_fdinfo(5) shows them
  private static final int ACCESS_MODE = 3;
  private static final int CLOSE_ON_EXEC = 02000000;

  private final Path path;

  /**
   * Descriptor {@code number}.
   *
   * @throws CommandException if it is not open for writing
   */
  ReadyFd(int number) {
    path = Path.of("/proc/self/fd/" + number);
    if (!isInheritedForWriting(Path.of("/proc/self/fdinfo/" + number))) {
      throw new CommandException(
          "--ready-fd %d: not open for writing: start as 'tapstack serve ... %d>FILE'"
              .formatted(number, number));
    }
  }

  private static boolean isInheritedForWriting(Path fdinfo) {
    try {
      for (String line : Files.readAllLines(fdinfo)) {
        if (line.startsWith("flags:")) {
          int flags = Integer.parseInt(line.substring("flags:".length()).strip(), 8);
          return (flags & ACCESS_MODE) != 0 && (flags & CLOSE_ON_EXEC) == 0;
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Writes a line.
   *
   * @throws CommandException if nobody reads it
   */
  void write(String line) {
    try {
      Files.writeString(
          path,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.WRITE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CommandException("--ready-fd: cannot be written: " + e.getMessage(), e);
    }
  }
}
