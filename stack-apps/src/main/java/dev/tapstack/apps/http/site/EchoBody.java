package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyProducer;
import dev.tapstack.apps.http.BodyReader;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.apps.http.ResponseBody;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /echo}: returns the content as it comes, of the same type and in the same framing. A
 * client that does not read is not read from: bytes move from the receive window to the send buffer
 * and wait nowhere else. The loop's thread only.
 */
public final class EchoBody implements HttpHandler {
  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    Pump pump = new Pump(request);
    String type = request.header("Content-Type");
    response.type(type == null ? "application/octet-stream" : type);
    request.onBody(pump);
    if (request.contentLength() >= 0) {
      response.stream(request.contentLength(), pump);
    } else {
      response.stream(pump);
    }
  }

  private static final class Pump implements BodyReader, BodyProducer {
    private final HttpRequest request;
    private @Nullable ResponseBody out;

    Pump(HttpRequest request) {
      this.request = request;
    }

    @Override
    public void produce(ResponseBody body) {
      out = body;
      move(body);
    }

    @Override
    public void onBody(HttpRequest sameRequest) {
      if (out != null) {
        move(out);
      }
    }

    private void move(ResponseBody body) {
      for (ByteBuf in = request.peek(); in != null; in = request.peek()) {
        ByteBuf source = in.duplicate();
        request.skip(body.write(source));
        if (source.isReadable()) {
          return; // until there is room
        }
      }
      if (request.isBodyAtEnd()) {
        body.end();
      }
    }
  }
}
