package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tapstack.tap.NetworkNamespace;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code tapstack get} from web servers on the kernel's sockets: the JDK's, and nginx. */
@Privileged
class GetIT {

  @TempDir private Path directory;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private TestNamespace namespace;
  private HttpServer server;

  @BeforeEach
  void start() {
    namespace = new TestNamespace();
    server = NetworkNamespace.named(namespace.name()).call(GetIT::newServer);
    server.setExecutor(threads);
    server.createContext("/", GetIT::answer);
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
    threads.shutdownNow();
    namespace.close();
  }

  private static HttpServer newServer() {
    try {
      return HttpServer.create(new InetSocketAddress(0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** /length/N and /chunked/N have content; /moved redirects; the rest is not there. */
  private static void answer(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/");
    if (path.length == 3) {
      Content content = content(Long.parseLong(path[2]));
      boolean isEmpty = content.length() == 0;
      exchange.sendResponseHeaders(
          200, path[1].equals("chunked") ? 0 : isEmpty ? -1 : content.length());
      try (OutputStream out = exchange.getResponseBody()) {
        content.writeTo(out);
      }
    } else if (path.length == 2 && path[1].equals("moved")) {
      exchange.getResponseHeaders().add("Location", "/elsewhere");
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
    exchange.close();
  }

  private static Content content(long length) {
    return Content.random(length, length);
  }

  private String url(String path) {
    return "http://" + ClientUnderTest.HOST + ":" + server.getAddress().getPort() + path;
  }

  private Outcome get(String... more) {
    return ClientUnderTest.run(namespace, "get", more);
  }

  @ParameterizedTest
  @CsvSource({
    "length, 0",
    "length, 1",
    "length, 300000000",
    "chunked, 0",
    "chunked, 1",
    "chunked, 100000001"
  })
  void everyByteArrives(String framing, long length) {
    StreamedCommand.run(
            namespace,
            Command.DEADLINE,
            ClientUnderTest.words(namespace, "get", url("/" + framing + "/" + length)))
        .assertIs(content(length));
  }

  @Test
  void nginxIsAskedToo() throws IOException {
    Content content = Content.random(7, 100_000_000);
    Path file = directory.resolve("content");
    try (OutputStream out = Files.newOutputStream(file)) {
      content.writeTo(out);
    }
    try (Nginx nginx = new Nginx(namespace, directory)) {
      StreamedCommand.run(
              namespace,
              Command.DEADLINE,
              ClientUnderTest.words(
                  namespace, "get", "http://" + ClientUnderTest.HOST + "/content"))
          .assertIs(content);
      ClientUnderTest.assertFailed(
          "tapstack get: http://10.77.0.1/none: 404 Not Found", get("http://10.77.0.1/none"));
    }
  }

  /** A name is looked up by the JDK, here in a hosts file of the test's own. */
  @Test
  void aNameThatTheMachineKnowsIsAsked() throws IOException {
    Path hosts = Files.writeString(directory.resolve("hosts"), "10.77.0.1 server.test\n");
    List<String> words = new ArrayList<>(Command.program());
    words.add(words.indexOf("-jar"), "-Djdk.net.hosts.file=" + hosts);
    words.addAll(List.of("get", "--tap", "tap0@" + namespace.name(), "--address", "10.77.0.2/24"));
    words.addAll(List.of("--host-address", "10.77.0.1/24"));
    String port = ":" + server.getAddress().getPort();
    List<String> known = new ArrayList<>(words);
    known.add("http://server.test" + port + "/length/3000");
    StreamedCommand.run(namespace, Command.DEADLINE, known.toArray(String[]::new))
        .assertIs(content(3000));
    words.add("http://nobody.test" + port + "/");
    ClientUnderTest.assertFailed(
        "tapstack get: nobody.test: this machine knows no such host: name its address, or give it"
            + " by --add-host",
        Command.run(Command.DEADLINE, words));
  }

  @Test
  void whatIsNotReadWaitsAndThenArrives() {
    try (StreamedCommand get =
        StreamedCommand.startUnread(
            namespace,
            Content.text(""),
            ClientUnderTest.words(namespace, "get", url("/length/100000000")))) {
      Command.awaitUntil(
          "a closed window", () -> namespace.run("ss", "-tno").output().contains("persist"));
      get.read();
      get.await(Command.DEADLINE).assertIs(content(100_000_000));
    }
  }

  @Test
  void aFileIsWrittenOver() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x".repeat(100_000));
    Outcome outcome = get("-o", file.toString(), url("/length/12345")).ok();
    assertEquals("", outcome.output());
    assertEquals("", outcome.errors(), "no terminal, no progress");
    assertEquals(12_345, Files.size(file));
  }

  @Test
  void aFailureLeavesTheFileAsItWas() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "as it was");
    ClientUnderTest.assertFailed(
        "tapstack get: " + url("/none") + ": 404 Not Found",
        get("-o", file.toString(), url("/none")));
    assertEquals("as it was", Files.readString(file));
    Path absent = directory.resolve("absent");
    ClientUnderTest.assertFailed(
        "tapstack get: http://10.77.0.1:99/: Connection refused",
        get("-o", absent.toString(), "http://10.77.0.1:99/"));
    assertFalse(Files.exists(absent));
  }

  @Test
  void aRedirectIsTold() {
    ClientUnderTest.assertFailed(
        "tapstack get: "
            + url("/moved")
            + ": 302 Temporary Redirect: redirects are not followed: it is at /elsewhere",
        get(url("/moved")));
  }

  @Test
  void httpsIsWrongUsage() {
    Outcome outcome = get("https://10.77.0.1/");
    assertEquals(2, outcome.status());
    assertTrue(
        outcome.errors().contains("https is not spoken yet: name an http:// URL"),
        outcome.errors());
  }

  /** What a server sends byte for byte, and how the download ends. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.0 200 OK~~until the end | until the end | ",
        "HTTP/1.1 100 Continue~~HTTP/1.1 200~Content-Length: 2~~ab | ab | ",
        "HTTP/1.1 200 OK~Content-Length: 9~~short | short | the connection ended before",
        "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3~abc~z~ | abc | cannot be understood",
        "HTTP/1.1 200 OK~Content-Length: x~~ | '' | cannot be understood",
        "nonsense~~ | '' | does not begin with a status line",
      })
  void responsesOfEveryKind(String response, String content, String failure) throws IOException {
    try (ServerSocket listener = ClientUnderTest.listen(namespace)) {
      CompletableFuture<Void> answered =
          CompletableFuture.runAsync(() -> answerWith(listener, response.replace("~", "\r\n")));
      Outcome outcome = get("http://10.77.0.1:" + listener.getLocalPort() + "/a?b");
      answered.join();
      assertEquals(content, outcome.output());
      assertEquals(failure == null ? 0 : 1, outcome.status(), outcome.errors());
      assertTrue(outcome.errors().contains(failure == null ? "" : failure), outcome.errors());
    }
  }

  private static void answerWith(ServerSocket listener, String response) {
    try (Socket socket = listener.accept()) {
      byte[] request = new byte[1000];
      int length = 0;
      String head = "";
      while (!head.endsWith("\r\n\r\n")) {
        length += Math.max(0, socket.getInputStream().read(request, length, 1000 - length));
        head = new String(request, 0, length, StandardCharsets.US_ASCII);
      }
      String host = "Host: 10.77.0.1:" + listener.getLocalPort();
      if (!head.startsWith("GET /a?b HTTP/1.1\r\n") || !head.contains("\r\n" + host + "\r\n")) {
        throw new AssertionError(head);
      }
      socket.getOutputStream().write(response.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aTerminalSeesTheProgress() {
    String words =
        String.join(
            " ", ClientUnderTest.words(namespace, "get", "-o", "/dev/null", url("/length/5000")));
    Outcome outcome =
        Command.run(Command.DEADLINE, List.of("script", "-qec", words, "/dev/null")).ok();
    assertTrue(outcome.output().contains("5,000 of 5,000 bytes, "), outcome.output());
  }
}
