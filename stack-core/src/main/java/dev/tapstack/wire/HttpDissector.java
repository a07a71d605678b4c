package dev.tapstack.wire;

import dev.tapstack.wire.Dissection.Layer;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** The start line of an HTTP/1 message (RFC 9112 2.1) for {@link Dissector}. */
final class HttpDissector {
  /** More of a start line does not help a reader. */
  private static final int MAX_TEXT_LENGTH = 200;

  private static final String[] STARTS = {
    "HTTP/1.",
    "GET ",
    "HEAD ",
    "POST ",
    "PUT ",
    "DELETE ",
    "OPTIONS ",
    "PATCH ",
    "TRACE ",
    "CONNECT ",
  };

  private HttpDissector() {}

  /** Adds a layer if the payload begins as a message does; else nothing. */
  static void dissect(Dissection into, int at, int end) {
    if (!beginsAsHttp(into.frame(), at, end)) {
      return;
    }
    StringBuilder text = new StringBuilder();
    int length = 0;
    while (at + length < end) {
      char c = (char) into.frame().getUnsignedByte(at + length);
      if (c == '\r' || c == '\n') {
        break;
      }
      if (length < MAX_TEXT_LENGTH) {
        text.append(c >= ' ' && c <= '~' ? c : '.');
      }
      length++;
    }
    if (length > MAX_TEXT_LENGTH) {
      text.append("...");
    }
    Layer layer = into.begin("HTTP", at, length);
    layer.add("startLine", 0, length, 0, text.toString());
    into.say(": HTTP: ").say(text.toString());
  }

  private static boolean beginsAsHttp(ByteBuf frame, int at, int end) {
    for (String start : STARTS) {
      if (end - at >= start.length()
          && start.contentEquals(
              frame.getCharSequence(at, start.length(), StandardCharsets.US_ASCII))) {
        return true;
      }
    }
    return false;
  }
}
