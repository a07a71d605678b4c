package dev.tapstack.filter;

/** What a {@link Rule} does with a packet. Immutable; any thread. */
public sealed interface Action {
  /** Lets it pass this list. */
  record Allow() implements Action {
    @Override
    public String toString() {
      return "allow";
    }
  }

  /** Drops it in silence. */
  record Drop() implements Action {
    @Override
    public String toString() {
      return "drop";
    }
  }

  /**
   * Drops it and tells its sender: TCP by a RST (RFC 9293 3.10.7.1), everything else by ICMP
   * "administratively prohibited" (RFC 1812 5.2.7.1), within the limits that all ICMP errors have.
   */
  record Reject() implements Action {
    @Override
    public String toString() {
      return "reject";
    }
  }

  /**
   * Writes a line about it, and lets the next rule decide. Lines are limited in their rate.
   *
   * @param label what the line begins with: 1 to 32 letters, digits, dots, dashes and underscores
   */
  record Log(String label) implements Action {
    private static final int MAX_LABEL = 32;

    public Log {
      if (!label.matches("[A-Za-z0-9._-]{1," + MAX_LABEL + "}")) {
        throw new IllegalArgumentException(
            "label '"
                + LogLine.printable(label)
                + "' is not 1 to "
                + MAX_LABEL
                + " letters, digits, dots, dashes and underscores");
      }
    }

    @Override
    public String toString() {
      return "log " + label;
    }
  }

  /**
   * Lets it pass this list while the rate is kept, and drops what is above. In a security group it
   * is about new flows, as every rule there: answered ones are not counted.
   *
   * @param perSecond packets for each second, in the long run
   * @param burst packets that may come at once after a pause
   */
  record Limit(int perSecond, int burst) implements Action {
    /** More is no limit for a process of one thread. */
    public static final int MAX = 1_000_000;

    public Limit {
      if (perSecond < 1 || perSecond > MAX) {
        throw new IllegalArgumentException(
            "rate of " + perSecond + " packets a second is not within 1.." + MAX);
      }
      if (burst < 1 || burst > MAX) {
        throw new IllegalArgumentException(
            "burst of " + burst + " packets is not within 1.." + MAX);
      }
    }

    @Override
    public String toString() {
      return "limit " + perSecond + "/s burst " + burst;
    }
  }
}
