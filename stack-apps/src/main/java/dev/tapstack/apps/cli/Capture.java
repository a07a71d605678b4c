package dev.tapstack.apps.cli;

import dev.tapstack.device.Device;
import dev.tapstack.device.PcapDevice;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.wire.PcapWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;

/** A .pcap file that an option asks for. */
final class Capture implements AutoCloseable {
  private final String name; // with the option, for messages
  private final PcapWriter writer;

  /**
   * Begins a capture.
   *
   * @param option its name, for messages
   * @param file a file, which is overwritten, or {@link HostConfig#STANDARD_OUTPUT}
   * @throws CommandException if the file cannot be written
   */
  Capture(String option, String file) {
    this.name = option + " " + file;
    this.writer = new PcapWriter(open(name, file));
  }

  private static WritableByteChannel open(String name, String file) {
    if (file.equals(HostConfig.STANDARD_OUTPUT)) {
      return new FileOutputStream(FileDescriptor.out).getChannel();
    }
    try {
      return FileChannel.open(
          Path.of(file),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      throw new CommandException(name + ": no such directory", e);
    } catch (AccessDeniedException e) {
      throw new CommandException(name + ": permission denied: name another file", e);
    } catch (IOException e) {
      throw new CommandException(name + ": " + e.getMessage(), e);
    }
  }

  /** {@code device} with every frame captured. */
  Device of(Device device, StackLoop loop) {
    return new PcapDevice(device, loop, writer, epochOffsetNanos(loop));
  }

  /** What is added to the loop's time to give nanoseconds since 1970. */
  static long epochOffsetNanos(StackLoop loop) {
    return Duration.between(Instant.EPOCH, Instant.now()).toNanos() - loop.clock().nowNanos();
  }

  /** Where the frames go. */
  PcapWriter writer() {
    return writer;
  }

  /** Writes what is left; after the device has been closed. */
  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new CommandException(name + ": the capture is cut off: " + e, e);
    }
  }
}
