package dev.tapstack.tap;

/**
 * What came of opening a TAP as a stack would, and closing it again: one that did not exist is gone
 * again, an existing one is left as it was.
 *
 * @param isCreated whether it did not exist before
 * @param isUp whether its link is up
 * @param txQueuePackets frames that may wait from the kernel towards the program
 */
public record TapTrial(boolean isCreated, boolean isUp, int txQueuePackets) {
  /**
   * Opens and closes the TAP that {@code config} names. Any thread.
   *
   * @throws TapException if a stack could not open it either; the message names the remedy
   */
  public static TapTrial of(TapConfig config) {
    TapSetup.Opened opened = TapSetup.open(config);
    try {
      int packets = config.namespace().call(() -> txQueuePackets(opened));
      return new TapTrial(opened.isCreated(), opened.isUp(), packets);
    } finally {
      opened.link().close();
      LibC.close(opened.fd());
    }
  }

  private static int txQueuePackets(TapSetup.Opened opened) {
    try (TapLink link = new TapLink(opened.fd(), opened.name())) {
      return link.txQueueLength();
    }
  }
}
