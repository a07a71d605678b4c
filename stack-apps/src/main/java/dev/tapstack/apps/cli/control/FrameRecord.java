package dev.tapstack.apps.cli.control;

import java.io.DataInputStream;
import java.io.IOException;

/**
 * A frame on its way from a running process to {@code capture}: 20 bytes in network byte order
 * (time, flags, number of frames lost before it since the capture began, length), then the frame.
 * One of length 0 is no frame; it ends the stream, so that the last losses are told too.
 *
 * @param epochNanos when it passed, since 1970-01-01T00:00Z
 * @param interfaceIndex place in the list of interfaces of the answer's head
 * @param isTransmitted whether it went out; else it came in
 * @param lost frames since the capture began that there was no room for
 * @param frame the whole frame
 */
public record FrameRecord(
    long epochNanos, int interfaceIndex, boolean isTransmitted, int lost, byte[] frame) {
  /** Bytes before the frame. */
  static final int HEAD_BYTES = 20;

  /** No frame of Ethernet over IP is longer: 65,535 bytes and the Ethernet header with tags. */
  static final int MAX_FRAME_BYTES = 65_535 + 64;

  static int flags(int interfaceIndex, boolean isTransmitted) {
    return interfaceIndex << 1 | (isTransmitted ? 1 : 0);
  }

  /** Whether it is the end and not a frame. */
  public boolean isEnd() {
    return frame.length == 0;
  }

  static FrameRecord read(DataInputStream in) throws IOException {
    long epochNanos = in.readLong();
    int flags = in.readInt();
    int lost = in.readInt();
    int length = in.readInt();
    if (length < 0 || length > MAX_FRAME_BYTES) {
      throw new IOException("a frame of " + length + " bytes");
    }
    byte[] frame = new byte[length];
    in.readFully(frame);
    return new FrameRecord(epochNanos, flags >>> 1, (flags & 1) != 0, lost, frame);
  }
}
