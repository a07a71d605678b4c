package dev.tapstack.filter;

/** Which rules of a list: those for what comes in, or for what goes out. */
public enum Direction {
  IN,
  OUT
}
