package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a directory, in parts and on conditions, as curl and wget ask for them. */
@Privileged
class StaticFilesIT {
  private static final int BYTES = 5_000_000;

  private static final Pattern LOG_LINE =
      Pattern.compile(
          "10\\.77\\.0\\.1 - - \\[[^]]* \\+0000] \"GET /big.bin HTTP/1.1\" (\\d+) (\\d+) \"-\""
              + " \"(.*)\"");

  @TempDir private Path site;
  @TempDir private Path client;

  private byte[] makeFile() throws IOException {
    byte[] content = new byte[BYTES];
    new Random(3).nextBytes(content);
    Files.write(site.resolve("big.bin"), content);
    return content;
  }

  @Test
  void aDownloadThatWasCutGoesOnWhereItEnded() throws IOException {
    byte[] content = makeFile();
    Path copy = client.resolve("copy");
    Files.write(copy, Arrays.copyOf(content, 1_234_567));
    try (StackUnderTest stack = new StackUnderTest("--http", "80=" + site)) {
      String url = stack.url("/big.bin");
      Outcome rest =
          stack
              .run(
                  "curl",
                  "-sS",
                  "-C",
                  "-",
                  "-o",
                  copy + "",
                  "-w",
                  "%{http_code} %{size_download}",
                  url)
              .ok();
      assertEquals("206 " + (BYTES - 1_234_567), rest.output());
      assertArrayEquals(content, Files.readAllBytes(copy));
      stack.run("curl", "-sS", "-r", "-1000", "-o", copy + "", url).ok();
      assertArrayEquals(Arrays.copyOfRange(content, BYTES - 1000, BYTES), Files.readAllBytes(copy));
      String beyond = "" + BYTES;
      assertEquals(
          "416",
          stack.run("curl", "-sS", "-r", beyond + "-", "-w", "%{http_code}", url).ok().output());
    }
  }

  @Test
  void aDownloadThatIsInterruptedIsLoggedAndGoesOn() throws IOException {
    byte[] content = new byte[30_000_000];
    new Random(4).nextBytes(content);
    Files.write(site.resolve("big.bin"), content);
    Path copy = client.resolve("copy");
    Path log = client.resolve("access.log");
    try (StackUnderTest stack =
        new StackUnderTest("--http", "80=" + site, "--access-log", log.toString())) {
      String url = stack.url("/big.bin");
      try (Command download =
          stack.namespace().start("curl", "-sS", "--limit-rate", "4M", "-o", copy + "", url)) {
        Command.awaitUntil(
            "a part of the file", () -> Files.exists(copy) && copy.toFile().length() > 1_000_000);
        download.signal("KILL");
        download.await(Command.DEADLINE);
      }
      long part = Files.size(copy);
      stack.run("curl", "-sS", "-A", "a\"b", "-C", "-", "-o", copy.toString(), url).ok();
      assertArrayEquals(content, Files.readAllBytes(copy));
      stack.stop();
      List<String> lines = Files.readAllLines(log);
      assertEquals(2, lines.size(), lines.toString());
      Matcher first = LOG_LINE.matcher(lines.get(0));
      Matcher second = LOG_LINE.matcher(lines.get(1));
      assertTrue(first.matches() && second.matches(), lines.toString());
      assertEquals("200", first.group(1));
      long sent = Long.parseLong(first.group(2));
      assertTrue(sent >= part && sent < content.length, lines.get(0) + ", received " + part);
      assertEquals("206 " + (content.length - part), second.group(1) + " " + second.group(2));
      assertEquals("a\\x22b", second.group(3));
    }
  }

  @Test
  void whatIsKnownIsNotSentAgain() throws IOException {
    makeFile();
    try (StackUnderTest stack = new StackUnderTest("--http", "80=" + site)) {
      String url = stack.url("/big.bin");
      String copy = client.resolve("copy").toString();
      String tags = client.resolve("tags").toString();
      String[] byTag = {
        "curl",
        "-sS",
        "--etag-compare",
        tags,
        "--etag-save",
        tags,
        "-o",
        copy,
        "-w",
        "%{http_code}",
        url
      };
      assertEquals("200", stack.run(byTag).ok().output());
      assertEquals("304", stack.run(byTag).ok().output());
      String[] byTime = {"curl", "-sS", "-R", "-z", copy, "-o", copy, "-w", "%{http_code}", url};
      stack.run("curl", "-sS", "-R", "-o", copy, url).ok();
      assertEquals("304", stack.run(byTime).ok().output());
      // wget's own time-stamping compares size and time, and says nothing if both are the same.
      stack.run("wget", "-nv", "-N", "-P", client.toString(), url).ok();
      assertEquals("", stack.run("wget", "-nv", "-N", "-P", client.toString(), url).ok().errors());
    }
  }

  @Test
  void wgetCopiesAListedTreeWhole() throws IOException {
    Map<String, String> tree = new TreeMap<>();
    for (String name : List.of("a b", "100%", "q?x=1&y", "<i>", "d/deep", "d/e f/deeper", "d/1")) {
      tree.put(name, "content of " + name);
    }
    for (int i = 0; i < 100; i++) {
      tree.put("many/" + i, "number " + i);
    }
    for (Map.Entry<String, String> file : tree.entrySet()) {
      Path path = site.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    try (StackUnderTest stack = new StackUnderTest("--http", "80=" + site, "--list")) {
      stack
          .run(
              "wget",
              "-nv",
              "--recursive",
              "--level=5",
              "--no-host-directories",
              "-P",
              client.toString(),
              stack.url("/"))
          .ok();
    }
    for (Map.Entry<String, String> file : tree.entrySet()) {
      assertEquals(file.getValue(), Files.readString(client.resolve(file.getKey())));
    }
  }
}
