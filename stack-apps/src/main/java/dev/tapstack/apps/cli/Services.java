package dev.tapstack.apps.cli;

import dev.tapstack.apps.echo.Chargen;
import dev.tapstack.apps.echo.Daytime;
import dev.tapstack.apps.echo.Discard;
import dev.tapstack.apps.echo.Echo;
import dev.tapstack.apps.http.AccessLog;
import dev.tapstack.apps.http.HttpCounter;
import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.apps.http.site.Site;
import dev.tapstack.apps.http.site.StaticFiles;
import dev.tapstack.socket.StackContext;
import java.io.FileDescriptor;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The services of a running {@code tapstack serve}. The loop's thread only. */
final class Services implements AutoCloseable {
  private final List<Runnable> closes = new ArrayList<>();
  private final Map<String, HttpServer> webServers = new LinkedHashMap<>();

  private final @Nullable AccessLog accessLog;

  private Services(@Nullable String accessLogName) {
    accessLog = accessLogName == null ? null : new AccessLog(open(accessLogName));
  }

  private static OutputStream open(String name) {
    try {
      return name.equals(HostConfig.STANDARD_OUTPUT)
          ? new FileOutputStream(FileDescriptor.out)
          : new FileOutputStream(name, true);
    } catch (FileNotFoundException e) {
      throw new CommandException("--access-log: cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Starts what was asked for.
   *
   * @param stack where it listens
   * @param log takes a line for each connection that has ended
   * @throws CommandException if a directory or the access log cannot be had
   */
  static Services start(ServeConfig config, StackContext stack, Consumer<String> log) {
    ServeConfig.Services wanted = config.services();
    Services services = new Services(config.accessLog());
    for (HttpSite site : wanted.http()) {
      HttpServer server = HttpServer.on(stack, site.port().number()).log(log);
      if (services.accessLog != null) {
        server.accessLog(services.accessLog);
      }
      services.closes.add(withSite(server, site, wanted.list()).start()::close);
      services.webServers.put("http " + site.port().number(), server);
    }
    if (wanted.echo() != null) {
      services.closes.add(Echo.start(stack, wanted.echo().number(), log)::close);
    }
    if (wanted.discard() != null) {
      services.closes.add(Discard.start(stack, wanted.discard().number(), log)::close);
    }
    if (wanted.chargen() != null) {
      services.closes.add(Chargen.start(stack, wanted.chargen().number(), log)::close);
    }
    if (wanted.daytime() != null) {
      int port = wanted.daytime().number();
      services.closes.add(Daytime.start(stack, port, Clock.systemDefaultZone(), log)::close);
    }
    return services;
  }

  private static HttpServer withSite(HttpServer server, HttpSite site, boolean list) {
    Path directory = site.directory();
    if (directory == null) {
      return Site.addTo(server);
    }
    try {
      StaticFiles files = new StaticFiles(directory);
      return Site.addTo(server, list ? files.listing() : files);
    } catch (IOException e) {
      throw new CommandException("--http: " + directory + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Adds what the web servers counted, requests refused by name included. */
  void addCounters(Map<String, Map<String, Long>> counters) {
    webServers.forEach((name, server) -> {
      Map<String, Long> counted = new LinkedHashMap<>(server.counters().nonZero());
      counted.putAll(server.errors().nonZero());
      counters.put(name, counted);
    });
    if (accessLog != null) {
      counters.put("access log", accessLogCounters(accessLog));
    }
  }

  /** HTTP requests that all web servers together have had. */
  long requests() {
    long sum = 0;
    for (HttpServer each : webServers.values()) {
      sum += each.counters().value(HttpCounter.REQUESTS);
    }
    return sum;
  }

  private static Map<String, Long> accessLogCounters(AccessLog log) {
    Map<String, Long> counted = new LinkedHashMap<>();
    counted.put("lines", log.logged());
    if (log.lost() > 0) {
      counted.put("lines_lost", log.lost());
    }
    return counted;
  }

  /** Stops listening; open connections end as each service sees fit. */
  void stopListening() {
    closes.forEach(Runnable::run);
  }

  /** Writes what is left of the access log; after the stack has been closed. */
  @Override
  public void close() {
    if (accessLog != null) {
      accessLog.close();
    }
  }
}
