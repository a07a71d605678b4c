package dev.tapstack.fuzz;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * An input of {@link FrameFuzzTest}: a .pcap file (microseconds, little endian), so that {@code
 * tapstack decode FILE} shows it; read leniently, so that no mutation makes it useless. The time
 * between two records passes before the second; a record whose two lengths differ is meant to reach
 * the host as it is, any other with its checksums put right.
 */
final class FrameScript {
  static final int FILE_HEADER_LENGTH = 24;
  static final int RECORD_HEADER_LENGTH = 16;

  /** Enough to pass every timer of TCP once or twice; an input that wants more time ends. */
  private static final long MAX_STEP_MICROS = 600_000_000L;

  private final ByteBuf in;
  private long lastMicros = -1;
  private long stepMicros;
  private boolean isAsItIs;
  private byte[] frame = {};

  FrameScript(byte[] file) {
    in = Unpooled.wrappedBuffer(file);
    in.skipBytes(Math.min(FILE_HEADER_LENGTH, file.length));
  }

  /** Steps to the next frame; false at the end. */
  boolean next() {
    if (in.readableBytes() < RECORD_HEADER_LENGTH) {
      return false;
    }
    long micros = in.readUnsignedIntLE() * 1_000_000 + in.readUnsignedIntLE();
    int captured = (int) Math.min(in.readUnsignedIntLE() & 0xffff, in.readableBytes());
    isAsItIs = (in.readUnsignedIntLE() & 0xffff) != captured;
    frame = new byte[Math.min(captured, in.readableBytes())];
    in.readBytes(frame);
    stepMicros = lastMicros < 0 ? 0 : Math.clamp(micros - lastMicros, 0, MAX_STEP_MICROS);
    lastMicros = micros;
    return true;
  }

  /** Time to pass before this frame. */
  long stepNanos() {
    return stepMicros * 1000;
  }

  /** Whether the frame's checksums are the script's own, right or wrong. */
  boolean isAsItIs() {
    return isAsItIs;
  }

  /** The frame, a copy. */
  byte[] frame() {
    return Arrays.copyOf(frame, frame.length);
  }
}
