package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.BodyReader;
import dev.tapstack.apps.http.EntityTag;
import dev.tapstack.apps.http.HttpDate;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.apps.http.HttpStatus;
import dev.tapstack.apps.http.Preconditions;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code PUT}, {@code GET} and {@code DELETE /store/NAME}: content under names, in memory and gone
 * with the program. Each has an ETag, new with each PUT, and If-Match and If-None-Match are obeyed,
 * so that clients can change what they have seen and nothing else.
 *
 * <p>Bounded: an item, the items together with what is being uploaded, and their number. What does
 * not fit is refused, nothing is thrown out for it. The loop's thread only.
 */
public final class Store implements HttpHandler {
  /** Bytes of an item. */
  static final int MOST_ITEM_BYTES = 4 << 20;

  /** Bytes of all items, and of uploads under way. */
  static final int MOST_BYTES = 16 << 20;

  static final int MOST_ITEMS = 1024;

  static final int MOST_NAME_CHARACTERS = 100;

  private static final int FIRST_BYTES = 4096;

  private record Item(byte[] content, String type, EntityTag tag, Instant modified) {}

  private final TreeMap<String, Item> items = new TreeMap<>();
  private final InstantSource clock = InstantSource.system();
  private final String tagPrefix = Long.toHexString(clock.millis());
  private long puts;
  private int heldBytes;

  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    String name = request.pathRest().toString();
    if (name.isEmpty() || name.length() > MOST_NAME_CHARACTERS || name.indexOf('/') >= 0) {
      HttpServer.notFound(response);
      return;
    }
    switch (request.method()) {
      case PUT -> put(name, request, response);
      case DELETE -> delete(name, request, response);
      default -> get(name, request, response);
    }
  }

  private void get(String name, HttpRequest request, HttpResponse response) {
    Item item = items.get(name);
    if (!isToBeDone(request, response, item)) {
      return;
    }
    if (item == null) {
      HttpServer.notFound(response);
      return;
    }
    validators(response, item).type(item.type).bytes(item.content, 0, item.content.length);
  }

  private void delete(String name, HttpRequest request, HttpResponse response) {
    Item item = items.get(name);
    if (!isToBeDone(request, response, item)) {
      return;
    }
    if (item == null) {
      HttpServer.notFound(response);
      return;
    }
    items.remove(name);
    heldBytes -= item.content.length;
    response.status(HttpStatus.NO_CONTENT).empty();
  }

  private void put(String name, HttpRequest request, HttpResponse response) {
    if (!isToBeDone(request, response, items.get(name))) {
      return;
    }
    if (request.header("Content-Range") != null) {
      refuse(response, HttpStatus.BAD_REQUEST); // RFC 9110 14.5: a part, taken for the whole
    } else if (request.contentLength() > MOST_ITEM_BYTES) {
      refuse(response, HttpStatus.CONTENT_TOO_LARGE);
    } else {
      request.onBody(new Upload(name, response));
    }
  }

  /** Evaluates the preconditions, and answers if they keep the request from being done. */
  private static boolean isToBeDone(
      HttpRequest request, HttpResponse response, @Nullable Item item) {
    EntityTag tag = item == null ? null : item.tag;
    Instant modified = item == null ? null : item.modified;
    switch (Preconditions.evaluate(request, tag, modified)) {
      case FAILED -> refuse(response, HttpStatus.PRECONDITION_FAILED);
      case NOT_MODIFIED -> {
        if (item != null) {
          validators(response, item).status(HttpStatus.NOT_MODIFIED).empty();
        }
      }
      default -> {
        return true;
      }
    }
    return false;
  }

  private static HttpResponse validators(HttpResponse response, Item item) {
    return response
        .header("ETag", item.tag.toString())
        .header("Last-Modified", HttpDate.format(item.modified));
  }

  private static void refuse(HttpResponse response, HttpStatus status) {
    response.status(status).text(status + "\n");
  }

  /** An item under way; its memory counts as held. */
  private final class Upload implements BodyReader {
    private final String name;
    private final HttpResponse response;
    private byte[] content = {};
    private int length;

    Upload(String name, HttpResponse response) {
      this.name = name;
      this.response = response;
    }

    @Override
    public void onBody(HttpRequest request) {
      for (ByteBuf in = request.peek(); in != null; in = request.peek()) {
        int bytes = in.readableBytes();
        HttpStatus refusal = reserve(bytes, request.contentLength());
        if (refusal != null) {
          cut();
          refuse(response, refusal);
          return;
        }
        in.getBytes(in.readerIndex(), content, length, bytes);
        length += bytes;
        request.skip(bytes);
      }
      if (request.isBodyAtEnd()) {
        end(request);
      }
    }

    /** Makes room for {@code bytes} more; the status to refuse them with, or null. */
    private @Nullable HttpStatus reserve(int bytes, long announced) {
      if (length + bytes <= content.length) {
        return null;
      }
      if (length + bytes > MOST_ITEM_BYTES) {
        return HttpStatus.CONTENT_TOO_LARGE;
      }
      int wanted = Math.max(length + bytes, Math.max(FIRST_BYTES, 2 * content.length));
      int size = announced > 0 ? (int) announced : Math.min(wanted, MOST_ITEM_BYTES);
      if (heldBytes - content.length + size > MOST_BYTES) {
        return HttpStatus.INSUFFICIENT_STORAGE;
      }
      resize(size);
      return null;
    }

    private void resize(int size) {
      heldBytes += size - content.length;
      content = Arrays.copyOf(content, size);
    }

    /** The preconditions once more: another client may have been quicker. */
    private void end(HttpRequest request) {
      Item old = items.get(name);
      if (!isToBeDone(request, response, old)) {
        cut();
        return;
      }
      if (old == null && items.size() == MOST_ITEMS) {
        cut();
        refuse(response, HttpStatus.INSUFFICIENT_STORAGE);
        return;
      }
      resize(length);
      String type = request.header("Content-Type");
      Item item =
          new Item(
              content,
              type == null ? "application/octet-stream" : type,
              EntityTag.strong(tagPrefix + "-" + ++puts),
              clock.instant().truncatedTo(ChronoUnit.SECONDS));
      items.put(name, item);
      heldBytes -= old == null ? 0 : old.content.length;
      HttpStatus status = old == null ? HttpStatus.CREATED : HttpStatus.NO_CONTENT;
      response.header("ETag", item.tag.toString()).status(status).empty();
    }

    @Override
    public void cut() {
      heldBytes -= content.length;
      content = new byte[0];
      length = 0;
    }
  }
}
