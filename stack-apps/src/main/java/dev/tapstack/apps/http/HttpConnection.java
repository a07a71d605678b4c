package dev.tapstack.apps.http;

import dev.tapstack.loop.Timer;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: requests are read, handled and answered one after the other, in order
 * (RFC 9112 9.3.2), and its end is made so that the client sees the last response (RFC 9112 9.6).
 *
 * <p>Theory of operation. {@link #advance} goes from phase to phase for as long as there is
 * something to do; every event ends in it. Only one request is under way: the bytes of the next
 * stay in the receive window until the response has been taken by the send buffer, so that a client
 * that does not read is not worked for. The loop's thread only.
 */
final class HttpConnection implements TcpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
  private static final byte[] CONTINUE = Syntax.ascii("HTTP/1.1 100 Continue\r\n\r\n");

  private enum Phase {
    /** Waits for a head, or the rest of it. */
    HEAD,
    /** A request is with its handler, or its response under way. */
    HANDLING,
    /** The response has ended; what is left of the content is thrown away. */
    DRAINING,
    /** The last response waits for room. */
    FLUSHING,
    /** The last response and FIN are under way; input is thrown away until the client's FIN. */
    LINGERING,
    CLOSED
  }

  private final HttpServer server;
  private final TcpConnection connection;
  private final StackContext context;
  private final HttpLimits limits;
  private final HeadParser head;
  private final RequestTarget target = new RequestTarget();
  private final BodyFraming framing = new BodyFraming();
  private final RequestBody body;
  private final HttpOutput output;
  private final ResponseBody responseBody;
  private final HttpRequest request;
  private final HttpResponse response;
  private final Timer timer = new Timer(this::onTimer);
  private final Runnable produceNextTurn = this::onNextTurn;

  private Phase phase = Phase.HEAD;
  private boolean isInside;
  private boolean isPersistent;
  private boolean awaitsContinue;
  private boolean hasFailed;
  private @Nullable BodyReader reader;
  private boolean isReaderDue;
  private boolean isNextTurnAsked;
  private long drainedBytes;
  private long waitingSinceNanos;
  private long progressMark = -1;
  private int requests;

  /** Its place in the server's table. */
  int index;

  HttpConnection(HttpServer server, TcpConnection connection, ByteBuf scratch, HttpDate date) {
    this.server = server;
    this.connection = connection;
    context = connection.context();
    limits = server.limits();
    head = new HeadParser(limits);
    body = new RequestBody(connection, limits);
    output = new HttpOutput(connection, scratch);
    responseBody = new ResponseBody(this, connection, output);
    request = new HttpRequest(this, connection, head, target, body);
    response = new HttpResponse(this, output, date, responseBody);
    waitingSinceNanos = context.nowNanos();
  }

  // Events of the connection.

  @Override
  public void onConnected(TcpConnection c) {
    context.arm(timer, limits.idle().toNanos());
  }

  @Override
  public void onReadable(TcpConnection c) {
    isInside = true;
    callReader();
    isInside = false;
    advance();
  }

  @Override
  public void onWritable(TcpConnection c) {
    isInside = true;
    output.flushKept();
    produce();
    isInside = false;
    advance();
  }

  @Override
  public void onClosed(TcpConnection c, CloseReason reason) {
    phase = Phase.CLOSED;
    context.cancel(timer);
    if (!response.isEnded()) {
      server.count(HttpCounter.RESPONSES_CUT);
    }
    endResponse();
    output.discard();
    server.closed(this, connection, reason, requests);
  }

  private void onNextTurn() {
    isNextTurnAsked = false;
    isInside = true;
    produce();
    isInside = false;
    advance();
  }

  private void onTimer(long nowNanos) {
    long rest = waitingSinceNanos + limits.idle().toNanos() - nowNanos;
    if (phase == Phase.LINGERING) {
      closeNow();
    } else if (phase != Phase.HEAD) {
      checkProgress();
    } else if (rest > 0) {
      context.arm(timer, rest);
    } else {
      context.arm(timer, limits.idle().toNanos()); // to end it if its last response is not read
      if (head.isEmpty()) {
        phase = Phase.FLUSHING;
      } else {
        fail(HttpError.TIMEOUT);
      }
      advance();
    }
  }

  /** Ends a connection whose client has neither read nor sent since the last check. */
  private void checkProgress() {
    long mark = connection.info().bytesAcked() + connection.info().bytesReceived();
    boolean hasProgress = mark != progressMark;
    progressMark = mark;
    boolean isForReader = reader != null && !body.isAtEnd() && body.readableBytes() == 0;
    boolean isForClient = phase != Phase.HANDLING || output.room() == 0 || isForReader;
    if (hasProgress || !isForClient) {
      context.arm(timer, limits.idle().toNanos());
    } else if (isForReader && response.isOpen()) {
      context.arm(timer, limits.idle().toNanos());
      fail(HttpError.TIMEOUT);
      advance();
    } else {
      server.count(HttpCounter.STALLED);
      abort();
    }
  }

  // From phase to phase.

  /** Does whatever can be done now. */
  private void advance() {
    if (isInside) {
      return;
    }
    isInside = true;
    while (step()) {
      // Until more input or more room is needed.
    }
    isInside = false;
  }

  private boolean step() {
    switch (phase) {
      case HEAD:
        return !output.isBlocked() && readHead();
      case HANDLING:
        return handling();
      case DRAINING:
        return drain();
      case FLUSHING:
        return beginLingering();
      case LINGERING:
        return linger();
      default:
        return false;
    }
  }

  private boolean readHead() {
    while (!head.isComplete() && head.error() == null) {
      ByteBuf in = connection.peek();
      if (in == null) {
        return endOfInputInHead();
      }
      int taken = head.feed(in, in.readerIndex(), in.readableBytes());
      connection.skip(taken);
    }
    HttpError error = head.error();
    if (error == null) {
      error = begin();
    }
    if (error != null) {
      fail(error);
    } else {
      handle();
    }
    return true;
  }

  private boolean endOfInputInHead() {
    if (connection.endOfInput() && !head.isEmpty()) {
      fail(HttpError.TRUNCATED);
      return true;
    }
    if (connection.endOfInput() || server.isClosing() && head.isEmpty()) {
      phase = Phase.FLUSHING;
      return true;
    }
    return false;
  }

  /** Takes the head that has come apart; null if all is in order. */
  private @Nullable HttpError begin() {
    RequestLine line = head.requestLine();
    if (!target.parse(head.bytes(), line.method(), line.targetFrom(), line.targetTo())) {
      return HttpError.BAD_TARGET;
    }
    HttpError error = framing.evaluate(head.bytes(), line, head.fields());
    if (error != null) {
      return error;
    }
    body.begin(framing);
    isPersistent = framing.isPersistent(line);
    awaitsContinue = framing.expectsContinue(line);
    return body.error();
  }

  private void handle() {
    phase = Phase.HANDLING;
    server.count(HttpCounter.REQUESTS);
    if (requests++ > 0) {
      server.count(HttpCounter.REQUESTS_ON_KEPT_CONNECTION);
    }
    response.begin(request.method(), head.requestLine().isHttp10());
    try {
      server.dispatch(request, target, response);
    } catch (RuntimeException e) {
      failed(e);
    }
    if (isReaderDue) {
      callReader();
    }
  }

  private boolean handling() {
    if (!response.isEnded()) {
      checkBody();
    }
    if (!response.isEnded() || phase != Phase.HANDLING) {
      return false; // or it has been aborted
    }
    phase = isPersistent ? Phase.DRAINING : Phase.FLUSHING;
    drainedBytes = 0;
    return true;
  }

  /** A request whose content is wrong, or ends too early, fails if somebody reads it. */
  private void checkBody() {
    HttpError error = body.error();
    if (error == null && reader != null && connection.endOfInput() && !body.isAtEnd()) {
      error = HttpError.TRUNCATED;
    }
    if (error != null) {
      fail(error);
    }
  }

  private boolean drain() {
    for (int n = body.readableBytes(); n > 0; n = body.readableBytes()) {
      drainedBytes += n;
      body.skip(n);
    }
    if (drainedBytes > limits.drainBytes()) {
      server.count(HttpCounter.DRAIN_LIMIT);
      phase = Phase.FLUSHING;
      return true;
    }
    if (body.error() != null || server.isClosing()) {
      phase = Phase.FLUSHING;
      return true;
    }
    if (body.isAtEnd()) {
      head.reset();
      waitingSinceNanos = context.nowNanos();
      phase = Phase.HEAD;
      return true;
    }
    phase = connection.endOfInput() ? Phase.FLUSHING : phase;
    return phase == Phase.FLUSHING;
  }

  private boolean beginLingering() {
    if (output.isBlocked()) {
      return false;
    }
    phase = Phase.LINGERING;
    drainedBytes = 0;
    connection.shutdownOutput();
    context.arm(timer, limits.linger().toNanos());
    return true;
  }

  private boolean linger() {
    for (int n = connection.readableBytes(); n > 0; n = connection.readableBytes()) {
      drainedBytes += n;
      connection.skip(n);
    }
    if (connection.endOfInput()) {
      closeNow();
    } else if (drainedBytes > limits.lingerBytes()) {
      server.count(HttpCounter.DRAIN_LIMIT);
      closeNow();
    }
    return false;
  }

  private void closeNow() {
    phase = Phase.CLOSED;
    context.cancel(timer);
    connection.close();
  }

  // What request and response ask for.

  void onBody(BodyReader newReader) {
    if (response.isEnded() || hasFailed) {
      return;
    }
    reader = newReader;
    isReaderDue = true;
    if (awaitsContinue && response.isOpen() && body.readableBytes() == 0) {
      output.scratch().writeBytes(CONTINUE);
      output.flush();
      server.count(HttpCounter.CONTINUES);
    }
    awaitsContinue = false;
    if (!isInside) {
      onReadable(connection);
    }
  }

  private void callReader() {
    isReaderDue = false;
    boolean wasAtEnd = false;
    // Once more if the end was reached in the call, so that one call finds the end.
    while (!wasAtEnd && reader != null && !response.isEnded()) {
      wasAtEnd = body.isAtEnd();
      if (!wasAtEnd && body.readableBytes() == 0) {
        return;
      }
      try {
        reader.onBody(request);
      } catch (RuntimeException e) {
        failed(e);
      }
      if (!wasAtEnd && !body.isAtEnd()) {
        return;
      }
    }
    if (wasAtEnd) {
      reader = null;
    }
  }

  /** Lets the producer of the response go on. */
  void produce() {
    try {
      responseBody.produce();
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  /** Calls {@link #produce} in the next turn. */
  void produceAgain() {
    if (!isNextTurnAsked) {
      isNextTurnAsked = true;
      if (!context.execute(produceNextTurn)) {
        isNextTurnAsked = false;
        throw new IllegalStateException("the loop takes no more tasks");
      }
    }
  }

  /** Whether the connection stays open after the response whose head is being written. */
  boolean decidePersistence() {
    boolean isDrainable = reader != null || body.remaining() <= limits.drainBytes();
    // A client that waits for 100 may send its content after all, or not: RFC 9110 10.1.1.
    isPersistent =
        isPersistent && isDrainable && !awaitsContinue && !hasFailed && !server.isClosing();
    return isPersistent;
  }

  void closeAfterResponse() {
    isPersistent = false;
  }

  /** Whether the request has failed, so that its content means nothing. */
  boolean hasFailed() {
    return hasFailed;
  }

  /** All of the response has been taken. */
  void responseEnded() {
    server.count(HttpCounter.RESPONSES);
    endResponse();
    advance();
  }

  private void endResponse() {
    response.ended();
    reader = null;
    isReaderDue = false;
    responseBody.cut();
  }

  private void failed(RuntimeException e) {
    LOG.error("the handler of {} failed", request.path(), e);
    fail(HttpError.HANDLER_FAILED);
  }

  /** Answers with an error and closes, or resets if the response has begun. */
  private void fail(HttpError error) {
    server.count(error);
    if (phase == Phase.HEAD) {
      HttpMethod method = head.hasRequestLine() ? head.requestLine().method() : HttpMethod.GET;
      response.begin(method, false);
      phase = Phase.HANDLING;
    }
    hasFailed = true;
    reader = null;
    if (response.isOpen()) {
      isPersistent = false;
      response.begin(request.method(), false);
      response.status(error.status()).text(error.status() + ": " + error.text() + "\n");
    } else if (!response.isEnded()) {
      abort();
    }
  }

  /** Resets the connection: the client must not take a part of the response for the whole. */
  void abort() {
    server.count(HttpCounter.ABORTS);
    phase = Phase.CLOSED;
    context.cancel(timer);
    endResponse();
    connection.abort();
  }

  /** The server closes: an idle connection ends now, a busy one after its response. */
  void serverCloses() {
    advance();
  }
}
