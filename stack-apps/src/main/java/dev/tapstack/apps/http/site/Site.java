package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.HttpServer;
import java.io.IOException;
import java.nio.file.Path;

/** The routes that {@code tapstack serve --http} has. */
public final class Site {
  private Site() {}

  /**
   * Adds {@code /}, {@code /bytes/N}, {@code /sink}, {@code /echo} and {@code /store/NAME} to a
   * server that has not started.
   */
  public static HttpServer addTo(HttpServer server) {
    Sink sink = new Sink();
    Store store = new Store();
    return server
        .get("/", new SelfPage())
        .get("/bytes/*", new PatternBytes())
        .post("/sink", sink)
        .put("/sink", sink)
        .post("/echo", new EchoBody())
        .get("/store/*", store)
        .put("/store/*", store)
        .delete("/store/*", store);
  }

  /**
   * As {@link #addTo(HttpServer)}, and beside these the files of {@code directory}.
   *
   * @throws IOException if it is no directory that can be read
   */
  public static HttpServer addTo(HttpServer server, Path directory) throws IOException {
    return addTo(server).get("/*", new StaticFiles(directory));
  }
}
