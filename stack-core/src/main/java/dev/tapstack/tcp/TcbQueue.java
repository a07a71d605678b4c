package dev.tapstack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * Connections in the order in which they came: a half-open queue, an accept queue, TIME-WAIT. A
 * connection is in one.
 */
final class TcbQueue {
  private @Nullable Tcb first;
  private @Nullable Tcb last;
  private int count;

  int count() {
    return count;
  }

  @Nullable Tcb first() {
    return first;
  }

  void add(Tcb tcb) {
    tcb.previousInQueue = last;
    tcb.nextInQueue = null;
    if (last == null) {
      first = tcb;
    } else {
      last.nextInQueue = tcb;
    }
    last = tcb;
    count++;
  }

  void remove(Tcb tcb) {
    Tcb previous = tcb.previousInQueue;
    Tcb next = tcb.nextInQueue;
    if (previous == null) {
      first = next;
    } else {
      previous.nextInQueue = next;
    }
    if (next == null) {
      last = previous;
    } else {
      next.previousInQueue = previous;
    }
    tcb.previousInQueue = null;
    tcb.nextInQueue = null;
    count--;
  }
}
