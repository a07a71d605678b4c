package dev.tapstack.it;

/**
 * How a command ended.
 *
 * @param status exit status
 * @param output what it wrote to standard output
 * @param errors what it wrote to standard error
 */
public record Outcome(int status, String output, String errors) {
  /** Itself, if the command succeeded; otherwise fails the test with all that it said. */
  public Outcome ok() {
    if (status != 0) {
      throw new AssertionError("status " + status + "\n" + output + errors);
    }
    return this;
  }
}
