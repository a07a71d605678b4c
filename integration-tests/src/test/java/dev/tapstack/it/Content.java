package dev.tapstack.it;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/**
 * Bytes of any length for transfers: a block that repeats. Its length is odd, so that a segment
 * lost or misplaced shows in the digest.
 *
 * @param block what repeats
 * @param length bytes in all
 */
public record Content(byte[] block, long length) {
  /** Below this, writing and digesting spend their time on calls. */
  private static final int BLOCK_BYTES = 1 << 16;

  /** An odd number of random bytes. */
  private static final int RANDOM_BYTES = 1_000_003;

  /** What the README says of {@code /bytes/N}: the bytes of {@code yes LINE | head -c N}. */
  public static Content pattern(long length) {
    StringBuilder line = new StringBuilder();
    for (char c = '0'; c <= '9'; c++) {
      line.append(c);
    }
    for (char c = 'A'; c <= 'Z'; c++) {
      line.append(c);
    }
    for (char c = 'a'; c <= 'z'; c++) {
      line.append(c);
    }
    return repeating(line + "\n", length);
  }

  /** What RFC 864 suggests: lines of 72 of the 95 printing characters, each begun one further. */
  public static Content chargen(long length) {
    StringBuilder lines = new StringBuilder();
    for (int line = 0; line < 95; line++) {
      for (int i = 0; i < 72; i++) {
        lines.append((char) (' ' + (line + i) % 95));
      }
      lines.append("\r\n");
    }
    return repeating(lines.toString(), length);
  }

  /** This text, once. */
  public static Content text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Content(bytes, bytes.length);
  }

  /** Random bytes. */
  public static Content random(long seed, long length) {
    byte[] block = new byte[RANDOM_BYTES];
    new Random(seed).nextBytes(block);
    return new Content(block, length);
  }

  private static Content repeating(String text, long length) {
    String block = text.repeat(1 + BLOCK_BYTES / text.length());
    return new Content(block.getBytes(StandardCharsets.US_ASCII), length);
  }

  public void writeTo(OutputStream out) throws IOException {
    writeTo(out, 0, length);
  }

  /** Writes the bytes from one position to before another. */
  public void writeTo(OutputStream out, long from, long to) throws IOException {
    for (long at = from; at < to; ) {
      int offset = (int) (at % block.length);
      int count = (int) Math.min(to - at, block.length - offset);
      out.write(block, offset, count);
      at += count;
    }
  }

  /** SHA-256 in hexadecimal digits. */
  public String sha256() {
    MessageDigest digest = newDigest();
    for (long left = length; left > 0; left -= Math.min(left, block.length)) {
      digest.update(block, 0, (int) Math.min(left, block.length));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  public static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
