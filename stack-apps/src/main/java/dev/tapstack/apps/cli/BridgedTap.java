package dev.tapstack.apps.cli;

/**
 * On which bridge a gateway's TAP is put: TAP=NAME.
 *
 * @param tap the TAP's name
 * @param bridge what {@link BridgeTarget#find} is asked for
 */
record BridgedTap(String tap, String bridge) {
  static BridgedTap parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      throw new IllegalArgumentException("'" + text + "' is not TAP=NAME: write it as wan0=br0");
    }
    return new BridgedTap(text.substring(0, equals), text.substring(equals + 1));
  }

  @Override
  public String toString() {
    return tap + "=" + bridge;
  }
}
