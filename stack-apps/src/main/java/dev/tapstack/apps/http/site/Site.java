package dev.tapstack.apps.http.site;

import dev.tapstack.apps.http.HttpServer;
import java.io.IOException;
import java.nio.file.Path;

/** The routes that {@code tapstack serve --http} has. */
public final class Site {
  /** Where the page of the client's own connection is, whatever {@code /} serves. */
  static final String SELF = "/tapstack";

  private Site() {}

  /**
   * Adds {@code /}, {@code /tapstack}, {@code /bytes/N}, {@code /sink}, {@code /echo} and {@code
   * /store/NAME} to a server that has not started.
   */
  public static HttpServer addTo(HttpServer server) {
    return addOwnTo(server).get("/", new SelfPage());
  }

  private static HttpServer addOwnTo(HttpServer server) {
    Sink sink = new Sink();
    Store store = new Store();
    return server
        .get(SELF, new SelfPage())
        .get("/bytes/*", new PatternBytes())
        .post("/sink", sink)
        .put("/sink", sink)
        .post("/echo", new EchoBody())
        .get("/store/*", store)
        .put("/store/*", store)
        .delete("/store/*", store);
  }

  /**
   * As {@link #addTo(HttpServer)}, and beside these the files of a directory. {@code /} is its
   * index.html if there is one, else its listing if it is listed.
   */
  public static HttpServer addTo(HttpServer server, StaticFiles files) {
    SelfPage self = new SelfPage();
    return addOwnTo(server)
        .get(
            "/",
            (request, response) -> (files.hasFrontPage() ? files : self).handle(request, response))
        .get("/*", files);
  }

  /**
   * The same with the files of {@code directory}, without listings.
   *
   * @throws IOException if it is no directory that can be read
   */
  public static HttpServer addTo(HttpServer server, Path directory) throws IOException {
    return addTo(server, new StaticFiles(directory));
  }
}
