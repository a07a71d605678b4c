package dev.tapstack.apps.fake;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * Both ends of a connection without a network between them. The server sees a {@link TcpConnection}
 * with bounded buffers that keeps strictly to its contract; the test is the client: it sends, reads
 * when it likes, and looks at how the connection ended.
 */
public final class FakeConnection implements TcpConnection {
  private record Queued(ByteBuf buffer, ByteBuf view, SendCallback callback) {}

  private final FakeContext context;
  private final Endpoint local;
  private final Endpoint remote;
  private final int receiveBufferBytes;
  private final int sendBufferBytes;
  private final ByteBuf clientUnsent = Unpooled.buffer();
  private final ArrayDeque<ByteBuf> received = new ArrayDeque<>();
  private final ArrayDeque<Queued> sendQueue = new ArrayDeque<>();
  private TcpHandler handler;
  private int peekBytes = Integer.MAX_VALUE;
  private int receivedBytes;
  private int sendQueueBytes;
  private int copiedBytes;
  private int mostCopiedBytes;
  private long bytesReceived;
  private long bytesAcked;
  private boolean hasClientFinished;
  private boolean isFinDelivered;
  private boolean isOutputShut;
  private boolean isClosed;
  private boolean isReset;
  private boolean isInHandler;
  private boolean wantsRoom;
  private CloseReason reason;

  FakeConnection(
      FakeContext context,
      Endpoint local,
      Endpoint remote,
      int receiveBufferBytes,
      int sendBufferBytes) {
    this.context = context;
    this.local = local;
    this.remote = remote;
    this.receiveBufferBytes = receiveBufferBytes;
    this.sendBufferBytes = sendBufferBytes;
  }

  void open(TcpHandler accepted) {
    handler = accepted;
    call(() -> handler.onConnected(this));
  }

  // The client.

  /** Shows the server at most {@code bytes} at a time. */
  public FakeConnection peekAtMost(int bytes) {
    peekBytes = bytes;
    return this;
  }

  /** Sends {@code text}, one byte for each character; what does not fit goes when there is room. */
  public FakeConnection send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends {@code bytes}; what does not fit the server's receive buffer goes when there is room. */
  public FakeConnection send(byte[] bytes) {
    clientUnsent.writeBytes(bytes);
    settle();
    return this;
  }

  /** The client's FIN, behind what it has sent. */
  public FakeConnection finish() {
    hasClientFinished = true;
    settle();
    return this;
  }

  /** The client's RST. */
  public void reset() {
    end(CloseReason.RESET);
    context.run();
  }

  /** Reads at most {@code bytes} that the server has sent; the server may then go on. */
  public byte[] read(int bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    settle();
    while (out.size() < bytes && !sendQueue.isEmpty()) {
      Queued first = sendQueue.peek();
      byte[] part = new byte[Math.min(bytes - out.size(), first.view().readableBytes())];
      first.view().readBytes(part);
      out.writeBytes(part);
      sendQueueBytes -= part.length;
      bytesAcked += part.length;
      if (first.callback() == null) {
        copiedBytes -= part.length;
      }
      if (!first.view().isReadable()) {
        sendQueue.remove();
        if (first.callback() != null) {
          call(() -> first.callback().sent(first.buffer(), true));
        }
      }
      settle();
    }
    return out.toByteArray();
  }

  /** Reads everything that comes until the server has nothing to send any more. */
  public byte[] readAll() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part = read(8192); part.length > 0; part = read(8192)) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** {@link #readAll} as text, a character for each byte. */
  public String readText() {
    return new String(readAll(), StandardCharsets.ISO_8859_1);
  }

  /** Bytes that the client could not send yet: the receive window is full. */
  public int unsentBytes() {
    return clientUnsent.readableBytes();
  }

  /** The most bytes ever held in copies for this client. */
  public int mostCopiedBytes() {
    return mostCopiedBytes;
  }

  /** Whether the server's FIN follows what it has sent. */
  public boolean isFinished() {
    return isOutputShut;
  }

  /** Whether the server has closed its side and let go of the connection without a reset. */
  public boolean isClosedCleanly() {
    return isClosed && !isReset;
  }

  /** Whether the server has reset the connection, or its close had to. */
  public boolean isReset() {
    return isReset;
  }

  private void settle() {
    boolean isNew;
    do {
      isNew = false;
      int room = receiveBufferBytes - receivedBytes;
      if (!isClosed && room > 0 && clientUnsent.isReadable()) {
        int length = Math.min(room, clientUnsent.readableBytes());
        received.add(Unpooled.buffer(length).writeBytes(clientUnsent, length));
        receivedBytes += length;
        bytesReceived += length;
        isNew = true;
      }
      if (hasClientFinished && !clientUnsent.isReadable() && !isFinDelivered && !isReset) {
        isFinDelivered = true;
        isNew = true;
      }
      if (isNew) {
        if (!isClosed) {
          call(() -> handler.onReadable(this));
        }
      }
      if (wantsRoom && !isClosed && writableBytes() > 0) {
        wantsRoom = false;
        isNew = true;
        call(() -> handler.onWritable(this));
      }
      tellIfOver();
      context.run();
    } while (isNew);
  }

  private void call(Runnable event) {
    if (handler == null || reason != null) {
      return;
    }
    if (isInHandler) {
      throw new AssertionError("a handler's method inside another");
    }
    isInHandler = true;
    event.run();
    isInHandler = false;
  }

  /** The server has nothing more to do with it; what it has written still leaves, unless reset. */
  private void end(CloseReason why) {
    if (isReset || isClosed && why == CloseReason.NORMAL) {
      return;
    }
    isClosed = true;
    if (why == CloseReason.NORMAL) {
      tellIfOver();
      return;
    }
    isReset = true;
    context.execute(() -> {
      for (Queued queued : sendQueue) {
        if (queued.callback() != null) {
          call(() -> queued.callback().sent(queued.buffer(), false));
        }
      }
      sendQueue.clear();
      tell(why);
    });
  }

  private void tellIfOver() {
    if (isClosed && !isReset && reason == null && sendQueue.isEmpty() && isFinDelivered) {
      context.execute(() -> tell(CloseReason.NORMAL));
    }
  }

  private void tell(CloseReason why) {
    call(() -> handler.onClosed(this, why));
    reason = why;
  }

  // The server's side.

  @Override
  public Endpoint local() {
    return local;
  }

  @Override
  public Endpoint remote() {
    return remote;
  }

  @Override
  public TcpState state() {
    return TcpState.ESTABLISHED;
  }

  @Override
  public TcpInfo info() {
    return new TcpInfo(
        state(),
        1,
        1,
        65_535,
        1,
        65_535,
        14_480,
        Long.MAX_VALUE,
        0,
        0,
        1_000_000_000L,
        1448,
        7,
        7,
        true,
        bytesAcked, // nothing leaves before the client reads
        bytesReceived,
        bytesAcked,
        0,
        0,
        0,
        0,
        "newreno");
  }

  @Override
  public StackContext context() {
    return context;
  }

  @Override
  public void handler(TcpHandler newHandler) {
    handler = newHandler;
  }

  @Override
  public int readableBytes() {
    return isReset ? 0 : receivedBytes;
  }

  @Override
  public boolean endOfInput() {
    return isFinDelivered && receivedBytes == 0;
  }

  @Override
  public ByteBuf peek() {
    ByteBuf first = isReset ? null : received.peek();
    if (first == null) {
      return null;
    }
    int length = Math.min(first.readableBytes(), peekBytes);
    return first.slice(first.readerIndex(), length).asReadOnly();
  }

  @Override
  public void skip(int bytes) {
    if (bytes < 0 || bytes > receivedBytes) {
      throw new IllegalArgumentException("skip " + bytes + " of " + receivedBytes);
    }
    receivedBytes -= bytes;
    for (int left = bytes; left > 0; ) {
      ByteBuf first = received.element();
      int part = Math.min(left, first.readableBytes());
      first.skipBytes(part);
      left -= part;
      if (!first.isReadable()) {
        received.remove();
      }
    }
  }

  @Override
  public int read(ByteBuf target) {
    int total = 0;
    for (ByteBuf part = peek(); part != null && target.isWritable(); part = peek()) {
      int length = Math.min(part.readableBytes(), target.writableBytes());
      target.writeBytes(part, part.readerIndex(), length);
      skip(length);
      total += length;
    }
    return total;
  }

  @Override
  public int writableBytes() {
    return isReset ? 0 : Math.max(0, sendBufferBytes - sendQueueBytes);
  }

  @Override
  public long unacknowledgedBytes() {
    return sendQueueBytes;
  }

  @Override
  public int write(ByteBuf source) {
    checkOpen();
    int length = Math.min(writableBytes(), source.readableBytes());
    if (length < source.readableBytes()) {
      wantsRoom = true;
    }
    if (length > 0) {
      ByteBuf copy = Unpooled.buffer(length).writeBytes(source, length);
      sendQueue.add(new Queued(copy, copy, null));
      sendQueueBytes += length;
      copiedBytes += length;
      mostCopiedBytes = Math.max(mostCopiedBytes, copiedBytes);
    }
    return length;
  }

  @Override
  public boolean send(ByteBuf buffer, SendCallback callback) {
    checkOpen();
    if (writableBytes() == 0) {
      wantsRoom = true;
      return false;
    }
    sendQueue.add(new Queued(buffer, buffer.duplicate(), callback));
    sendQueueBytes += buffer.readableBytes();
    return true;
  }

  private void checkOpen() {
    if (isOutputShut || isClosed && !isReset) {
      throw new IllegalStateException("write after the end");
    }
  }

  @Override
  public void shutdownOutput() {
    isOutputShut = true;
  }

  @Override
  public void close() {
    if (!isClosed) {
      isOutputShut = true;
      boolean isUnread = receivedBytes > 0 || clientUnsent.isReadable();
      end(isUnread ? CloseReason.ABORTED : CloseReason.NORMAL);
    }
  }

  @Override
  public void abort() {
    end(CloseReason.ABORTED);
  }

  @Override
  public void noDelay(boolean noDelay) {}

  @Override
  public void keepalive(boolean keepalive) {}

  @Override
  public void resetOnClose(boolean reset) {}
}
