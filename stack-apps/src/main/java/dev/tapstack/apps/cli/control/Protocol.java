package dev.tapstack.apps.cli.control;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words of the control socket, and its lines: one JSON object each. */
final class Protocol {
  /** Raised when a command and a process of different versions would misunderstand each other. */
  static final int VERSION = 1;

  /** The command that is no view. */
  static final String CAPTURE = "capture";

  /** More than any row needs; a longer line is no line of ours. */
  static final int MAX_LINE_BYTES = 64 * 1024;

  // Keys.
  static final String KEY_VERSION = "version";
  static final String KEY_COMMAND = "command";
  static final String KEY_HOW = "how";
  static final String KEY_INTERFACE = "interface";
  static final String KEY_INTERFACES = "interfaces";
  static final String KEY_ERROR = "error";
  static final String KEY_ROWS = "rows";
  static final String KEY_TIME = "time";
  static final String KEY_LOST = "lost";
  static final String KEY_END = "end";

  private Protocol() {}

  static byte[] line(Map<String, ?> object) throws IOException {
    return (JSON.std.asString(object) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a line, a byte at a time: give it a buffered stream.
   *
   * @return the object, or null at the end of input
   * @throws IOException if the line is too long, cut off, or no JSON object
   */
  static @Nullable Map<String, Object> read(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        if (line.size() == 0) {
          return null;
        }
        throw new IOException("a line is cut off");
      }
      if (line.size() == MAX_LINE_BYTES) {
        throw new IOException("a line of more than " + MAX_LINE_BYTES + " bytes");
      }
      line.write(next);
    }
    return JSON.std.mapFrom(line.toByteArray());
  }
}
