package dev.tapstack.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A TCP segment in packetdrill's notation: {@code flags first:behind(length) [ack n] [win n] [urg
 * n] [<options>]}, for example {@code P. 1:1001(1000) ack 1 win 257 <nop,nop,TS val 3 ecr 7>}.
 *
 * <p>Numbers are relative to the two initial sequence numbers. The flags are S, F, R, P, U, E, W
 * and the dot for ACK. Immutable.
 *
 * @param flags as they stand in the text, in the order "FSRPUEW."
 * @param seq relative sequence number of the first byte; negative for what lies before the SYN
 * @param length bytes of text
 * @param ack relative acknowledgment number; 0 without the dot
 * @param window the window field as on the wire, or {@link #ANY}
 * @param urgent the urgent pointer, whether the flag is set or not
 * @param options one string each; {@code ...} alone for any
 */
public record TcpSegment(
    String flags, int seq, int length, int ack, int window, int urgent, List<String> options) {
  /** A window that is not told: of an expectation any, of an injected segment the widest. */
  public static final int ANY = -1;

  /** Bits of the header's flags octet, in the order of their letters (RFC 9293 3.1). */
  private static final String LETTERS = "FSRP.UEW";

  private static final Pattern TEXT =
      Pattern.compile(
          "([FSRPUEW.]+|-) (-?\\d+):(-?\\d+)\\((\\d+)\\)(?: ack (-?\\d+))?(?: win (\\d+))?"
              + "(?: urg (\\d+))?"
              + "(?: <(.*)>)?");

  private static final Pattern TIMESTAMPS = Pattern.compile("TS val (-?\\d+) ecr (-?\\d+)");

  /** Milliseconds by which a timer's tick may be late. */
  private static final int TIMESTAMP_TOLERANCE = 2;

  /** Reads the notation; fails the test if it is not that. */
  public static TcpSegment parse(String text) {
    Matcher m = TEXT.matcher(text.strip());
    if (!m.matches()) {
      throw new AssertionError("not a segment: '" + text + "'");
    }
    int seq = Integer.parseInt(m.group(2));
    int length = Integer.parseInt(m.group(4));
    if (Integer.parseInt(m.group(3)) != seq + length) {
      throw new AssertionError("first + length is not behind in '" + text + "'");
    }
    String flags = m.group(1).equals("-") ? "" : m.group(1);
    if (flags.contains(".") != (m.group(5) != null)) {
      throw new AssertionError("the dot and 'ack' come together: '" + text + "'");
    }
    return new TcpSegment(
        normalized(flags),
        seq,
        length,
        m.group(5) == null ? 0 : Integer.parseInt(m.group(5)),
        m.group(6) == null ? ANY : Integer.parseInt(m.group(6)),
        m.group(7) == null ? 0 : Integer.parseInt(m.group(7)),
        m.group(8) == null ? List.of() : options(m.group(8)));
  }

  private static List<String> options(String list) {
    List<String> options = new ArrayList<>();
    for (String option : list.split(",")) {
      options.add(option.strip());
    }
    return options;
  }

  private static String normalized(String flags) {
    StringBuilder all = new StringBuilder();
    for (char letter : "FSRPUEW.".toCharArray()) {
      if (flags.indexOf(letter) >= 0) {
        all.append(letter);
      }
    }
    return all.toString();
  }

  /** The letters of a flags octet. */
  public static String flags(int octet) {
    StringBuilder all = new StringBuilder();
    for (int bit = 0; bit < 8; bit++) {
      if ((octet >> bit & 1) != 0) {
        all.append(LETTERS.charAt(bit));
      }
    }
    return normalized(all.toString());
  }

  /** The flags octet. */
  public int flagBits() {
    int bits = 0;
    for (char letter : flags.toCharArray()) {
      bits |= 1 << LETTERS.indexOf(letter);
    }
    return bits;
  }

  public boolean has(char flag) {
    return flags.indexOf(flag) >= 0;
  }

  /** Whether this, an expectation, is what {@code got} is. */
  public boolean matches(TcpSegment got) {
    return flags.equals(got.flags)
        && seq == got.seq
        && length == got.length
        && ack == got.ack
        && (window == ANY || window == got.window)
        && urgent == got.urgent
        && matchOptions(got.options);
  }

  private boolean matchOptions(List<String> got) {
    if (options.equals(List.of("..."))) {
      return true;
    }
    boolean same = options.size() == got.size();
    for (int i = 0; same && i < got.size(); i++) {
      Matcher want = TIMESTAMPS.matcher(options.get(i));
      Matcher have = TIMESTAMPS.matcher(got.get(i));
      same =
          want.matches() && have.matches()
              ? want.group(2).equals(have.group(2))
                  && Math.abs(Integer.parseInt(want.group(1)) - Integer.parseInt(have.group(1)))
                      <= TIMESTAMP_TOLERANCE
              : options.get(i).equals(got.get(i));
    }
    return same;
  }

  @Override
  public String toString() {
    return (flags.isEmpty() ? "-" : flags)
        + " "
        + seq
        + ":"
        + (seq + length)
        + "("
        + length
        + ")"
        + (has('.') ? " ack " + ack : "")
        + (window == ANY ? "" : " win " + window)
        + (urgent == 0 ? "" : " urg " + urgent)
        + (options.isEmpty() ? "" : " <" + String.join(",", options) + ">");
  }
}
