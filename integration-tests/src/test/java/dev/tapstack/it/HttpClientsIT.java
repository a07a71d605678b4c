package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The web server with clients that know nothing of it: curl, wget, wrk, nc. */
@Privileged
class HttpClientsIT {
  private static StackUnderTest stack;

  @BeforeAll
  static void start() {
    stack = new StackUnderTest("-v");
  }

  @AfterAll
  static void end() {
    try (StackUnderTest ended = stack) {
      CounterSummary summary = CounterSummary.atTheEndOf(ended);
      assertTrue(summary.of("tcp", "established") > 260, summary.toString());
    }
  }

  /** Runs curl with these further words. */
  private static Outcome curl(String options) {
    return stack.run(words("curl -sS -m 50 " + options));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, 200",
    "HEAD, /, 200",
    "POST, /sink, 200",
    "PUT, /sink, 200",
    "POST, /echo, 200",
    "DELETE, /sink, 405",
    "OPTIONS, /sink, 204",
    "PUT, /, 405",
    "GET, /no-such-page, 404",
    "BREW, /, 501",
  })
  void everyMethodIsAnswered(String method, String path, String status) {
    String options = method.equals("HEAD") ? "--head " : "-X " + method + " ";
    if (method.startsWith("P")) {
      options += "--data abc ";
    }
    String code = "-o /dev/null -w %{http_code} ";
    assertEquals(status, curl(code + options + stack.url(path)).ok().output());
  }

  @Test
  void headSaysWhatGetWouldSend() {
    String head = curl("--head " + stack.url("/bytes/123456")).ok().output();
    assertTrue(head.toLowerCase(Locale.ROOT).contains("content-length: 123456\r\n"), head);
    String got = curl("-i " + stack.url("/bytes/0")).ok().output();
    assertTrue(got.toLowerCase(Locale.ROOT).contains("content-length: 0\r\n"), got);
  }

  @Test
  void optionsAndARefusedMethodNameThoseAllowed() {
    for (String method : List.of("OPTIONS", "DELETE")) {
      String answer = curl("-i -X " + method + " " + stack.url("/sink")).ok().output();
      assertTrue(answer.matches("(?si).*\r\nAllow: [A-Z, ]*POST[A-Z, ]*\r\n.*"), answer);
    }
    String all = curl("-i -X OPTIONS --request-target * " + stack.url("/")).output();
    assertTrue(all.matches("(?si).*\r\nAllow: [A-Z, ]*DELETE[A-Z, ]*\r\n.*"), all);
  }

  @Test
  void thePageShowsTheClientAndItsConnection() {
    String page = curl("--local-port 45678 " + stack.url("/")).ok().output();
    assertTrue(page.matches("(?s).*your address +10\\.77\\.0\\.1\n.*"), page);
    assertTrue(page.matches("(?s).*your port +45678\n.*"), page);
    assertTrue(page.matches("(?s).*state +ESTABLISHED\n.*"), page);
  }

  @Test
  void whatIsPostedIsWhatArrives() {
    // The SHA-256 of "abc" as FIPS 180-2, B.1 has it.
    assertEquals(
        "length: 3\nsha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
        curl("--data abc " + stack.url("/sink")).ok().output());
  }

  @Test
  void aConnectionIsUsedAgain() {
    String counted = "-o /dev/null -w %{num_connects} ";
    String next = " --next -sS " + counted;
    String one = stack.url("/");
    String two = "-d x " + stack.url("/sink");
    Outcome three = curl(counted + one + next + two + next + stack.url("/bytes/9999"));
    assertEquals("100", three.ok().output());
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    String request = "GET /bytes/%d HTTP/1.1\\r\\nHost: x\\r\\n%s\\r\\n";
    String requests =
        String.format(request, 11, "")
            + String.format(request, 2000, "")
            + "POST /echo HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5\\r\\n\\r\\nHELLO"
            + String.format(request, 13, "Connection: close\\r\\n");
    String answers =
        stack
            .run(
                "bash",
                "-c",
                "printf '" + requests + "' | nc -w 20 " + StackUnderTest.ADDRESS + " 80")
            .ok()
            .output();
    String pattern =
        "(?s)HTTP/1.1 200 .*\r\n\r\n0123456789AHTTP/1.1 200 .*\r\n\r\n.{2000}"
            + "HTTP/1.1 200 .*\r\n\r\nHELLOHTTP/1.1 200 .*\r\n\r\n0123456789ABC";
    assertTrue(answers.matches(pattern), answers);
  }

  @Test
  void chunkedBodiesGoBothWays() {
    Content content = Content.random(2, 20_000_000);
    StreamedCommand.run(
            stack.namespace(),
            Command.DEADLINE,
            content,
            words("curl -sS --fail -X POST -T - " + stack.url("/echo")))
        .assertIs(content);
  }

  @Test
  void aBodyOfKnownLengthComesBackInTheSameFraming() {
    Outcome echoed = curl("-i --data 0123456789 " + stack.url("/echo")).ok();
    assertTrue(echoed.output().contains("Content-Length: 10\r\n"), echoed.output());
    assertTrue(echoed.output().endsWith("\r\n\r\n0123456789"), echoed.output());
  }

  @Test
  void wgetFetchesAPageAndBytes() {
    String wget = "wget -q -T 20 -t 1 -O - ";
    StreamedCommand.run(
            stack.namespace(), Command.DEADLINE, words(wget + stack.url("/bytes/3000001")))
        .assertIs(Content.pattern(3_000_001));
    String page = stack.run(words(wget + stack.url("/"))).ok().output();
    assertTrue(page.contains("10.77.0.1"), page);
    Outcome missing = stack.run(words(wget + stack.url("/none")));
    assertEquals(8, missing.status(), "wget's status for an error of the server's");
  }

  @Test
  void twoHundredAtOnce() {
    // Slow enough that all are open at a time, each of a length of its own.
    String curl =
        "curl -sS --no-progress-meter -Z --parallel-max 200 --parallel-immediate"
            + " --limit-rate 40k -w %{http_code}:%{size_download}\\n -o /dev/null ";
    String[] words = words(curl + stack.url("/bytes/[100000-100199]"));
    try (Command clients = stack.namespace().start(words)) {
      Command.awaitUntil(
          "200 connections",
          () ->
              stack.run("ss", "-Htn", "state", "established").ok().output().lines().count() >= 200);
      List<String> transfers = clients.await(Command.DEADLINE).ok().output().lines().toList();
      assertEquals(
          IntStream.range(100_000, 100_200).mapToObj(bytes -> "200:" + bytes).toList(),
          transfers.stream().sorted().toList());
    }
  }

  @Test
  void slowClientsCostAConnectionEachAndNoThread() throws IOException {
    List<String> before = threads();
    String curls = "curl -sS --no-progress-meter -Z --parallel-max 50 --parallel-immediate ";
    String slow = "--limit-rate 10k -o /dev/null ";
    try (Command readers =
            stack.namespace().start(words(curls + slow + stack.url("/bytes/[9000000-9000049]")));
        Command writer =
            stack
                .namespace()
                .start(words("curl -sS --limit-rate 10k -T /dev/zero " + stack.url("/sink")))) {
      Command.awaitUntil(
          "51 connections",
          () ->
              stack.run("ss", "-Htn", "state", "established").ok().output().lines().count() >= 51);
      assertEquals(
          "200", curl("-o /dev/null -w %{http_code} " + stack.url("/bytes/1000000")).output());
      assertTrue(readers.process().isAlive() && writer.process().isAlive());
      assertEquals(before, threads());
    }
  }

  /** Names of the program's threads but for the JVM's compilers and collectors, which vary. */
  private static List<String> threads() throws IOException {
    List<String> names = new ArrayList<>();
    Path tasks = Path.of("/proc/" + stack.serve().process().pid() + "/task");
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        names.add(Files.readString(thread.resolve("comm")).strip());
      }
    }
    names.removeIf(name -> name.matches(".*(Compiler|G1|GC|Sweeper).*"));
    names.sort(null);
    return names;
  }

  @Test
  void wrkFindsNoError() {
    String[] wrk = words("wrk -t 1 -c 64 -d 10 --timeout 10 " + stack.url("/bytes/128"));
    assertHealthy(stack.run(wrk).ok().output());
  }

  @Test
  void wrkFindsNoErrorOnConnectionsOfOneRequest() {
    List<String> wrk = new ArrayList<>(List.of("wrk", "-H", "Connection: close"));
    wrk.addAll(List.of(words("-t 1 -c 16 -d 2 --timeout 10 " + stack.url("/bytes/128"))));
    assertHealthy(stack.run(wrk.toArray(String[]::new)).ok().output());
  }

  private static void assertHealthy(String output) {
    assertFalse(output.contains("Socket errors"), output);
    assertFalse(output.contains("Non-2xx"), output);
    assertTrue(output.matches("(?s).* [1-9]\\d{2,} requests in .*"), output);
  }
}
