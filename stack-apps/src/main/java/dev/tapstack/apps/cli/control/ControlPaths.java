package dev.tapstack.apps.cli.control;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where control sockets are: {@code PID.sock} in a directory that nobody but its user can enter, so
 * that nobody else can connect at any moment, whatever the socket's own mode is while it is made.
 *
 * @param directory the user's; may not exist yet
 */
record ControlPaths(Path directory) {
  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rwx------");
  private static final Pattern NAME = Pattern.compile("([0-9]{1,9})\\.sock");

  /** Those of the user who runs this program. */
  static ControlPaths ofUser() {
    return ofUser(userId(), System.getenv());
  }

  /** Those of a user with this environment. */
  static ControlPaths ofUser(int userId, Map<String, String> environment) {
    if (userId == 0) {
      return new ControlPaths(Path.of("/run/tapstack"));
    }
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    // The XDG base directory specification: a relative path is to be ignored.
    return new ControlPaths(
        runtime.startsWith("/")
            ? Path.of(runtime, "tapstack")
            : Path.of("/tmp/tapstack-" + userId));
  }

  private static int userId() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new ControlException("who runs this cannot be told: /proc: " + e.getMessage(), e);
    }
  }

  Path socketOf(long pid) {
    return directory.resolve(pid + ".sock");
  }

  /**
   * Makes the directory, or checks the one that is there.
   *
   * @throws IOException if it is not the user's alone and cannot be made so
   */
  void makeDirectory() throws IOException {
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ALONE));
    } catch (FileAlreadyExistsException e) {
      requireOwn();
    }
  }

  private void requireOwn() throws IOException {
    PosixFileAttributes its =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    int owner = (int) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!its.isDirectory() || owner != userId()) {
      throw new IOException(directory + " is not this user's own directory: remove it");
    }
    if (!its.permissions().equals(OWNER_ALONE)) {
      Files.setPosixFilePermissions(directory, OWNER_ALONE);
    }
  }

  /** The live processes that listen here, lowest first; removes the sockets of dead ones. */
  List<Long> running() {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    List<Long> pids = new ArrayList<>();
    try {
      requireOwn();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          Matcher name = NAME.matcher(entry.getFileName().toString());
          if (name.matches() && isListening(Long.parseLong(name.group(1)), entry)) {
            pids.add(Long.parseLong(name.group(1)));
          }
        }
      }
    } catch (IOException e) {
      throw new ControlException("control sockets: " + e.getMessage(), e);
    }
    Collections.sort(pids);
    return pids;
  }

  private static boolean isListening(long pid, Path socket) throws IOException {
    if (ProcessHandle.of(pid).isEmpty()) {
      Files.deleteIfExists(socket);
      return false;
    }
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false; // another process has that pid now, or this one has just bound, or is ending
    }
  }
}
