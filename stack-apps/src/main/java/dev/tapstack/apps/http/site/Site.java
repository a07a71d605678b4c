package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.HttpServer;

/** The routes that {@code tapstack serve --http} has. */
public final class Site {
  private Site() {}

  /** Adds {@code /} and {@code /bytes/N} to a server that has not started. */
  public static HttpServer addTo(HttpServer server) {
    return server.get("/", new SelfPage()).get("/bytes/*", new PatternBytes());
  }
}
