package dev.tapstack.apps.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a server: an exact path wins over a prefix, a longer prefix over a shorter one, and
 * the method is looked at last. A server has a handful of routes, so that comparing one by one is
 * quicker than hashing. The loop's thread only.
 */
final class Router {
  /** A path, or a prefix of paths, with a handler for each method that it serves. */
  static final class Route {
    private final byte[] path;
    private final boolean isPrefix;
    private final @Nullable HttpHandler[] handlers =
        new @Nullable HttpHandler[HttpMethod.values().length];

    private Route(byte[] path, boolean isPrefix) {
      this.path = path;
      this.isPrefix = isPrefix;
    }

    private boolean matches(RequestTarget target) {
      return target.pathStartsWith(path)
          && (isPrefix || target.pathTo() - target.pathFrom() == path.length);
    }

    /** The handler for {@code method}; HEAD is served by GET's (RFC 9110 9.3.2). */
    @Nullable HttpHandler handler(HttpMethod method) {
      HttpHandler handler = handlers[method.ordinal()];
      return handler == null && method == HttpMethod.HEAD
          ? handlers[HttpMethod.GET.ordinal()]
          : handler;
    }

    /** The methods of this route, as the field Allow has them (RFC 9110 10.2.1). */
    String allow() {
      List<String> names = new ArrayList<>();
      for (HttpMethod method : HttpMethod.values()) {
        if (method == HttpMethod.OPTIONS || handler(method) != null) {
          names.add(method.name());
        }
      }
      return String.join(", ", names);
    }

    /** Bytes of the path that the route matched. */
    int length() {
      return path.length;
    }
  }

  /** Exact routes first, then prefixes, longer ones first. */
  private final List<Route> routes = new ArrayList<>();

  /**
   * Adds a handler.
   *
   * @param pattern a path, or a prefix with "*" behind it
   * @throws IllegalArgumentException if the pattern does not begin with a slash, has a "*" inside,
   *     or has a handler for the method already
   */
  void add(HttpMethod method, String pattern, HttpHandler handler) {
    boolean isPrefix = pattern.endsWith("*");
    String path = isPrefix ? pattern.substring(0, pattern.length() - 1) : pattern;
    if (!path.startsWith("/") || path.indexOf('*') >= 0) {
      throw new IllegalArgumentException(
          "'" + pattern + "' is no route: write it as /path, or /prefix/*");
    }
    Route route = routeOf(Syntax.ascii(path), isPrefix);
    if (route.handlers[method.ordinal()] != null) {
      throw new IllegalArgumentException(method + " " + pattern + " has a handler already");
    }
    route.handlers[method.ordinal()] = handler;
  }

  private Route routeOf(byte[] path, boolean isPrefix) {
    int place = 0;
    for (Route route : routes) {
      if (route.isPrefix == isPrefix && Arrays.equals(route.path, path)) {
        return route;
      }
      boolean isBefore = isPrefix ? !route.isPrefix || route.path.length >= path.length : false;
      place += isBefore ? 1 : 0;
    }
    Route route = new Route(path, isPrefix);
    routes.add(place, route);
    return route;
  }

  /** The route for {@code target}, or null. */
  @Nullable Route find(RequestTarget target) {
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      if (route.matches(target)) {
        return route;
      }
    }
    return null;
  }
}
