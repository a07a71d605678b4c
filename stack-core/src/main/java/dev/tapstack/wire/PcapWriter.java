package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/**
 * Writes Ethernet frames as a .pcap file that tcpdump and Wireshark open.
 *
 * <p>Gathers in a buffer of its own and writes when that is full, on {@link #flush} and on {@link
 * #close}; nothing is allocated for a frame. After an {@link IOException} the file ends somewhere
 * in a record: close the writer. Belongs to one thread at a time.
 */
public final class PcapWriter implements AutoCloseable {
  /** One write for some dozens of full frames. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final WritableByteChannel channel;
  private final PcapFile.Resolution resolution;
  private final int snapLength;
  private final ByteBuffer buffer;
  private int missing;

  /** A writer of whole frames with times in nanoseconds. */
  public PcapWriter(WritableByteChannel channel) {
    this(channel, PcapFile.Resolution.NANOS, PcapFile.MAX_SNAP_LENGTH);
  }

  /**
   * Begins a file; its header goes out with the first flush.
   *
   * @param channel a blocking channel; owned by the writer from now on
   * @param snapLength of longer frames only so many bytes are kept: 1 to {@link
   *     PcapFile#MAX_SNAP_LENGTH}
   */
  public PcapWriter(WritableByteChannel channel, PcapFile.Resolution resolution, int snapLength) {
    if (snapLength < 1 || snapLength > PcapFile.MAX_SNAP_LENGTH) {
      throw new IllegalArgumentException(
          "snapLength is " + snapLength + ": give 1 to " + PcapFile.MAX_SNAP_LENGTH);
    }
    this.channel = channel;
    this.resolution = resolution;
    this.snapLength = snapLength;
    // A fixed byte order: equal captures are equal files on every machine.
    buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer
        .putInt(resolution.magic)
        .putShort((short) PcapFile.VERSION_MAJOR)
        .putShort((short) PcapFile.VERSION_MINOR)
        .putInt(0) // time zone and accuracy: always zero in practice, and so required by the draft
        .putInt(0)
        .putInt(snapLength)
        .putInt(PcapFile.LINK_TYPE_ETHERNET);
  }

  /**
   * Writes a frame that lies in one piece.
   *
   * @param epochNanos when it passed, since 1970-01-01T00:00Z, not negative
   */
  public void write(long epochNanos, ByteBuf buf, int offset, int length) throws IOException {
    begin(epochNanos, length);
    piece(buf, offset, length);
  }

  /**
   * Begins the record of a frame of {@code length} bytes; {@link #piece} has to bring exactly so
   * many before the next record.
   *
   * @param epochNanos when it passed, since 1970-01-01T00:00Z, not negative
   */
  public void begin(long epochNanos, int length) throws IOException {
    assert missing == 0 : missing + " bytes of the record before are missing";
    if (buffer.remaining() < PcapFile.RECORD_HEADER_LENGTH) {
      drain();
    }
    missing = Math.min(length, snapLength);
    buffer
        .putInt((int) (epochNanos / NANOS_PER_SECOND))
        .putInt((int) (epochNanos % NANOS_PER_SECOND) / resolution.nanosPerUnit)
        .putInt(missing)
        .putInt(length);
  }

  /** Adds a piece to the record begun; what is beyond the snapshot length is left out. */
  public void piece(ByteBuf buf, int offset, int length) throws IOException {
    int at = offset;
    int left = Math.min(length, missing);
    missing -= left;
    while (left > 0) {
      if (!buffer.hasRemaining()) {
        drain();
      }
      int part = Math.min(left, buffer.remaining());
      int limit = buffer.limit();
      buffer.limit(buffer.position() + part);
      buf.getBytes(at, buffer);
      buffer.limit(limit);
      at += part;
      left -= part;
    }
  }

  /** Hands everything written so far to the channel. */
  public void flush() throws IOException {
    drain();
  }

  private void drain() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  /** Flushes, and closes the channel, also when flushing fails. */
  @Override
  public void close() throws IOException {
    try (channel) {
      if (channel.isOpen()) {
        drain();
      }
    }
  }
}
