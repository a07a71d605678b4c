package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.testkit.TcpSegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * SEGMENT ARRIVES in one state (RFC 9293 3.10.7), as a table: each line of {@link #rows} has what
 * it is about, the segment, the replies and the state afterwards, between bars. Replies are
 * separated by semicolons, none is a dash; the state {@code none} means that no connection is left.
 * A segment after {@code bad} arrives with a wrong checksum, after {@code ts} in a connection that
 * has agreed on timestamps, the peer's last being 1000.
 *
 * <p>Each row runs at three pairs of initial sequence numbers. Where {@code Z} stands for a number,
 * sequence number 0 itself is meant, not a relative one.
 */
abstract class StateTable {
  private static final String TIMESTAMP = " <nop,nop,TS val 1000 ecr 0>";

  private boolean hasTimestamps;

  /** The table. */
  abstract String rows();

  /** Brings {@code host}, fresh, into the state; what it sends is taken out afterwards. */
  abstract void bring(TcpHost host);

  @TestFactory
  Stream<DynamicTest> segmentArrives() {
    return rows()
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> {
          String[] cells = line.split("\\|");
          return DynamicTest.dynamicTest(cells[0].strip(), () -> run(cells));
        });
  }

  private void run(String[] cells) {
    assertEquals(4, cells.length, "cells");
    int[] isns = TcpHost.ISNS;
    for (int i = 0; i < isns.length; i++) {
      run(cells, isns[i], isns[(i + 1) % isns.length]);
    }
  }

  private void run(String[] cells, int iss, int irs) {
    String segment = cells[1].strip();
    hasTimestamps = segment.startsWith("ts ");
    try (TcpHost host = new TcpHost(iss, irs)) {
      bring(host);
      host.takeAll();
      if (segment.startsWith("bad ")) {
        host.inCorrupted(segment.substring(4));
      } else {
        host.in(hasTimestamps ? segment.substring(3) : segment);
      }
      for (String reply : cells[2].strip().split(";")) {
        if (!reply.equals("-")) {
          host.expect(reply.strip().replace("Z", String.valueOf(-iss)));
        }
      }
      host.expectNothing();
      assertEquals(cells[3].strip(), state(host), cells[0]);
    }
  }

  private static String state(TcpHost host) {
    List<?> all = host.tcp.connections();
    return all.isEmpty() ? "none" : host.tcp.connections().get(0).state().name();
  }

  /** A segment on the way into the state, with a timestamp if they are agreed. */
  final void in(TcpHost host, String segment) {
    assertEquals(List.of(), TcpSegment.parse(segment).options());
    host.in(hasTimestamps ? segment + TIMESTAMP : segment);
  }

  /** ESTABLISHED through the listener; the peer offers 65,535. */
  final void establish(TcpHost host) {
    host.listen();
    in(host, "S 0:0(0) win 65535");
    in(host, ". 1:1(0) ack 1 win 65535");
    assertEquals("ESTABLISHED", host.state());
  }
}
