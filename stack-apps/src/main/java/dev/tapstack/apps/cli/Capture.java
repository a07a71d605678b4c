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

/** The capture that {@code --pcap} asks for. */
final class Capture implements AutoCloseable {
  private final String name;
  private final PcapWriter writer;

  /**
   * Begins a capture.
   *
   * @param name a file, which is overwritten, or {@link HostConfig#STANDARD_OUTPUT}
   * @throws CommandException if the file cannot be written
   */
  Capture(String name) {
    this.name = name;
    this.writer = new PcapWriter(open(name));
  }

  private static WritableByteChannel open(String name) {
    if (name.equals(HostConfig.STANDARD_OUTPUT)) {
      return new FileOutputStream(FileDescriptor.out).getChannel();
    }
    try {
      return FileChannel.open(
          Path.of(name),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      throw new CommandException("--pcap " + name + ": no such directory", e);
    } catch (AccessDeniedException e) {
      throw new CommandException("--pcap " + name + ": permission denied: name another file", e);
    } catch (IOException e) {
      throw new CommandException("--pcap " + name + ": " + e.getMessage(), e);
    }
  }

  /** {@code device} with every frame captured. */
  Device of(Device device, StackLoop loop) {
    long epochNanos = Duration.between(Instant.EPOCH, Instant.now()).toNanos();
    return new PcapDevice(device, loop, writer, epochNanos - loop.clock().nowNanos());
  }

  /** Writes what is left; after the device has been closed. */
  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new CommandException("--pcap " + name + ": the capture is cut off: " + e, e);
    }
  }
}
