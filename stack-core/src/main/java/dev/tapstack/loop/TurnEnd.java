package dev.tapstack.loop;

/** Work that is done once at the end of a turn, however often it was asked for during the turn. */
@FunctionalInterface
public interface TurnEnd {
  /** Runs on the loop's thread, after commands, sources and timers. */
  void turnEnd(long nowNanos);
}
