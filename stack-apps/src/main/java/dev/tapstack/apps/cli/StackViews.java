package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.addr.Endpoint;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.apps.cli.control.View;
import dev.tapstack.ip.Route;
import dev.tapstack.link.DeviceInterface;
import dev.tapstack.link.NeighborInfo;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpServer;
import dev.tapstack.socket.UdpSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every stack shows of itself, by the names of the commands. Rows have the names that {@code
 * --json} prints. A process with more to show (connection tracking, NAT) adds its own views.
 */
final class StackViews {
  private StackViews() {}

  /** The views of a stack; the map is the caller's, to be added to. */
  static Map<String, View<?>> of(Stack stack) {
    Map<String, View<?>> views = new LinkedHashMap<>();
    views.put("ss", new View<>(() -> sockets(stack), StackViews::socketRows));
    views.put("route", new View<>(() -> stack.ip().routes().routes(), StackViews::routeRows));
    views.put("arp", new View<>(() -> neighbors(stack), StackViews::neighborRows));
    views.put("drops", new View<>(() -> stack.ledger().drops().nonZero(), StackViews::dropRows));
    return views;
  }

  /**
   * A socket as it was in the moment of the snapshot.
   *
   * @param remote null for one that listens, or hears everybody
   * @param info of a TCP connection, else null
   */
  record SocketRow(
      String netid,
      String state,
      long recvQ,
      long sendQ,
      Endpoint local,
      @Nullable Endpoint remote,
      @Nullable TcpInfo info) {
    static SocketRow of(TcpConnection its) {
      TcpInfo info = its.info();
      String state = info.state().toString();
      int recvQ = its.readableBytes();
      return new SocketRow(
          "tcp", state, recvQ, its.unacknowledgedBytes(), its.local(), its.remote(), info);
    }

    static SocketRow of(TcpServer its) {
      return new SocketRow("tcp", "LISTEN", its.acceptQueueLength(), 0, its.local(), null, null);
    }

    static SocketRow of(UdpSocket its) {
      String state = its.remote() == null ? "UNCONN" : "ESTABLISHED";
      return new SocketRow("udp", state, 0, 0, its.local(), its.remote(), null);
    }
  }

  /** Connections first; what listens, or is not connected, after them. */
  static List<SocketRow> sockets(Stack stack) {
    List<SocketRow> sockets = new ArrayList<>();
    stack.connections().forEach(connection -> sockets.add(SocketRow.of(connection)));
    stack.listeners().forEach(listener -> sockets.add(SocketRow.of(listener)));
    stack.udpSockets().forEach(socket -> sockets.add(SocketRow.of(socket)));
    return sockets;
  }

  static List<Map<String, Object>> socketRows(List<SocketRow> sockets) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (SocketRow socket : sockets) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("netid", socket.netid());
      row.put("state", socket.state());
      row.put("recv_q", socket.recvQ());
      row.put("send_q", socket.sendQ());
      row.put("local", socket.local().toString());
      if (socket.remote() != null) {
        row.put("peer", socket.remote().toString());
      }
      if (socket.info() != null) {
        row.put("info", info(socket.info()));
      }
      rows.add(row);
    }
    return rows;
  }

  /** As {@code ss -i} names them; windows and thresholds in bytes, times in milliseconds. */
  private static Map<String, Object> info(TcpInfo its) {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("congestion", its.congestionControl());
    info.put("cwnd", its.cwnd());
    if (its.ssthresh() != Long.MAX_VALUE) {
      info.put("ssthresh", its.ssthresh());
    }
    info.put("rtt", millis(its.srttNanos()));
    info.put("rttvar", millis(its.rttvarNanos()));
    info.put("rto", millis(its.rtoNanos()));
    info.put("mss", its.effSndMss());
    info.put("snd_wscale", its.sndWndShift());
    info.put("rcv_wscale", its.rcvWndShift());
    info.put("snd_wnd", its.sndWnd());
    info.put("rcv_wnd", its.rcvWnd());
    info.put("timestamps", its.timestamps());
    info.put("bytes_sent", its.bytesSent());
    info.put("bytes_acked", its.bytesAcked());
    info.put("bytes_received", its.bytesReceived());
    info.put("bytes_out_of_order", its.outOfOrderBytes());
    info.put("retrans", its.segmentsRetransmitted());
    info.put("timeouts", its.timeouts());
    info.put("fast_retransmits", its.fastRetransmits());
    return info;
  }

  /** To the microsecond. */
  private static double millis(long nanos) {
    return Math.round(nanos / 1e3) / 1e3;
  }

  private static List<Map<String, Object>> routeRows(List<Route> routes) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Route route : routes) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("type", route.kind().name().toLowerCase(Locale.ROOT));
      row.put("dst", destination(route.prefix()));
      if (route.gateway() != null) {
        row.put("gateway", route.gateway().toString());
      }
      row.put("dev", route.via().name());
      for (IpPrefix own : route.via().addresses()) {
        boolean isOfRoute =
            own.contains(route.gateway() != null ? route.gateway() : route.prefix().address());
        if (isOfRoute && route.kind() == Route.Kind.UNICAST) {
          row.putIfAbsent("src", own.address().toString());
        }
      }
      rows.add(row);
    }
    return rows;
  }

  /** As ip(8) writes it. */
  private static String destination(IpPrefix prefix) {
    if (prefix.length() == 0) {
      return "default";
    }
    int bits = prefix.address().isV4() ? Integer.SIZE : 2 * Long.SIZE;
    return prefix.length() == bits ? prefix.address().toString() : prefix.toString();
  }

  private record InterfaceNeighbors(String name, List<NeighborInfo> neighbors) {}

  private static List<InterfaceNeighbors> neighbors(Stack stack) {
    List<InterfaceNeighbors> all = new ArrayList<>();
    for (DeviceInterface each : stack.interfaces()) {
      all.add(new InterfaceNeighbors(each.name(), each.neighbors()));
    }
    return all;
  }

  private static List<Map<String, Object>> neighborRows(List<InterfaceNeighbors> all) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (InterfaceNeighbors each : all) {
      for (NeighborInfo neighbor : each.neighbors()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("dst", neighbor.address().toString());
        row.put("dev", each.name());
        if (neighbor.mac() != null) {
          row.put("lladdr", neighbor.mac().toString());
        }
        row.put("state", neighbor.state().name());
        rows.add(row);
      }
    }
    return rows;
  }

  private static List<Map<String, Object>> dropRows(Map<String, Long> drops) {
    List<Map<String, Object>> rows = new ArrayList<>();
    drops.forEach((reason, count) -> {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("reason", reason);
      row.put("count", count);
      rows.add(row);
    });
    return rows;
  }
}
