package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A gigabyte each way through curl, every byte of it compared. */
@Privileged
class BulkIT {
  private static final long BYTES = 1 << 30;

  private static StackUnderTest stack;

  @BeforeAll
  static void start() {
    stack = new StackUnderTest("--http", "80", "--echo");
  }

  @AfterAll
  static void end() {
    try (StackUnderTest ended = stack) {
      CounterSummary.atTheEndOf(ended);
    }
  }

  @Test
  void aGigabyteIsDownloaded() {
    Transfers.download(stack.namespace(), Command.GIGABYTE_DEADLINE, BYTES);
  }

  @Test
  void aGigabyteIsUploaded() {
    Content content = Content.random(3, BYTES);
    // Of known length and so not in chunks: curl takes the test's word for it.
    String[] curl = {
      "curl",
      "-sS",
      "--fail",
      "-T",
      "-",
      stack.url("/sink"), //
      "-H",
      "Transfer-Encoding:",
      "-H",
      "Content-Length: " + BYTES
    };
    StreamedCommand.run(stack.namespace(), Command.GIGABYTE_DEADLINE, content, curl)
        .assertIs(Transfers.answerTo(content));
  }

  @Test
  void bothWaysAtOnce() {
    Content content = Content.random(4, 100_000_000);
    String[] nc = words("nc -N " + StackUnderTest.ADDRESS + " 7");
    StreamedCommand.run(stack.namespace(), Command.GIGABYTE_DEADLINE, content, nc)
        .assertIs(content);
  }
}
