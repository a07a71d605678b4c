package dev.tapstack.blocking;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.OpenException;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection between the loop and the threads that read and write it.
 *
 * <p>Callers write down what they wish (bytes in {@link #output}, room in {@link #input}, flags)
 * and ask the loop once, by {@link #ask}; {@link #reconcile} then brings the connection to it. The
 * loop moves bytes only while there is room: the rest stays in the receive window, or in the ring
 * of the writer, who waits.
 */
final class BlockingConnection implements TcpHandler {
  private final LoopDoor door;
  private final Handoff input = new Handoff();
  private final Handoff output = new Handoff();
  private final WaitPoint opening = new WaitPoint();
  private final AtomicBoolean isAsked = new AtomicBoolean();

  // Wishes, written by callers.
  private volatile boolean isClosed;
  private volatile boolean isInputShut;
  private volatile boolean isOutputShut;
  private volatile boolean isNoDelay;
  private volatile boolean isKeepalive;
  private volatile boolean isResetOnClose;

  // What came of it, written by the loop.
  private volatile @Nullable TcpConnection connection; // its methods are the loop's
  private volatile boolean isConnected;
  private volatile boolean isInputWaiting; // bytes stayed in the window for want of room
  private volatile boolean isEndOfInput;
  private volatile @Nullable CloseReason ended;

  // The loop's own.
  private boolean isOutputEnded; // FIN is queued behind all bytes
  private boolean isNoDelayNow;
  private boolean isKeepaliveNow;

  private volatile boolean isResetTold; // a caller has seen the reset

  /** One that will be connected, or has been accepted, with {@code options}. */
  BlockingConnection(LoopDoor door, TcpOptions options) {
    this.door = door;
    isNoDelay = options.noDelay();
    isNoDelayNow = isNoDelay;
    isKeepalive = options.keepalive();
    isKeepaliveNow = isKeepalive;
  }

  // Callers.

  /**
   * Connects.
   *
   * @param local what from, or null
   * @param timeoutMillis 0 for as long as the stack tries
   */
  void connect(@Nullable Endpoint local, Endpoint remote, TcpOptions options, int timeoutMillis)
      throws IOException {
    door.requireOutside();
    opening.lock();
    try {
      try {
        door.call(() -> open(local, remote, options));
      } catch (OpenException e) {
        throw SocketFailures.opening(e);
      }
      if (!opening.await(() -> isConnected || isClosed || ended != null, timeoutMillis)) {
        throw new SocketTimeoutException("Connect timed out");
      }
      CloseReason end = ended;
      if (isClosed) {
        throw SocketFailures.closed();
      } else if (!isConnected && end != null) {
        throw SocketFailures.connecting(end);
      }
    } finally {
      opening.unlock();
    }
  }

  boolean isConnected() {
    return isConnected;
  }

  /** Both ends' addresses; once it is connected. */
  Endpoint local() {
    return Objects.requireNonNull(connection).local();
  }

  Endpoint remote() {
    return Objects.requireNonNull(connection).remote();
  }

  /**
   * Reads at least one byte, waiting for it.
   *
   * @return how many, or -1 at the end of input
   */
  int read(byte[] to, int offset, int length, int timeoutMillis) throws IOException {
    Objects.checkFromIndexSize(offset, length, to.length);
    door.requireOutside();
    if (length == 0) {
      return 0;
    }
    input.callers.lock();
    try {
      if (!input.callers.await(this::isReadDecided, timeoutMillis)) {
        throw new SocketTimeoutException("Read timed out");
      }
      if (isClosed) {
        throw SocketFailures.closed();
      }
      if (isInputShut) {
        return -1;
      }
      int bytes = input.take(to, offset, length);
      if (bytes == 0) {
        return endOfInput();
      }
      if (isInputWaiting && input.room() >= Handoff.ROOM_BYTES) {
        ask();
      }
      return bytes;
    } finally {
      input.callers.unlock();
    }
  }

  private boolean isReadDecided() {
    return input.available() > 0 || isClosed || isInputShut || isEndOfInput || ended != null;
  }

  /** Nothing is left to read: why. */
  private int endOfInput() throws SocketException {
    CloseReason end = ended;
    if (!isEndOfInput && end != null) {
      isResetTold = true;
      throw new SocketException(end.text());
    }
    return -1;
  }

  /** Bytes that a read gives without waiting. */
  int available() throws SocketException {
    if (isClosed) {
      throw SocketFailures.closed();
    }
    return isInputShut ? 0 : input.available();
  }

  /** Writes all of it: returns when the stack has it, which is not when the peer has. */
  void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    door.requireOutside();
    output.callers.lock();
    try {
      int end = offset + length;
      for (int at = offset; at < end; ) {
        int wanted = Math.min(end - at, Handoff.ROOM_BYTES);
        output.callers.await(() -> output.room() >= wanted || isWriteOver(), 0);
        requireWritable();
        at += output.put(from, at, end - at);
        ask();
      }
    } finally {
      output.callers.unlock();
    }
  }

  private boolean isWriteOver() {
    return isClosed || isOutputShut || ended != null;
  }

  private void requireWritable() throws SocketException {
    if (isClosed) {
      throw SocketFailures.closed();
    }
    CloseReason end = ended;
    if (end == CloseReason.RESET && !isResetTold) {
      isResetTold = true;
      throw new SocketException(end.text());
    }
    if (isOutputShut || end == CloseReason.NORMAL || end == CloseReason.RESET) {
      throw new SocketException("Broken pipe"); // EPIPE
    }
    if (end != null) {
      throw new SocketException(end.text());
    }
  }

  /** What is there and what comes is thrown away; readers see the end of input. */
  void shutdownInput() {
    isInputShut = true;
    input.callers.signal();
    ask();
  }

  /** FIN follows what was written. */
  void shutdownOutput() {
    isOutputShut = true;
    output.callers.signal();
    ask();
  }

  void noDelay(boolean noDelay) {
    isNoDelay = noDelay;
    ask();
  }

  void keepalive(boolean keepalive) {
    isKeepalive = keepalive;
    ask();
  }

  /** Linger 0: {@link #close} resets the connection. */
  void resetOnClose(boolean reset) {
    isResetOnClose = reset; // read when it is closed
  }

  /**
   * Closes without waiting; what was written still goes, unless bytes are unread or linger is 0.
   * Callers that wait see "Socket closed".
   */
  void close() {
    isClosed = true;
    opening.signal();
    input.callers.signal();
    output.callers.signal();
    ask();
  }

  /** One command, however many wishes. */
  private void ask() {
    if (ended == null && isAsked.compareAndSet(false, true)) {
      door.submit(this::reconcile); // refused by a closed stack only, which tells onClosed
    }
  }

  // The loop.

  /** Begins the handshake, unless it was closed meanwhile. */
  private TcpConnection open(@Nullable Endpoint local, Endpoint remote, TcpOptions options) {
    TcpConnection opened = door.stack().connect(local, remote, options, this);
    connection = opened;
    if (isClosed) {
      reconcile();
    }
    return opened;
  }

  /** A connection that was accepted, whose handler this is now. */
  void accepted(TcpConnection accepted) {
    connection = accepted;
    isConnected = true;
  }

  private void reconcile() {
    isAsked.set(false);
    TcpConnection now = connection;
    if (now == null || ended != null) {
      return;
    }
    // Looked at once: a close amid this has its own turn, which looks at what is unread then.
    boolean closes = isClosed;
    if (closes && (isResetOnClose || isUnread(now))) {
      now.abort(); // RFC 1122 4.2.2.13
      return;
    }
    setOptions(now);
    moveInput(now);
    moveOutput(now, closes);
  }

  private void setOptions(TcpConnection of) {
    if (isNoDelay != isNoDelayNow) {
      isNoDelayNow = !isNoDelayNow;
      of.noDelay(isNoDelayNow);
    }
    if (isKeepalive != isKeepaliveNow) {
      isKeepaliveNow = !isKeepaliveNow;
      of.keepalive(isKeepaliveNow);
    }
  }

  private boolean isUnread(TcpConnection from) {
    return !isInputShut && (input.available() > 0 || from.readableBytes() > 0);
  }

  private void moveInput(TcpConnection from) {
    if (isInputShut) {
      from.skip(from.readableBytes());
    } else {
      moveToRing(from);
      // Set before the room is looked at once more, so that a reader either sees it or is seen.
      isInputWaiting = from.readableBytes() > 0;
      if (isInputWaiting && input.room() >= Handoff.ROOM_BYTES) {
        moveToRing(from);
        isInputWaiting = from.readableBytes() > 0;
      }
    }
    if (!isEndOfInput && from.endOfInput()) {
      isEndOfInput = true;
      input.callers.signal();
    }
  }

  private void moveToRing(TcpConnection from) {
    for (ByteBuf shown = from.peek(); shown != null; shown = from.peek()) {
      int bytes = input.put(shown);
      if (bytes == 0) {
        return;
      }
      from.skip(bytes);
      input.callers.signal();
    }
  }

  private void moveOutput(TcpConnection to, boolean closes) {
    boolean isLast = closes || isOutputShut; // before the bytes: these were put first
    if (!isOutputEnded) {
      moveFromRing(to);
      isOutputEnded = isLast && output.available() == 0;
    }
    if (isOutputEnded) {
      if (closes) {
        to.close();
      } else {
        to.shutdownOutput();
      }
    }
  }

  private void moveFromRing(TcpConnection to) {
    for (ByteBuf waiting = output.peek(); waiting != null; waiting = output.peek()) {
      int bytes = to.write(waiting);
      if (bytes == 0) {
        return; // onWritable goes on
      }
      output.taken(bytes);
      output.callers.signal();
    }
  }

  @Override
  public void onConnected(TcpConnection established) {
    isConnected = true;
    opening.signal();
    reconcile();
  }

  @Override
  public void onReadable(TcpConnection from) {
    reconcile();
  }

  @Override
  public void onWritable(TcpConnection to) {
    reconcile();
  }

  @Override
  public void onClosed(TcpConnection gone, CloseReason reason) {
    ended = reason;
    opening.signal();
    input.callers.signal();
    output.callers.signal();
  }
}
