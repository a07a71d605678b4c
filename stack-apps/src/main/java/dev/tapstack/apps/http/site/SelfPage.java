package dev.tapstack.apps.http.site;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.apps.http.HttpHandler;
import dev.tapstack.apps.http.HttpRequest;
import dev.tapstack.apps.http.HttpResponse;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpInfo;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * {@code /}: tells the client who it is to the stack (address, port, link address) and shows the
 * TCP state of the very connection that carries the page. HTML for browsers, plain text for who
 * does not accept HTML (curl). The loop's thread only.
 */
public final class SelfPage implements HttpHandler {
  private static final String TRY =
      """
      <section>
      <h2>Try</h2>
      <table>
      <tr><th>download N bytes</th><td>GET /bytes/N</td></tr>
      <tr><th>upload, answered with length and SHA-256</th><td>POST or PUT /sink</td></tr>
      <tr><th>a small store, with ETags</th><td>PUT, GET, DELETE /store/NAME</td></tr>
      <tr><th>the same bytes back</th><td>POST /echo</td></tr>
      </table>
      <p>The bytes of /bytes/N are those of <code>yes {line} | head -c N</code></p>
      </section>
      """
          .replace("{line}", PatternBytes.LINE);

  @Override
  public void handle(HttpRequest request, HttpResponse response) {
    response.header("Cache-Control", "no-store").header("Vary", "Accept");
    if (request.headerContains("Accept", "text/html")) {
      response.html(html(request.connection()));
    } else {
      response.text(text(request.connection()));
    }
  }

  private static Map<String, String> client(TcpConnection connection) {
    IpAddress address = connection.remote().address();
    MacAddress link = connection.context().neighbor(address);
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("your address", address.toString());
    rows.put("your port", Integer.toString(connection.remote().port()));
    rows.put("your link address", link == null ? "not on my network" : link.toString());
    rows.put("my address and port", connection.local().toString());
    rows.put("my name", connection.context().name());
    return rows;
  }

  private static Map<String, String> tcp(TcpConnection connection) {
    TcpInfo info = connection.info();
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("state", info.state().toString());
    rows.put("congestion control", info.congestionControl());
    rows.put("cwnd", bytes(info.cwnd()));
    rows.put("ssthresh", info.ssthresh() == Long.MAX_VALUE ? "none yet" : bytes(info.ssthresh()));
    rows.put("smoothed round trip", millis(info.srttNanos()));
    rows.put("round trip variation", millis(info.rttvarNanos()));
    rows.put("retransmission timeout", millis(info.rtoNanos()));
    rows.put("segment size (MSS)", bytes(info.effSndMss()));
    rows.put("your window", bytes(info.sndWnd()) + ", scale " + info.sndWndShift());
    rows.put("my window", bytes(info.rcvWnd()) + ", scale " + info.rcvWndShift());
    rows.put("timestamps", info.timestamps() ? "yes" : "no");
    rows.put("received", bytes(info.bytesReceived()));
    rows.put("sent before this page", bytes(info.bytesSent()));
    rows.put("segments sent again", Long.toString(info.segmentsRetransmitted()));
    return rows;
  }

  private static String bytes(long count) {
    return String.format(Locale.ROOT, "%,d bytes", count);
  }

  private static String millis(long nanos) {
    return nanos == 0 ? "not measured yet" : String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
  }

  private static String text(TcpConnection connection) {
    StringBuilder text = new StringBuilder("TapStack: a TCP/IP stack in Java\n");
    appendText(text, "who you are", client(connection));
    appendText(text, "the TCP connection that carries this page", tcp(connection));
    return text.append("\ntry /bytes/N (the bytes of: yes ")
        .append(PatternBytes.LINE)
        .append(" | head -c N), POST /sink, POST /echo, PUT /store/NAME\n")
        .toString();
  }

  private static void appendText(StringBuilder text, String title, Map<String, String> rows) {
    text.append('\n').append(title).append('\n');
    rows.forEach(
        (name, value) -> text.append(String.format(Locale.ROOT, "  %-24s%s\n", name, value)));
  }

  private static String html(TcpConnection connection) {
    StringBuilder html =
        new StringBuilder(
            HtmlPage.before(
                "TapStack",
                "This page came through a TCP/IP stack written in Java, frame by frame."));
    appendHtml(html, "Who you are", client(connection));
    appendHtml(html, "The TCP connection that carries this page", tcp(connection));
    return html.append(TRY).append(HtmlPage.AFTER).toString();
  }

  private static void appendHtml(StringBuilder html, String title, Map<String, String> rows) {
    html.append("<section>\n<h2>").append(title).append("</h2>\n<table>\n");
    rows.forEach((name, value) ->
        html.append("<tr><th>")
            .append(name)
            .append("</th><td>")
            .append(HtmlPage.escape(value))
            .append("</td></tr>\n"));
    html.append("</table>\n</section>\n");
  }
}
