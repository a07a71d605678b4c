package dev.tapstack.apps.http;

import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import io.netty.buffer.ByteBuf;
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
  private final HttpLimits limits;
  private final RequestHead head;
  private final RequestBody body;
  private final HttpOutput output;
  private final ResponseBody responseBody;
  private final HttpRequest request;
  private final HttpResponse response;
  private final Patience patience;
  private final LingeringClose lingering;

  private Phase phase = Phase.HEAD;
  private boolean isInside;
  private boolean isPersistent;
  private boolean awaitsContinue;
  private boolean hasFailed;
  private long drainedBytes;
  private int requests;

  /** Its place in the server's table. */
  int index;

  HttpConnection(HttpServer server, TcpConnection connection, ByteBuf scratch, HttpDate date) {
    this.server = server;
    this.connection = connection;
    limits = server.limits();
    head = new RequestHead(limits, server.requestMemory());
    body = new RequestBody(connection, limits);
    output = new HttpOutput(connection, scratch);
    responseBody = new ResponseBody(this, connection, output);
    request = new HttpRequest(this, connection, head, body);
    response = new HttpResponse(this, output, date, responseBody);
    patience = new Patience(connection, limits, this::onTimer);
    lingering = new LingeringClose(server, connection);
  }

  // Events of the connection.

  @Override
  public void onConnected(TcpConnection c) {
    patience.lookAgain();
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
    if (phase == Phase.HEAD && !output.isBlocked()) {
      patience.waitsForHead(); // the response before it was waited for until now
    }
    produce();
    isInside = false;
    advance();
  }

  @Override
  public void onClosed(TcpConnection c, CloseReason reason) {
    phase = Phase.CLOSED;
    patience.end();
    if (!response.isEnded()) {
      server.count(HttpCounter.RESPONSES_CUT);
    }
    endResponse(false);
    output.discard();
    forgetRequest();
    server.closed(this, connection, reason, requests);
  }

  /** A producer that asked to go on in the next turn. */
  void onNextTurn() {
    isInside = true;
    produce();
    isInside = false;
    advance();
  }

  private void onTimer(long nowNanos) {
    if (phase == Phase.LINGERING) {
      closeNow();
    } else if (phase != Phase.HEAD || output.isBlocked()) {
      checkProgress();
    } else if (patience.restNanos() > 0) {
      patience.lookAgainAfter(patience.restNanos());
    } else {
      patience.lookAgain(); // to end it if its last response is not read
      if (head.isEmpty()) {
        phase = Phase.FLUSHING;
      } else {
        fail(HttpError.TIMEOUT);
      }
      advance();
    }
  }

  /** Ends a connection whose client has neither read nor sent since the last look. */
  private void checkProgress() {
    boolean isForClient = phase != Phase.HANDLING || output.room() == 0 || body.isAwaited();
    if (patience.hasProgress() || !isForClient) {
      patience.lookAgain();
    } else if (body.isAwaited() && response.isOpen()) {
      patience.lookAgain();
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
    return switch (phase) {
      case HEAD -> !output.isBlocked() && readHead();
      case HANDLING -> handling();
      case DRAINING -> drain();
      case FLUSHING -> flush();
      case LINGERING -> linger();
      case CLOSED -> false;
    };
  }

  private boolean readHead() {
    if (!head.read(connection)) {
      return endOfInputInHead();
    }
    HttpError error = head.error();
    if (error == null) {
      body.begin(head.framing());
      error = body.error();
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
    if (!head.isEmpty()) {
      patience.headHasBegun();
    }
    return false;
  }

  private void handle() {
    phase = Phase.HANDLING;
    server.count(HttpCounter.REQUESTS);
    if (requests++ > 0) {
      server.count(HttpCounter.REQUESTS_ON_KEPT_CONNECTION);
    }
    isPersistent = head.isPersistent();
    awaitsContinue = head.expectsContinue();
    response.begin(head.method(), head.isHttp10(), head.memory());
    try {
      server.dispatch(request, head.target(), response);
    } catch (RuntimeException e) {
      failed(e);
    }
    if (body.isReaderDue()) {
      callReader();
    }
  }

  private boolean handling() {
    HttpError error = response.isEnded() ? null : body.problem();
    if (error != null) {
      fail(error);
    }
    if (!response.isEnded() || phase != Phase.HANDLING) {
      return false; // or it has been aborted
    }
    phase = isPersistent ? Phase.DRAINING : Phase.FLUSHING;
    drainedBytes = 0;
    return true;
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
      forgetRequest();
      patience.waitsForHead();
      phase = Phase.HEAD;
      return true;
    }
    phase = connection.endOfInput() ? Phase.FLUSHING : phase;
    return phase == Phase.FLUSHING;
  }

  private boolean flush() {
    if (output.isBlocked()) {
      return false;
    }
    phase = Phase.LINGERING;
    forgetRequest();
    lingering.begin();
    patience.lookAgainAfter(limits.linger().toNanos());
    return true;
  }

  private boolean linger() {
    if (lingering.isOver()) {
      closeNow();
    }
    return false;
  }

  private void closeNow() {
    phase = Phase.CLOSED;
    patience.end();
    connection.close();
  }

  // What request and response ask for.

  void onBody(BodyReader newReader) {
    if (response.isEnded() || hasFailed) {
      return;
    }
    body.reader(newReader);
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
    try {
      body.callReader(request);
    } catch (RuntimeException e) {
      failed(e);
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

  /** Whether the connection stays open after the response whose head is being written. */
  boolean decidePersistence() {
    boolean isDrainable = body.hasReader() || body.remaining() <= limits.drainBytes();
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
    endResponse(true);
    advance();
  }

  private void endResponse(boolean isComplete) {
    if (!response.isEnded() && server.logsAccess()) {
      logAccess(isComplete);
    }
    response.ended();
    body.forgetReader();
    responseBody.cut();
  }

  /** Of a response that was cut, what still waits in the send buffer was not sent. */
  private void logAccess(boolean isComplete) {
    long end = output.position();
    long sent = isComplete ? end : Math.min(end, connection.info().bytesSent());
    long bytes = Math.max(0, sent - response.contentFrom());
    server.logAccess(connection.remote().address(), head, response.sentStatus(), bytes);
  }

  private void failed(RuntimeException e) {
    LOG.error("the handler of {} failed", request.path(), e);
    fail(HttpError.HANDLER_FAILED);
  }

  /** Answers with an error and closes, or resets if the response has begun. */
  private void fail(HttpError error) {
    server.count(error);
    if (phase == Phase.HEAD) {
      response.begin(head.method(), false, head.memory());
      phase = Phase.HANDLING;
    }
    hasFailed = true;
    body.forgetReader();
    if (response.isOpen()) {
      isPersistent = false;
      response.begin(head.method(), false, head.memory());
      response.status(error.status()).text(error.status() + ": " + error.text() + "\n");
    } else if (!response.isEnded()) {
      abort();
    }
  }

  /** Resets the connection: the client must not take a part of the response for the whole. */
  void abort() {
    server.count(HttpCounter.ABORTS);
    phase = Phase.CLOSED;
    patience.end();
    endResponse(false);
    forgetRequest();
    connection.abort();
  }

  /** Nothing of a request is kept while there is none. */
  private void forgetRequest() {
    head.reset();
    request.forget();
  }

  /** The server closes: an idle connection ends now, a busy one after its response. */
  void serverCloses() {
    advance();
  }
}
