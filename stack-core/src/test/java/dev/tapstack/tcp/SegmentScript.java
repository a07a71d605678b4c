package dev.tapstack.tcp;

import dev.tapstack.testkit.TcpSegment;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A script of segments in packetdrill's notation, run against a {@link TcpHost}.
 *
 * <p>Lines: {@code # comment}; {@code set NAME VALUE} before the first event (see {@link
 * ScriptCommands}); events, each with a time relative to the event before, {@code +0}, {@code +.2},
 * {@code +60}:
 *
 * <ul>
 *   <li>{@code +0 < SEGMENT}: the peer sends it. A line whose time is {@code &} arrives in the same
 *       turn of the loop as the line before it.
 *   <li>{@code +0 > SEGMENT}: the stack has sent it, then, within {@link #TOLERANCE_NANOS}. What
 *       the stack sends and no line mentions fails the script. Options that are not given must not
 *       be there, {@code <...>} stands for any; a window that is not given may be any.
 *   <li>{@code +0 COMMAND}: the application does something, or something is asserted.
 * </ul>
 *
 * <p>Sequence numbers are relative, the stack's timestamps count from the first that it sent.
 */
final class SegmentScript {
  /** A timer may be late by a tick of the wheel, and so may the one that it is relative to. */
  static final long TOLERANCE_NANOS = 2_200_000;

  private static final Pattern EVENT = Pattern.compile("(\\+[0-9.]+|&)\\s+(.*)");

  private record Line(int number, String text) {}

  private record Event(Line line, boolean isSameTurn, long afterNanos, String what) {}

  private final String name;
  private final List<Line> settings = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();

  SegmentScript(String name, List<String> lines) {
    this.name = name;
    for (int i = 0; i < lines.size(); i++) {
      Line line = new Line(i + 1, lines.get(i).replaceFirst("\\s*#.*", "").strip());
      Matcher event = EVENT.matcher(line.text);
      if (line.text.startsWith("set ")) {
        settings.add(line);
      } else if (event.matches()) {
        boolean isSameTurn = event.group(1).equals("&");
        long after = isSameTurn ? 0 : nanos(event.group(1).substring(1));
        events.add(new Event(line, isSameTurn, after, event.group(2).strip()));
      } else if (!line.text.isEmpty()) {
        throw new AssertionError(name + ":" + line.number + ": not a line: " + line.text);
      }
    }
    if (events.isEmpty()) {
      throw new AssertionError(name + ": no events");
    }
  }

  private static long nanos(String seconds) {
    return new BigDecimal(seconds).movePointRight(9).longValueExact();
  }

  /** Runs the script at these initial sequence numbers, the stack's and the peer's. */
  void run(int iss, int irs) {
    ScriptCommands settings = new ScriptCommands();
    this.settings.forEach(line -> settings.set(line.text));
    TcpHost host = new TcpHost(iss, irs, settings.mtu());
    ScriptCommands commands = settings.on(host);
    Line at = events.get(0).line;
    try {
      long now = host.nowNanos();
      for (int i = 0; i < events.size(); i++) {
        Event event = events.get(i);
        at = event.line;
        now += event.afterNanos;
        if (event.what.startsWith("> ")) {
          now = expect(host, now, event.what.substring(2));
        } else {
          advance(host, now);
          if (event.what.startsWith("< ")) {
            host.queue(event.what.substring(2));
            while (i + 1 < events.size() && events.get(i + 1).isSameTurn) {
              host.queue(events.get(++i).what.substring(2));
            }
            host.settle();
          } else {
            host.note(event.what);
            commands.run(event.what);
          }
        }
      }
      host.settle();
      host.expectNothing();
    } catch (AssertionError | RuntimeException e) {
      host.tcp.close(); // frees its memory; what it leaves open says nothing new
      throw new AssertionError(
          "%s:%d (ISNs %d and %d): %s\n%s"
              .formatted(name, at.number, iss, irs, at.text, e.getMessage()),
          e);
    }
    host.close();
  }

  /** Lets time go on until {@code now}; nothing may be sent meanwhile. */
  private static void advance(TcpHost host, long now) {
    if (now > host.nowNanos()) {
      host.runFor(now - host.nowNanos());
    }
    host.expectNothing();
  }

  /** The stack sends that segment at {@code when}; returns when it did. */
  private static long expect(TcpHost host, long when, String text) {
    TcpSegment want = TcpSegment.parse(text);
    host.runUntilSent(Math.max(0, when + TOLERANCE_NANOS - host.nowNanos()));
    TcpHost.Sent got = host.poll();
    if (got == null) {
      throw host.failure("expected  " + want + "\n but nothing was sent");
    }
    if (!want.matches(got.segment())) {
      throw host.failure("expected  " + want + "\n but got  " + got.segment());
    }
    if (Math.abs(got.nanos() - when) > TOLERANCE_NANOS) {
      throw host.failure(
          want + " was sent " + (got.nanos() - when) / 1_000 + " us late (negative: early)");
    }
    return got.nanos();
  }
}
