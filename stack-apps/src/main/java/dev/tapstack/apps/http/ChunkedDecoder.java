package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes chunked content apart (RFC 9112 7.1): consumes sizes, extensions and trailers from the
 * connection, and says how many bytes of data stand there next. Trailers are checked and thrown
 * away (RFC 9110 6.5.1). The loop's thread only.
 */
final class ChunkedDecoder {
  private enum State {
    SIZE_FIRST_DIGIT,
    SIZE,
    SPACE_BEFORE_EXTENSION,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    END
  }

  /** Longest line of size and extensions; nobody uses extensions, and attackers like them. */
  private static final int MAX_SIZE_LINE = 256;

  /** A size that is not below this is refused: the next digit could overflow. */
  private static final long MAX_SIZE = 1L << 56;

  private final int maxTrailerBytes;
  private State state = State.END;
  private long remaining;
  private int lineBytes;
  private @Nullable HttpError error;

  ChunkedDecoder(HttpLimits limits) {
    maxTrailerBytes = limits.headerBytes();
  }

  /** Begins new content. */
  void reset() {
    state = State.SIZE_FIRST_DIGIT;
    remaining = 0;
    lineBytes = 0;
    error = null;
  }

  /**
   * Consumes what stands before the next data.
   *
   * @return bytes of data that the present chunk still has, some of which may have come; 0 if more
   *     input is needed, at the end, and after an error
   */
  long advance(TcpConnection connection) {
    while (state != State.DATA && state != State.END && error == null) {
      ByteBuf in = connection.peek();
      if (in == null) {
        return 0;
      }
      int from = in.readerIndex();
      int at = from;
      while (at < in.writerIndex() && state != State.DATA && state != State.END && error == null) {
        error = step(in.getByte(at++));
      }
      connection.skip(at - from);
    }
    return state == State.DATA && error == null ? remaining : 0;
  }

  /** {@code bytes} of the data that {@link #advance} promised have been consumed. */
  void consumed(int bytes) {
    remaining -= bytes;
    if (remaining == 0) {
      state = State.DATA_CR;
    }
  }

  boolean isAtEnd() {
    return state == State.END && error == null;
  }

  /** What is wrong with the content, or null. */
  @Nullable HttpError error() {
    return error;
  }

  private @Nullable HttpError step(int b) {
    return switch (state) {
      case SIZE_FIRST_DIGIT, SIZE, SPACE_BEFORE_EXTENSION, EXTENSION, SIZE_LF -> sizeLine(b);
      case DATA_CR -> {
        state = State.DATA_LF;
        yield b == '\r' ? null : HttpError.BAD_CHUNK_END;
      }
      case DATA_LF -> {
        state = State.SIZE_FIRST_DIGIT;
        lineBytes = 0;
        yield b == '\n' ? null : HttpError.BAD_CHUNK_END;
      }
      default -> trailer(b);
    };
  }

  /** chunk-size [ chunk-ext ] CRLF. */
  private @Nullable HttpError sizeLine(int b) {
    if (++lineBytes > MAX_SIZE_LINE) {
      return HttpError.BAD_CHUNK_EXTENSION;
    }
    return switch (state) {
      case SIZE_FIRST_DIGIT -> {
        state = State.SIZE;
        yield digit(b);
      }
      case SIZE -> endOfSize(b) ? null : digit(b);
      case SPACE_BEFORE_EXTENSION -> { // RFC 9112 7.1.1: bad white space, which must be accepted
        state = b == ';' ? State.EXTENSION : state;
        yield b == ';' || Syntax.isSpace(b) ? null : HttpError.BAD_CHUNK_EXTENSION;
      }
      case EXTENSION -> {
        state = b == '\r' ? State.SIZE_LF : state;
        yield b == '\r' || Syntax.isFieldValueByte(b) ? null : HttpError.BAD_CHUNK_EXTENSION;
      }
      default -> {
        state = remaining == 0 ? State.TRAILER_START : State.DATA;
        lineBytes = 0;
        yield b == '\n' ? null : HttpError.BAD_CHUNK_SIZE;
      }
    };
  }

  private boolean endOfSize(int b) {
    if (b == '\r') {
      state = State.SIZE_LF;
    } else if (b == ';') {
      state = State.EXTENSION;
    } else if (Syntax.isSpace(b)) {
      state = State.SPACE_BEFORE_EXTENSION;
    } else {
      return false;
    }
    return true;
  }

  private @Nullable HttpError digit(int b) {
    int digit = Syntax.hexDigit(b);
    if (digit < 0 || remaining >= MAX_SIZE) {
      return HttpError.BAD_CHUNK_SIZE;
    }
    remaining = remaining << 4 | digit;
    return null;
  }

  /** *( field-line CRLF ) CRLF. */
  private @Nullable HttpError trailer(int b) {
    if (++lineBytes > maxTrailerBytes) {
      return HttpError.HEADER_TOO_LARGE;
    }
    return switch (state) {
      case TRAILER_START -> {
        state = b == '\r' ? State.END_LF : State.TRAILER_NAME;
        yield b == '\r' ? null : trailerName(b, HttpError.OBSOLETE_FOLDING);
      }
      case TRAILER_NAME -> {
        state = b == ':' ? State.TRAILER_VALUE : state;
        yield b == ':' ? null : trailerName(b, HttpError.SPACE_BEFORE_COLON);
      }
      case TRAILER_VALUE -> {
        state = b == '\r' ? State.TRAILER_LF : state;
        yield b == '\r' || Syntax.isFieldValueByte(b) ? null : HttpError.BAD_FIELD_VALUE;
      }
      case TRAILER_LF -> {
        state = State.TRAILER_START;
        yield b == '\n' ? null : HttpError.BAD_FIELD_VALUE;
      }
      default -> {
        state = State.END;
        yield b == '\n' ? null : HttpError.BAD_FIELD_VALUE;
      }
    };
  }

  private static @Nullable HttpError trailerName(int b, HttpError ifSpace) {
    if (Syntax.isSpace(b)) {
      return ifSpace;
    }
    return Syntax.isTokenByte(b) ? null : HttpError.BAD_FIELD_NAME;
  }
}
