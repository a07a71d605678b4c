package dev.tapstack.apps.http;

import dev.tapstack.socket.TcpConnection;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The content of a response on its way out, framed by its length, in chunks (RFC 9112 7.1), or by
 * the end of the connection for an HTTP/1.0 client. Writes take what fits into the send buffer;
 * when one has not been taken whole, {@link BodyProducer#produce} is called when there is room.
 *
 * <p>After the response is over, also because its connection has ended, writes take nothing. One
 * for each connection. The loop's thread only.
 */
public final class ResponseBody {
  private enum Framing {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private static final int CRLF_BYTES = 2;

  private static final byte[] LAST_CHUNK = Syntax.ascii("0\r\n\r\n");
  private static final byte[] HEX = Syntax.ascii("0123456789abcdef");

  private final HttpConnection http;
  private final TcpConnection connection;
  private final HttpOutput output;
  private final Runnable nextTurn = this::onNextTurn;
  private Framing framing = Framing.LENGTH;
  private long remaining;
  private @Nullable BodyProducer producer;
  private boolean isOpen;
  private boolean isNextTurnAsked;

  ResponseBody(HttpConnection http, TcpConnection connection, HttpOutput output) {
    this.http = http;
    this.connection = connection;
    this.output = output;
  }

  void beginLength(long bytes, BodyProducer from) {
    begin(Framing.LENGTH, from);
    remaining = bytes;
  }

  void beginChunked(BodyProducer from) {
    begin(Framing.CHUNKED, from);
  }

  void beginUntilClose(BodyProducer from) {
    begin(Framing.UNTIL_CLOSE, from);
  }

  private void begin(Framing how, BodyProducer from) {
    framing = how;
    producer = from;
    isOpen = true;
  }

  /** There is room, or the producer asked: lets it go on. */
  void produce() {
    BodyProducer current = producer;
    if (isOpen && current != null && !output.isBlocked()) {
      current.produce(this);
    }
  }

  /** Ends the response from outside: the connection has ended, or fails. */
  void cut() {
    close(false);
  }

  /** Whether a response is under way. */
  public boolean isOpen() {
    return isOpen;
  }

  /** Bytes that {@link #write} would take now, roughly: framing may need a few of them. */
  public int room() {
    return isOpen ? output.room() : 0;
  }

  /**
   * Copies bytes of {@code source}, advancing its reader index, as many as fit.
   *
   * @return how many were taken, perhaps 0
   * @throws IllegalStateException if they are more than the announced length
   */
  public int write(ByteBuf source) {
    int length = source.readableBytes();
    checkLength(length);
    if (!isOpen || length == 0 || output.isBlocked()) {
      return 0;
    }
    int taken = framing == Framing.CHUNKED ? writeChunks(source) : output.write(source);
    remaining -= taken;
    return taken;
  }

  /** Fills the room whatever it is, so that a write not taken whole has always met its end. */
  private int writeChunks(ByteBuf source) {
    int before = source.readableBytes();
    while (source.isReadable() && !output.isBlocked()) {
      int room = output.room();
      if (room == 0) {
        output.write(source); // takes nothing, but asks for the call back
        break;
      }
      writeChunk(source, Math.min(source.readableBytes(), dataThatFits(room)));
    }
    return before - source.readableBytes();
  }

  private void writeChunk(ByteBuf source, int length) {
    chunkSize(length);
    output.flush();
    int writerIndex = source.writerIndex();
    source.writerIndex(source.readerIndex() + length);
    if (!output.isBlocked()) {
      output.write(source);
    }
    output.scratch().writeBytes(source); // nothing, unless the room was too small for its frame
    source.writerIndex(writerIndex);
    output.scratch().writeByte('\r').writeByte('\n');
    output.flush();
  }

  /** The most data that fits {@code room} with its frame; 1 if not even that does. */
  private static int dataThatFits(int room) {
    int data = room - 2 * CRLF_BYTES - 1;
    while (data > 1 && hexDigits(data) + 2 * CRLF_BYTES + data > room) {
      data--;
    }
    return Math.max(1, data);
  }

  /**
   * Queues the readable bytes of {@code buffer} without copying, as {@link TcpConnection#send}
   * does: taken whole while there is any room; {@code callback} gives it back.
   *
   * @return false if there is no room: the buffer stays the caller's
   * @throws IllegalStateException if the bytes are more than the announced length
   */
  public boolean send(ByteBuf buffer, TcpConnection.SendCallback callback) {
    int length = buffer.readableBytes();
    checkLength(length);
    if (!isOpen || output.isBlocked()) {
      return false;
    }
    if (framing == Framing.CHUNKED) {
      return sendChunk(buffer, length, callback);
    }
    if (!output.offer(buffer, callback)) {
      return false;
    }
    remaining -= length;
    return true;
  }

  private boolean sendChunk(ByteBuf buffer, int length, TcpConnection.SendCallback callback) {
    if (length == 0 || output.room() == 0) {
      // An empty chunk would end the content; without room this is refused and asks for a call.
      return output.offer(buffer, callback);
    }
    chunkSize(length);
    output.flush();
    output.send(buffer, callback);
    output.scratch().writeByte('\r').writeByte('\n');
    output.flush();
    return true;
  }

  private void chunkSize(int length) {
    ByteBuf scratch = output.scratch();
    for (int shift = 4 * (hexDigits(length) - 1); shift >= 0; shift -= 4) {
      scratch.writeByte(HEX[length >>> shift & 15]);
    }
    scratch.writeByte('\r').writeByte('\n');
  }

  /** Hexadecimal digits of a positive number. */
  private static int hexDigits(int value) {
    return (35 - Integer.numberOfLeadingZeros(value)) / 4;
  }

  private void checkLength(int bytes) {
    if (isOpen && framing == Framing.LENGTH && bytes > remaining) {
      throw new IllegalStateException(
          bytes + " bytes of content, but only " + remaining + " of the announced length are left");
    }
  }

  /**
   * Ends the content. With less than the announced length the connection is reset, so that the
   * client does not take the part for the whole. Idempotent.
   */
  public void end() {
    if (!isOpen) {
      return;
    }
    if (framing == Framing.LENGTH && remaining > 0) {
      http.abort();
      return;
    }
    if (framing == Framing.CHUNKED) {
      output.scratch().writeBytes(LAST_CHUNK);
      output.flush();
    }
    close(true);
    http.responseEnded();
  }

  /**
   * Asks that {@link BodyProducer#produce} be called again in the loop's next turn, so that other
   * connections have theirs in between.
   */
  public void again() {
    if (!isOpen || isNextTurnAsked) {
      return;
    }
    if (!connection.context().execute(nextTurn)) {
      throw new IllegalStateException("the loop's queue of tasks is full");
    }
    isNextTurnAsked = true;
  }

  private void onNextTurn() {
    isNextTurnAsked = false;
    http.onNextTurn();
  }

  private void close(boolean complete) {
    BodyProducer last = producer;
    isOpen = false;
    producer = null;
    if (last != null) {
      last.ended(complete);
    }
  }
}
