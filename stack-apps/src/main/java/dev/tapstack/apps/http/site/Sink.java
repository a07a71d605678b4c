package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyReader;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * {@code POST} or {@code PUT /sink}: takes any amount of content and answers with its length and
 * its SHA-256, a line for each: {@code length: 3}, {@code sha256: ba78...}. The content is digested
 * where it lies in the receive window. The loop's thread only.
 */
public final class Sink implements HttpHandler {
  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    request.onBody(new Digesting(response));
  }

  private static final class Digesting implements BodyReader {
    private final HttpResponse response;
    private final MessageDigest digest = sha256();
    private long length;

    Digesting(HttpResponse response) {
      this.response = response;
    }

    @Override
    public void onBody(HttpRequest request) {
      for (ByteBuf in = request.peek(); in != null; in = request.peek()) {
        int bytes = in.readableBytes();
        digest.update(in.nioBuffer());
        request.skip(bytes);
        length += bytes;
      }
      if (request.isBodyAtEnd()) {
        String hash = HexFormat.of().formatHex(digest.digest());
        response.text("length: " + length + "\nsha256: " + hash + "\n");
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
