package dev.tapstack.apps.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.Stack;
import dev.tapstack.StackConfig;
import dev.tapstack.apps.cli.control.Answer;
import dev.tapstack.apps.cli.control.ControlException;
import dev.tapstack.apps.cli.control.LoopSnapshot;
import dev.tapstack.apps.cli.control.View;
import dev.tapstack.apps.gateway.Gateway;
import dev.tapstack.conntrack.ConntrackConfig;
import dev.tapstack.device.PipeDevice;
import dev.tapstack.loop.Clock;
import dev.tapstack.loop.ParkWaiter;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.PacketPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link FirewallReload} on a gateway whose loop runs, and what {@code firewall} shows of it. */
class FirewallReloadTest {
  private static final String TWO_RULES =
      """
      access-lists:
      - name: lan
        interfaces: [lan0]
        in:
        - {number: 10, action: reject, protocol: tcp, to-port: 25}
        - {number: 20, action: allow}
      """;

  @TempDir private Path directory;

  private final StackLoop loop = new StackLoop(Clock.system(), new ParkWaiter());
  private final PacketPool pool = new PacketPool();
  private final Thread thread = new Thread(loop::run);
  private final List<String> said = new ArrayList<>();
  private Path file;
  private GatewayConfig config;
  private Stack stack;
  private Gateway gateway;

  @BeforeEach
  void start() throws IOException {
    file = Files.writeString(directory.resolve("rules.yaml"), TWO_RULES);
    config = GatewayCommandTest.parse(GatewayCommandTest.TWO_SIDES + " --firewall " + file);
    StackConfig.Builder builder = StackConfig.named("gateway").forwarding(true);
    for (GatewayConfig.Side side : config.sides()) {
      PipeDevice pipe = new PipeDevice(side.tap().name(), "far", 1500);
      builder.attach(pipe, side.mac(), side.addresses());
    }
    stack = new Stack(loop, pool, builder.build());
    Rng rng = Rng.seeded(1, "reload");
    ConntrackConfig tracking = ConntrackConfig.DEFAULTS;
    gateway = new Gateway(stack, loop, rng, config.inside(), tracking, null, false, line -> {});
  }

  private FirewallReload started() {
    FirewallReload reload = new FirewallReload(stack, gateway, config, said::add);
    reload.start();
    thread.start();
    return reload;
  }

  @AfterEach
  void end() throws InterruptedException {
    loop.stop();
    if (thread.isAlive()) {
      thread.join();
    }
    gateway.close();
    stack.close();
    pool.close();
  }

  private List<Map<String, Object>> rows() {
    Map<String, Answer> answers = new LinkedHashMap<>();
    GatewayViews.addTo(answers, gateway);
    return rows((View<?>) answers.get(GatewayViews.FIREWALL));
  }

  private <S> List<Map<String, Object>> rows(View<S> view) {
    return view.rows().apply(LoopSnapshot.take(stack, view.snapshot()));
  }

  @Test
  void rulesAreShownInTheWordsOfTheFile() {
    started();
    assertEquals(
        """
        List             Dir  Rule       Packets  Bytes  Action
        lan              in   10               0      0  reject protocol=tcp to-port=25
        lan              in   20               0      0  allow
        lan              in   otherwise        0      0  drop
        outside-default  in   answers          0      0  allow state=established,related,untracked
        outside-default  in   1                0      0  allow translated=true state=new
        outside-default  in   otherwise        0      0  drop\
        """,
        String.join("\n", FirewallCommand.table(rows())));
  }

  @Test
  void theFileIsReadAgainWhenItIsAskedFor() throws IOException {
    FirewallReload reload = started();
    Files.writeString(file, TWO_RULES.replace("reject", "drop"));
    assertEquals("reject", rows().getFirst().get("action"), "not before it is asked for");
    Map<String, Object> done = Map.of("file", file.toString(), "rules", 3);
    assertEquals(List.of(done), reload.carryOut());
    assertEquals("drop", rows().getFirst().get("action"));
    assertEquals(List.of("firewall: 3 rules, read again from " + file), said);
  }

  @Test
  void aBadFileChangesNothing() throws IOException {
    FirewallReload reload = started();
    List<Map<String, Object>> before = rows();
    Files.writeString(file, TWO_RULES.replace("action: reject", "action: drop") + "  out: [1]\n");
    String why = assertThrows(ControlException.class, reload::carryOut).getMessage();
    assertTrue(why.startsWith(file + ":7: access-lists[0].out[0]: is no section"), why);
    assertTrue(why.endsWith(" (the old rules stay)"), why);
    Files.delete(file);
    assertThrows(ControlException.class, reload::carryOut);
    assertEquals(before, rows());
    assertEquals(List.of(), said);
  }

  /** The default of the outside is checked with the rest. */
  @Test
  void aGroupWithTheDefaultsNameIsRefusedWhole() throws IOException {
    FirewallReload reload = started();
    List<Map<String, Object>> before = rows();
    Files.writeString(file, "security-groups: [{name: outside-default, interfaces: [lan0]}]");
    String why = assertThrows(ControlException.class, reload::carryOut).getMessage();
    assertTrue(why.contains(":1: list outside-default is named twice"), why);
    assertEquals(before, rows());
  }

  @Test
  void withoutAFileThereIsNothingToRead() {
    config = GatewayCommandTest.parse(GatewayCommandTest.TWO_SIDES);
    FirewallReload reload = started();
    String why = assertThrows(ControlException.class, reload::carryOut).getMessage();
    assertTrue(why.contains("start it with --firewall FILE"), why);
    assertEquals(List.of(), rows());
  }
}
