package dev.tapstack.apps.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tapstack serve} was asked for.
 *
 * @param host which host serves
 * @param services what listens
 * @param accessLog file for the web servers' requests, {@code -} for standard output, or null
 * @param readyFd descriptor for the ready line, or -1
 * @param statsSeconds time between two lines of rates, or 0 for none
 */
record ServeConfig(
    HostConfig host, Services services, @Nullable String accessLog, int readyFd, int statsSeconds) {
  /** A day. */
  private static final int MAX_STATS_SECONDS = 86_400;

  /** Refuses, as {@link IllegalArgumentException}, what makes no sense. */
  ServeConfig {
    if (statsSeconds < 0 || statsSeconds > MAX_STATS_SECONDS) {
      throw new IllegalArgumentException(
          "--stats " + statsSeconds + ": write 1 to " + MAX_STATS_SECONDS + " seconds");
    }
    if (HostConfig.STANDARD_OUTPUT.equals(accessLog) && host.capturesToStandardOutput()) {
      throw new IllegalArgumentException(
          "--access-log - and --pcap - both want standard output: write one into a file");
    }
    if (accessLog != null && services.http().isEmpty()) {
      throw new IllegalArgumentException("--access-log needs a web server: add --http PORT");
    }
  }

  /**
   * Which services listen.
   *
   * @param http web servers
   * @param list whether web servers list directories
   * @param echo port of the echo service (RFC 862, TCP and UDP), or null
   * @param discard port of the discard service (RFC 863, TCP and UDP), or null
   * @param chargen port of the character generator (RFC 864, TCP), or null
   * @param daytime port of the daytime service (RFC 867, TCP and UDP), or null
   */
  record Services(
      List<HttpSite> http,
      boolean list,
      @Nullable Port echo,
      @Nullable Port discard,
      @Nullable Port chargen,
      @Nullable Port daytime) {
    /** RFC 9110 4.2.1, RFC 862, RFC 863, RFC 864; daytime only for who asks. */
    private static final Services USUAL =
        new Services(
            List.of(new HttpSite(new Port(80), null)),
            false,
            new Port(7),
            new Port(9),
            new Port(19),
            null);

    /** Refuses, as {@link IllegalArgumentException}, a port that is given twice. */
    Services {
      if (list && http.stream().allMatch(site -> site.directory() == null)) {
        throw new IllegalArgumentException("--list needs a directory: add --http PORT=DIR");
      }
      List<Port> ports = new ArrayList<>();
      http.forEach(site -> ports.add(site.port()));
      for (Port port : new @Nullable Port[] {echo, discard, chargen, daytime}) {
        if (port != null) {
          ports.add(port);
        }
      }
      for (Port port : ports) {
        if (ports.indexOf(port) != ports.lastIndexOf(port)) {
          throw new IllegalArgumentException(
              "port " + port.number() + " is given to two services: choose another for one");
        }
      }
    }

    /** These, or the usual ones on their own ports if none was asked for. */
    Services orUsual() {
      boolean isNoneAsked =
          http.isEmpty() && echo == null && discard == null && chargen == null && daytime == null;
      return isNoneAsked ? USUAL : this;
    }

    @Override
    public String toString() {
      List<String> parts = new ArrayList<>();
      for (HttpSite site : http) {
        parts.add(
            "http "
                + site.port().number()
                + (site.directory() == null ? "" : "=" + site.directory()));
      }
      if (echo != null) {
        parts.add("echo " + echo.number());
      }
      if (discard != null) {
        parts.add("discard " + discard.number());
      }
      if (chargen != null) {
        parts.add("chargen " + chargen.number());
      }
      if (daytime != null) {
        parts.add("daytime " + daytime.number());
      }
      return String.join(", ", parts);
    }
  }
}
