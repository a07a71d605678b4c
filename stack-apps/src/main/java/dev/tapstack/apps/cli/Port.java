package dev.tapstack.apps.cli;

/**
 * A port that a service listens on.
 *
 * @param number 1 to 65535
 */
record Port(int number) {
  static Port parse(String text) {
    int number = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > 65_535) {
      throw new IllegalArgumentException("'" + text + "' is not a port: write 1 to 65535");
    }
    return new Port(number);
  }
}
