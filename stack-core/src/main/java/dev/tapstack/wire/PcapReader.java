package dev.tapstack.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Reads a .pcap file of Ethernet frames, in either byte order and either resolution.
 *
 * <p>{@link #next} steps from frame to frame; the accessors tell of the one that it stands at. A
 * file that ends within a record, as that of a killed program does, ends there, and {@link
 * #truncation} says so. Anything else that is wrong is a {@link FormatException}. Belongs to one
 * thread at a time.
 */
public final class PcapReader implements AutoCloseable {
  /** The file is none that can be read; the message says why and where. */
  public static final class FormatException extends IOException {
    private FormatException(String message) {
      super(message);
    }
  }

  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int LINK_TYPE_MASK = 0xffff; // above it: frame check sequence bits

  private final InputStream in;
  private final PcapFile.Resolution resolution;
  private final ByteBuffer header = ByteBuffer.allocate(PcapFile.HEADER_LENGTH);
  private byte[] bytes = new byte[2048];
  private ByteBuf frame = Unpooled.wrappedBuffer(bytes);
  private long position = PcapFile.HEADER_LENGTH;
  private long count;
  private long epochNanos;
  private int length;
  private int originalLength;
  private Optional<String> truncation = Optional.empty();

  /**
   * Reads the file header.
   *
   * @param source owned by the reader from now on
   * @throws FormatException if this is no .pcap file of Ethernet frames; the source is closed
   */
  public PcapReader(InputStream source) throws IOException {
    in = new BufferedInputStream(source);
    try {
      resolution = readMagic();
      int major = header.getShort(4) & 0xffff;
      int linkType = header.getInt(20) & LINK_TYPE_MASK;
      if (major != PcapFile.VERSION_MAJOR) {
        throw new FormatException("pcap format version " + major + " is not known: 2 is");
      }
      if (linkType != PcapFile.LINK_TYPE_ETHERNET) {
        throw new FormatException(
            "link type " + linkType + " is not Ethernet (1): capture on an Ethernet device");
      }
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private PcapFile.Resolution readMagic() throws IOException {
    int got = in.readNBytes(header.array(), 0, PcapFile.HEADER_LENGTH);
    if (got < PcapFile.HEADER_LENGTH) {
      throw new FormatException(
          "no pcap file: " + got + " bytes, its header alone has " + PcapFile.HEADER_LENGTH);
    }
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      int magic = header.order(order).getInt(0);
      for (PcapFile.Resolution known : PcapFile.Resolution.values()) {
        if (magic == known.magic) {
          return known;
        }
      }
    }
    int magic = header.getInt(0);
    if (magic == PcapFile.MAGIC_PCAPNG) {
      throw new FormatException("a pcapng file: convert it with editcap -F pcap IN OUT");
    }
    throw new FormatException("no pcap file: it begins with 0x" + Integer.toHexString(magic));
  }

  /**
   * Steps to the next frame.
   *
   * @return false at the end of the file; then {@link #truncation} tells whether it was a clean end
   * @throws FormatException if the record is damaged
   */
  public boolean next() throws IOException {
    if (truncation.isPresent()) {
      return false;
    }
    int got = in.readNBytes(header.array(), 0, PcapFile.RECORD_HEADER_LENGTH);
    if (got < PcapFile.RECORD_HEADER_LENGTH) {
      if (got > 0) {
        endsWithin(got, PcapFile.RECORD_HEADER_LENGTH);
      }
      return false;
    }
    int captured = header.getInt(8);
    if (captured < 0 || captured > PcapFile.MAX_SNAP_LENGTH) {
      throw new FormatException(
          "record %d at byte %d claims %d captured bytes: the file is damaged there"
              .formatted(count + 1, position, Integer.toUnsignedLong(captured)));
    }
    if (captured > bytes.length) {
      bytes = new byte[captured];
      frame = Unpooled.wrappedBuffer(bytes);
    }
    got = in.readNBytes(bytes, 0, captured);
    if (got < captured) {
      endsWithin(PcapFile.RECORD_HEADER_LENGTH + got, PcapFile.RECORD_HEADER_LENGTH + captured);
      return false;
    }
    long seconds = Integer.toUnsignedLong(header.getInt(0));
    long fraction = Integer.toUnsignedLong(header.getInt(4));
    epochNanos = seconds * NANOS_PER_SECOND + fraction * resolution.nanosPerUnit;
    length = captured;
    originalLength = header.getInt(12);
    count++;
    position += PcapFile.RECORD_HEADER_LENGTH + captured;
    return true;
  }

  private void endsWithin(int got, int wanted) {
    truncation =
        Optional.of(
            "the file ends within record %d at byte %d: %d of its %d bytes are there"
                .formatted(count + 1, position, got, wanted));
  }

  /** Why the file ended within a record; empty if it did not, or has not ended yet. */
  public Optional<String> truncation() {
    return truncation;
  }

  /** How many frames were read. */
  public long count() {
    return count;
  }

  /** Unit of the times in the file. */
  public PcapFile.Resolution resolution() {
    return resolution;
  }

  /** When the frame passed, since 1970-01-01T00:00Z. */
  public long epochNanos() {
    return epochNanos;
  }

  /** Bytes that the file has of the frame. */
  public int length() {
    return length;
  }

  /** Bytes that the frame had on the wire. */
  public int originalLength() {
    return originalLength;
  }

  /** The frame: {@link #length} bytes from index 0. The reader's own; valid until {@link #next}. */
  public ByteBuf frame() {
    return frame;
  }

  /** The frame as a tree. */
  public Dissection dissect() {
    return Dissector.tree(frame, 0, length, originalLength);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
