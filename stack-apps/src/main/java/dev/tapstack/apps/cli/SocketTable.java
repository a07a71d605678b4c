package dev.tapstack.apps.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows of the view "ss" for people, as ss(8) shows the kernel's. */
final class SocketTable {
  private SocketTable() {}

  /**
   * The lines, a head first.
   *
   * @param hasDetails whether TCP connections get a second line
   */
  static List<String> lines(List<Map<String, Object>> rows, boolean hasDetails) {
    TextTable table =
        new TextTable(
            "Netid", "State", ">Recv-Q", ">Send-Q", "Local Address:Port", "Peer Address:Port");
    for (Map<String, Object> row : rows) {
      table.line(
          row.get("netid"),
          row.get("state"),
          row.get("recv_q"),
          row.get("send_q"),
          row.get("local"),
          row.getOrDefault("peer", "*"));
      if (hasDetails && row.get("info") instanceof Map<?, ?> info) {
        table.details(details(info));
      }
    }
    return table.lines();
  }

  private static String details(Map<?, ?> info) {
    return String.format(
        Locale.ROOT,
        "%s cwnd:%s%s rtt:%.3f/%.3f rto:%.0f mss:%s wscale:%s,%s bytes_sent:%s bytes_acked:%s"
            + " bytes_received:%s retrans:%s",
        info.get("congestion"),
        info.get("cwnd"),
        info.containsKey("ssthresh") ? " ssthresh:" + info.get("ssthresh") : "",
        millis(info, "rtt"),
        millis(info, "rttvar"),
        millis(info, "rto"),
        info.get("mss"),
        info.get("snd_wscale"),
        info.get("rcv_wscale"),
        info.get("bytes_sent"),
        info.get("bytes_acked"),
        info.get("bytes_received"),
        info.get("retrans"));
  }

  private static double millis(Map<?, ?> info, String name) {
    return info.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
