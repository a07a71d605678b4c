package dev.tapstack.apps.cli;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.addr.IpAddress;
import dev.tapstack.apps.cli.control.Answer;
import dev.tapstack.apps.gateway.Gateway;
import dev.tapstack.loop.Rng;
import dev.tapstack.tap.TapConfig;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running {@code tapstack gateway}, from the ready line to the summary. The thread that calls
 * {@link #run} becomes the loop's. A TAP that goes down is told and waited for; one that is removed
 * ends the gateway.
 */
final class GatewayRuntime implements AutoCloseable {
  private final long startNanos = System.nanoTime();
  private final TapPort.Engine engine = TapPort.Engine.create();
  private final LinkWatch links = new LinkWatch(engine.loop(), this::say);
  private final List<Capture> captures = new ArrayList<>();
  private final List<TapPort> ports = new ArrayList<>();
  private final GatewayConfig config;
  private final PrintStream out;
  private final Stack stack;
  private final ControlSocket control;
  private final Gateway gateway;

  /**
   * Opens the TAPs and starts to route.
   *
   * @param out takes the lines for people
   * @throws dev.tapstack.tap.TapException if a TAP cannot be had
   * @throws CommandException if something else cannot be had
   */
  GatewayRuntime(GatewayConfig config, PrintStream out) {
    this.config = config;
    this.out = out;
    StackConfig.Builder builder = StackConfig.named("gateway").forwarding(true).listener(links);
    for (GatewayConfig.Side side : config.sides()) {
      TapPort port = open(side);
      ports.add(port);
      builder.attach(port.device(), side.mac(), side.addresses());
    }
    if (config.gateway() != null) {
      builder.gateway(config.gateway());
    }
    config.routes().forEach(route -> builder.route(route.destination(), route.gateway()));
    stack = new Stack(engine.loop(), engine.pool(), builder.build());
    FirewallReload firewall;
    try {
      gateway =
          new Gateway(
              stack,
              engine.loop(),
              Rng.secure(),
              config.inside(),
              config.tracking(),
              config.nat(),
              config.clampsMss(),
              this::say);
      firewall = new FirewallReload(stack, gateway, config, this::say);
      firewall.start();
    } catch (IllegalArgumentException e) {
      stack.close();
      throw new CommandException(e.getMessage(), e);
    } catch (CommandException e) {
      stack.close();
      throw e;
    }
    ports.forEach(port -> links.opened(port.tap()));
    Map<String, Answer> answers = new LinkedHashMap<>(StackViews.of(stack));
    GatewayViews.addTo(answers, gateway);
    answers.put(GatewayViews.FIREWALL_RELOAD, firewall);
    control = new ControlSocket(stack, engine.loop(), answers, ports);
  }

  private TapPort open(GatewayConfig.Side side) {
    Capture capture = null;
    if (side.pcap() != null) {
      capture = new Capture(side.isInside() ? "--pcap-inside" : "--pcap-outside", side.pcap());
      captures.add(capture);
    }
    IpAddress hostGateway =
        side.isInside() && side.hostAddress() != null ? side.primary().address() : null;
    return TapPort.open(
        engine,
        new TapConfig(side.tap().name(), side.tap().namespace(), 0, side.hostAddress(), hostGateway)
            .onBridge(side.bridge()),
        side.primary(),
        side.mac(),
        capture,
        config.verbosity() >= 2 ? this::say : null);
  }

  /**
   * Routes until a signal or the end of a device.
   *
   * @param readyFd takes the ready line too, or null
   * @return 0
   * @throws CommandException if a TAP was removed
   */
  int run(@Nullable ReadyFd readyFd) {
    Signals.onFirst(engine.loop()::stop);
    Signals.onUser1(new StatusReport(stack, this::counters, this::say)::print);
    String ready =
        "tapstack ready: gateway, "
            + config.sides().stream()
                .map(GatewayConfig.Side::toString)
                .collect(Collectors.joining(", "));
    say(ready);
    say(control.line());
    if (readyFd != null) {
      readyFd.write(ready);
    }
    engine.loop().run();
    // First, so that fragments and packets that still wait are drops with a name.
    stack.close();
    say(Summary.of(Duration.ofNanos(System.nanoTime() - startNanos), counters()));
    links.check();
    return 0;
  }

  private Map<String, Map<String, Long>> counters() {
    Map<String, Map<String, Long>> counters = stack.counters();
    gateway.addCounters(counters);
    return counters;
  }

  private void say(String line) {
    out.println(line);
  }

  @Override
  public void close() {
    control.close();
    gateway.close();
    stack.close();
    engine.pool().close();
    captures.forEach(Capture::close);
  }
}
