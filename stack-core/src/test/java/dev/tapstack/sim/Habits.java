package dev.tapstack.sim;

import dev.tapstack.socket.TcpOptions;
import java.util.SplittableRandom;

/**
 * How an application of a simulation behaves, drawn from a seed.
 *
 * @param bytes what it sends before it ends its output
 * @param maxWriteBytes the most that its first thousands of writes have
 * @param givesBuffers whether it gives buffers ({@code send}) or has them copied ({@code write})
 * @param maxReadBytes the most that it reads when it is told that it can; the rest it reads later
 * @param pauseNanos how much later
 * @param answers whether it ends its output only when the other side has
 */
record Habits(
    long bytes,
    int maxWriteBytes,
    boolean givesBuffers,
    int maxReadBytes,
    long pauseNanos,
    boolean answers) {

  static Habits draw(SplittableRandom random, boolean mayAnswer) {
    boolean isSlow = random.nextInt(3) == 0;
    int maxRead = isSlow ? 1 << random.nextInt(10, 18) : Integer.MAX_VALUE;
    // A megabyte is not to take longer than ten seconds by the reader's fault.
    long longestPause = isSlow ? Math.max(1, 10_000_000_000L * maxRead >> 20) : 1;
    return new Habits(
        random.nextInt(1 << 20, 1_300_000),
        1 << random.nextInt(21),
        random.nextInt(3) == 0,
        maxRead,
        random.nextLong(longestPause),
        mayAnswer && random.nextBoolean());
  }

  /**
   * Options of one side: mostly the defaults, sometimes small buffers or none of the extensions.
   */
  static TcpOptions drawOptions(SplittableRandom random) {
    TcpOptions options = TcpOptions.DEFAULTS;
    if (random.nextInt(3) == 0) {
      options = options.withReceiveBufferBytes(1 << random.nextInt(12, 20));
    }
    if (random.nextInt(3) == 0) {
      options = options.withSendBufferBytes(1 << random.nextInt(12, 20));
    }
    return options
        .withTimestamps(random.nextInt(4) != 0)
        .withWindowScaling(random.nextInt(4) != 0)
        .withNoDelay(random.nextBoolean());
  }
}
