package dev.tapstack.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wheel against a list that is searched for the earliest each time. */
class TimerWheelTest {
  private static final long TICK = 1 << 20;
  private static final long YEAR = 365L * 24 * 3600 * 1_000_000_000;

  /** Timers as a list of due ticks; fires by the same rules as the wheel promises. */
  private static final class Model {
    private static final long NEVER = Long.MAX_VALUE;

    final long origin;
    final long[] due;
    long tick;

    Model(long origin, int timers) {
      this.origin = origin;
      due = new long[timers];
      Arrays.fill(due, NEVER);
    }

    void arm(int timer, long deadline) {
      long ceiling = Math.floorDiv(deadline - origin + TICK - 1, TICK);
      due[timer] = Math.max(ceiling, tick + 1);
    }

    long earliest() {
      return Arrays.stream(due).min().orElse(NEVER);
    }

    int armed() {
      return (int) Arrays.stream(due).filter(each -> each != NEVER).count();
    }
  }

  /** A delay that reaches every level of the wheel, and lands on and beside its borders. */
  private static long delay(Random random) {
    long delay =
        switch (random.nextInt(6)) {
          case 0 -> random.nextInt((int) TICK * 4);
          case 1 -> TICK << random.nextInt(39);
          case 2 -> (TICK << random.nextInt(39)) - 1;
          case 3 -> random.nextLong(1_000_000_000L);
          case 4 -> random.nextLong(3600_000_000_000L);
          default -> random.nextLong(8 * YEAR);
        };
    return random.nextInt(20) == 0 ? -delay : delay;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 1_234_567_891L, -77_000_000_001L, Long.MIN_VALUE / 2})
  void firesWhatTheModelFiresAndWhenItDoes(long origin) {
    for (int seed = 0; seed < 200; seed++) {
      againstModel(origin, new Random(seed));
    }
  }

  private static void againstModel(long origin, Random random) {
    int count = 1 + random.nextInt(40);
    TimerWheel wheel = new TimerWheel(origin);
    Model model = new Model(origin, count);
    List<Integer> fired = new ArrayList<>();
    long[] now = {origin};
    // What a timer does when it fires depends on itself and on how often it has, so that the model
    // can do the same whatever the order within one tick.
    int[] firings = new int[count];
    Timer[] timers = new Timer[count];
    for (int i = 0; i < count; i++) {
      int id = i;
      timers[i] =
          new Timer(at -> {
            assertEquals(now[0], at);
            fired.add(id);
            long again = againIn(id, ++firings[id]);
            if (again >= 0) {
              wheel.arm(timers[id], at + again);
            }
          });
    }
    // A step is of nine years at most, and 36 from its origin the wheel's time ends.
    for (int step = 0; step < 60 && now[0] - origin < 10 * YEAR; step++) {
      for (int i = random.nextInt(5); i > 0; i--) {
        int id = random.nextInt(count);
        if (random.nextInt(4) == 0) {
          wheel.cancel(timers[id]);
          model.due[id] = Model.NEVER;
        } else {
          long deadline = now[0] + delay(random);
          wheel.arm(timers[id], deadline);
          model.arm(id, deadline);
        }
      }
      long next = wheel.nextDeadlineNanos();
      long earliest = model.earliest();
      if (earliest == Model.NEVER) {
        assertEquals(Long.MAX_VALUE, next);
      } else {
        assertTrue(next > now[0] - TICK && next <= origin + earliest * TICK);
      }
      now[0] =
          random.nextBoolean() && next != Long.MAX_VALUE
              ? Math.max(now[0], next)
              : now[0] + Math.max(0, delay(random));
      fired.clear();
      wheel.advance(now[0]);
      assertEquals(expected(model, origin, now[0], firings, fired), fired);
      for (int i = 0; i < count; i++) {
        assertEquals(model.due[i] != Model.NEVER, timers[i].isArmed());
      }
      assertEquals(model.armed(), wheel.armed());
    }
  }

  /** When timer {@code id} arms itself again after its n-th firing; negative for not. */
  private static long againIn(int id, int n) {
    int choice = (id * 7 + n * 3) % 5;
    return choice == 0 ? id * 1000L : choice == 1 ? id * TICK * 3 : -1;
  }

  /**
   * Lets the model's time go on to {@code now}; the firings in the wheel's order within each tick,
   * which must be the same timers.
   */
  private static List<Integer> expected(
      Model model, long origin, long now, int[] firings, List<Integer> fired) {
    int[] seen = new int[firings.length];
    int[] total = new int[firings.length];
    fired.forEach(id -> total[id]++);
    List<Integer> all = new ArrayList<>();
    long target = Math.floorDiv(now - origin, TICK);
    while (model.earliest() <= target) {
      model.tick = model.earliest();
      List<Integer> ofTick = new ArrayList<>();
      for (int id = 0; id < model.due.length; id++) {
        if (model.due[id] == model.tick) {
          ofTick.add(id);
        }
      }
      int from = all.size();
      ofTick.sort((a, b) -> Integer.compare(place(fired, from, a), place(fired, from, b)));
      for (int id : ofTick) {
        seen[id]++;
        model.due[id] = Model.NEVER;
        long again = againIn(id, firings[id] - total[id] + seen[id]);
        if (again >= 0) {
          model.arm(id, now + again);
        }
      }
      all.addAll(ofTick);
    }
    model.tick = Math.max(model.tick, target);
    return all;
  }

  private static int place(List<Integer> fired, int from, int id) {
    for (int i = from; i < fired.size(); i++) {
      if (fired.get(i) == id) {
        return i;
      }
    }
    return Integer.MAX_VALUE;
  }

  @Test
  void timersOfOneTickFireInTheOrderInWhichTheyWereArmed() {
    TimerWheel wheel = new TimerWheel(0);
    List<Integer> fired = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int id = i;
      wheel.arm(new Timer(now -> fired.add(id)), 10 * TICK - i);
    }
    wheel.advance(10 * TICK);
    assertEquals(List.of(0, 1, 2, 3, 4), fired);
  }

  @Test
  void aCallbackCanCancelATimerOfItsOwnTick() {
    TimerWheel wheel = new TimerWheel(0);
    List<String> fired = new ArrayList<>();
    Timer second = new Timer(now -> fired.add("second"));
    Timer first =
        new Timer(now -> {
          fired.add("first");
          wheel.cancel(second);
        });
    Timer third = new Timer(now -> fired.add("third"));
    wheel.arm(first, TICK);
    wheel.arm(second, TICK);
    wheel.arm(third, TICK);
    wheel.advance(TICK);
    assertEquals(List.of("first", "third"), fired);
    assertEquals(0, wheel.armed());
  }

  @Test
  void oneThatArmsItselfAtOnceFiresOnceInATickAndEndsTheAdvance() {
    TimerWheel wheel = new TimerWheel(0);
    int[] fired = {0};
    Timer[] self = new Timer[1];
    self[0] =
        new Timer(now -> {
          fired[0]++;
          wheel.arm(self[0], 0);
        });
    wheel.arm(self[0], 0);
    wheel.advance(10 * TICK);
    assertEquals(10, fired[0]);
  }

  @Test
  void neverIsAsFarAsTheWheelReaches() {
    TimerWheel wheel = new TimerWheel(-5);
    Timer never = new Timer(now -> {});
    wheel.arm(never, Long.MAX_VALUE);
    wheel.advance(30 * YEAR);
    assertTrue(never.isArmed());
    wheel.cancel(never);
    wheel.cancel(never);
    assertFalse(never.isArmed());
    assertEquals(Long.MAX_VALUE, wheel.nextDeadlineNanos());
  }
}
