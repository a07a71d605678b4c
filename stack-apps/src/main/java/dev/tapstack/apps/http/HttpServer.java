package dev.tapstack.apps.http;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.socket.CloseReason;
import dev.tapstack.socket.StackContext;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.stats.Counters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server (RFC 9110, RFC 9112) inside a stack's loop:
 *
 * <pre>{@code
 * HttpServer.on(stack, 80)
 *     .get("/hello", (request, response) -> response.text("hello\n"))
 *     .post("/count", new CountingHandler())
 *     .get("/files/*", new StaticFiles(directory))
 *     .start();
 * }</pre>
 *
 * <p>Handlers run on the loop's thread, must not block, and see content as it comes. A GET handler
 * serves HEAD too; OPTIONS, 404 and 405 are answered by the server. The loop's thread only.
 */
public final class HttpServer {
  /** Nagle off: a response leaves in one write, and nothing is gained by holding it back. */
  private static final TcpOptions TCP = TcpOptions.DEFAULTS.withNoDelay(true);

  private final StackContext context;
  private final Endpoint local;
  private final Router router = new Router();
  private final Counters<HttpCounter> counters = new Counters<>(HttpCounter.class);
  private final Counters<HttpError> errors = new Counters<>(HttpError.class);
  private final List<HttpConnection> connections = new ArrayList<>();
  private final RequestMemory.Pool requestMemory = new RequestMemory.Pool();
  private final ByteBuf scratch = Unpooled.buffer(8 << 10);
  private HttpLimits limits = HttpLimits.DEFAULTS;
  private TcpOptions options = TCP;
  private InstantSource clock = InstantSource.system();
  private @Nullable Consumer<String> log;
  private @Nullable Consumer<String> accessLog;
  private AccessLine accessLine = new AccessLine(clock);
  private @Nullable TcpServer listener;
  private boolean isClosing;

  private HttpServer(StackContext context, Endpoint local) {
    this.context = context;
    this.local = local;
  }

  /** A server for {@code port} of all addresses of {@code context}; {@link #start} opens it. */
  public static HttpServer on(StackContext context, int port) {
    return on(context, new Endpoint(Ipv4Address.ANY, port));
  }

  /** A server for {@code local}; {@link #start} opens it. */
  public static HttpServer on(StackContext context, Endpoint local) {
    return new HttpServer(context, local);
  }

  // Before the start.

  /** Serves GET and HEAD of {@code pattern}: a path, or a prefix with "*" behind it. */
  public HttpServer get(String pattern, HttpHandler handler) {
    return route(HttpMethod.GET, pattern, handler);
  }

  /** Serves POST of {@code pattern}. */
  public HttpServer post(String pattern, HttpHandler handler) {
    return route(HttpMethod.POST, pattern, handler);
  }

  /** Serves PUT of {@code pattern}. */
  public HttpServer put(String pattern, HttpHandler handler) {
    return route(HttpMethod.PUT, pattern, handler);
  }

  /** Serves DELETE of {@code pattern}. */
  public HttpServer delete(String pattern, HttpHandler handler) {
    return route(HttpMethod.DELETE, pattern, handler);
  }

  /**
   * Serves {@code method} of {@code pattern}. An exact path wins over a prefix, a longer prefix
   * over a shorter one.
   *
   * @throws IllegalArgumentException if the pattern is none, or is served already
   */
  public HttpServer route(HttpMethod method, String pattern, HttpHandler handler) {
    router.add(method, pattern, handler);
    return this;
  }

  /** Replaces {@link HttpLimits#DEFAULTS}; for connections accepted from now on. */
  public HttpServer limits(HttpLimits newLimits) {
    limits = newLimits;
    return this;
  }

  /** Replaces the options of connections; Nagle's algorithm is off in the default ones. */
  public HttpServer tcpOptions(TcpOptions newOptions) {
    options = newOptions;
    return this;
  }

  /** Where the field Date comes from; the machine's clock otherwise. */
  public HttpServer clock(InstantSource newClock) {
    clock = newClock;
    accessLine = new AccessLine(newClock);
    return this;
  }

  /** Gives a line of text to {@code lines} for each connection when it has ended. */
  public HttpServer log(Consumer<String> lines) {
    log = lines;
    return this;
  }

  /**
   * Gives a line in the combined log format to {@code lines} for each request, when its response
   * has been taken by the send buffer, or was cut short: then with the bytes of content that have
   * left, and without a status if there was no response. Must not block: {@link AccessLog} does
   * not.
   */
  public HttpServer accessLog(Consumer<String> lines) {
    accessLog = lines;
    return this;
  }

  /**
   * Listens.
   *
   * @throws IllegalStateException if the port is taken, or the address is not the stack's
   */
  public HttpServer start() {
    HttpDate date = new HttpDate(clock);
    listener = context.listen(local, options, connection -> accept(connection, date));
    return this;
  }

  private HttpConnection accept(TcpConnection connection, HttpDate date) {
    HttpConnection http = new HttpConnection(this, connection, scratch, date);
    http.index = connections.size();
    connections.add(http);
    count(HttpCounter.CONNECTIONS);
    if (connections.size() >= limits.connections()) {
      accepting(false);
    }
    return http;
  }

  private void accepting(boolean accepting) {
    if (listener != null) {
      listener.accepting(accepting);
    }
  }

  // While it runs.

  /** Where it listens: the port is the one that was chosen, if it was given as 0. */
  public Endpoint local() {
    return listener == null ? local : listener.local();
  }

  /** What was counted. */
  public Counters<HttpCounter> counters() {
    return counters;
  }

  /** Refused requests, by reason. */
  public Counters<HttpError> errors() {
    return errors;
  }

  /** Connections at present. */
  public int openConnections() {
    return connections.size();
  }

  /**
   * Stops listening. Idle connections end now, others after the response that is under way.
   * Idempotent.
   */
  public void close() {
    if (!isClosing) {
      isClosing = true;
      if (listener != null) {
        listener.close();
      }
      for (HttpConnection connection : List.copyOf(connections)) {
        connection.serverCloses();
      }
    }
  }

  // For connections.

  HttpLimits limits() {
    return limits;
  }

  boolean isClosing() {
    return isClosing;
  }

  void count(HttpCounter counter) {
    counters.increment(counter);
  }

  void count(HttpError error) {
    errors.increment(error);
  }

  RequestMemory.Pool requestMemory() {
    return requestMemory;
  }

  boolean logsAccess() {
    return accessLog != null;
  }

  void logAccess(IpAddress client, RequestHead head, @Nullable HttpStatus status, long bytes) {
    if (accessLog != null) {
      accessLog.accept(accessLine.of(client, head, status, bytes));
    }
  }

  /** Gives a request to its handler, or answers it where there is none. */
  void dispatch(HttpRequest request, RequestTarget target, HttpResponse response) {
    if (target.isAsterisk()) {
      response.status(HttpStatus.NO_CONTENT).header("Allow", allMethods()).empty();
      return;
    }
    Router.Route route = router.find(target);
    if (route == null) {
      count(HttpCounter.NOT_FOUND);
      notFound(response);
      return;
    }
    request.routed(route.length());
    HttpMethod method = request.method();
    HttpHandler handler = route.handler(method);
    if (handler != null) {
      handler.handle(request, response);
    } else if (method == HttpMethod.OPTIONS) {
      response.status(HttpStatus.NO_CONTENT).header("Allow", route.allow()).empty();
    } else {
      count(HttpCounter.METHOD_NOT_ALLOWED);
      response
          .status(HttpStatus.METHOD_NOT_ALLOWED)
          .header("Allow", route.allow())
          .text(HttpStatus.METHOD_NOT_ALLOWED + "\n");
    }
  }

  /** Answers with 404, as the server does for a path without a route. */
  public static void notFound(HttpResponse response) {
    response.status(HttpStatus.NOT_FOUND).text(HttpStatus.NOT_FOUND + "\n");
  }

  private static String allMethods() {
    List<String> names = new ArrayList<>();
    for (HttpMethod method : HttpMethod.values()) {
      names.add(method.name());
    }
    return String.join(", ", names);
  }

  void closed(HttpConnection http, TcpConnection connection, CloseReason reason, int requests) {
    HttpConnection last = connections.remove(connections.size() - 1);
    if (last != http) {
      last.index = http.index;
      connections.set(http.index, last);
    }
    if (connections.size() == limits.connections() - 1 && !isClosing) {
      accepting(true);
    }
    if (requests == 0) {
      count(HttpCounter.CONNECTIONS_WITHOUT_REQUEST);
    }
    if (log != null) {
      TcpInfo info = connection.info();
      log.accept(
          "http "
              + connection.remote()
              + ": "
              + requests
              + (requests == 1 ? " request, " : " requests, ")
              + info.bytesReceived()
              + " bytes in, "
              + info.bytesSent()
              + " bytes out, "
              + reason.text());
    }
  }
}
