package dev.tapstack.it;

import java.time.Duration;

/** Downloads and uploads by curl, every byte compared. */
final class Transfers {
  private Transfers() {}

  /** The words of a command line without quotes. */
  static String[] words(String line) {
    return line.split(" ");
  }

  /** Downloads {@code /bytes/N}. */
  static void download(TestNamespace namespace, Duration deadline, long bytes) {
    String url = "http://" + StackUnderTest.ADDRESS + "/bytes/" + bytes;
    StreamedCommand.run(namespace, deadline, words("curl -sS --fail " + url))
        .assertIs(Content.pattern(bytes));
  }

  /** Uploads to {@code /sink}, of unknown length and so in chunks, and compares its answer. */
  static void upload(TestNamespace namespace, Duration deadline, Content content) {
    String url = "http://" + StackUnderTest.ADDRESS + "/sink";
    StreamedCommand.run(namespace, deadline, content, words("curl -sS --fail -T - " + url))
        .assertIs(answerTo(content));
  }

  /** What {@code /sink} answers to this content. */
  static Content answerTo(Content content) {
    return Content.text("length: %d\nsha256: %s\n".formatted(content.length(), content.sha256()));
  }
}
