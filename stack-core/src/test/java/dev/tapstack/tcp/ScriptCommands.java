package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.ip.IcmpError;
import dev.tapstack.socket.TcpInfo;
import dev.tapstack.socket.TcpOptions;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the application does and what is asserted in a {@link SegmentScript}.
 *
 * <p>Settings: {@code set mtu 1500}, {@code set readsAtOnce true}, {@code set mayFragment true}
 * (segments may go without DF), and every option of {@link TcpOptions} by its name, durations in
 * milliseconds.
 *
 * <p>Calls: {@code listen}, {@code connect}, {@code write N [TAKEN]}, {@code send N} (a buffer of
 * its own), {@code read N}, {@code shutdown}, {@code close}, {@code abort}, {@code nodelay
 * BOOLEAN}, {@code keepalive BOOLEAN}, {@code linger0}, {@code accepting BOOLEAN}, {@code
 * stoplistening}, {@code icmp KIND SEQ [MTU]} (an error about the segment that began there).
 *
 * <p>Assertions: {@code state NAME}, {@code connected N}, {@code readable N}, {@code eof}, {@code
 * writable N} (calls of onWritable), {@code open}, {@code closed REASON}, {@code gone} (nothing is
 * left of any connection), {@code returned true,false}, {@code info NAME VALUE...} (components of
 * {@link TcpInfo}), {@code count NAME VALUE} (a counter), {@code drop NAME VALUE}, {@code
 * fragmentable N} (segments that went without DF), {@code doubted N} (times that the neighbour
 * was), {@code nothing}.
 */
final class ScriptCommands {
  private TcpOptions options = TcpOptions.DEFAULTS;
  private int mtu = 1500;
  private boolean readsAtOnce;
  private boolean mayFragment;
  private @Nullable TcpHost host;

  int mtu() {
    return mtu;
  }

  void set(String line) {
    String[] words = line.split("\\s+");
    switch (words[1]) {
      case "mtu" -> mtu = Integer.parseInt(words[2]);
      case "readsAtOnce" -> readsAtOnce = Boolean.parseBoolean(words[2]);
      case "mayFragment" -> mayFragment = Boolean.parseBoolean(words[2]);
      default -> options = with(options, words[1], words[2]);
    }
  }

  /** The options with one of them changed. */
  private static TcpOptions with(TcpOptions options, String name, String value) {
    String method = "with" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    for (Method candidate : TcpOptions.class.getMethods()) {
      if (candidate.getName().equals(method)) {
        try {
          return (TcpOptions)
              candidate.invoke(options, convert(value, candidate.getParameterTypes()[0]));
        } catch (ReflectiveOperationException e) {
          throw new AssertionError("option " + name, e);
        }
      }
    }
    throw new AssertionError("no option is called " + name);
  }

  private static Object convert(String value, Class<?> type) {
    if (type == Duration.class) {
      return Duration.ofMillis(Long.parseLong(value));
    }
    return type == boolean.class ? (Object) Boolean.valueOf(value) : Integer.valueOf(value);
  }

  ScriptCommands on(TcpHost target) {
    host = target;
    target.options = options;
    target.app.readsAtOnce = readsAtOnce;
    target.mayFragment(mayFragment);
    return this;
  }

  void run(String line) {
    String[] words = line.split("\\s+");
    String argument = words.length > 1 ? words[1] : "";
    if (!call(words[0], argument, words) && !check(words[0], argument, words)) {
      throw new AssertionError("unknown command '" + line + "'");
    }
  }

  private TcpHost host() {
    assertNotNull(host);
    return host;
  }

  private boolean call(String what, String argument, String[] words) {
    TcpHost h = host();
    switch (what) {
      case "listen" -> h.listen();
      case "connect" -> h.connect();
      case "write" ->
          h.write(Integer.parseInt(argument), Integer.parseInt(words[words.length - 1]));
      case "send" -> h.inLoop(() -> assertTrue(h.app.send(Integer.parseInt(argument))));
      case "read" -> h.read(Integer.parseInt(argument));
      case "shutdown" -> h.inLoop(() -> h.app.connection().shutdownOutput());
      case "close" -> h.inLoop(() -> h.app.connection().close());
      case "abort" -> h.inLoop(() -> h.app.connection().abort());
      case "nodelay" -> h.inLoop(() -> h.app.connection().noDelay(Boolean.parseBoolean(argument)));
      case "keepalive" ->
          h.inLoop(() -> h.app.connection().keepalive(Boolean.parseBoolean(argument)));
      case "linger0" -> h.inLoop(() -> h.app.connection().resetOnClose(true));
      case "accepting" -> {
        assertNotNull(h.server);
        h.inLoop(() -> h.server.accepting(Boolean.parseBoolean(argument)));
      }
      case "stoplistening" -> {
        assertNotNull(h.server);
        h.inLoop(h.server::close);
      }
      case "icmp" -> {
        int mtu = words.length > 3 ? Integer.parseInt(words[3]) : 0;
        Icmp.arrives(h, IcmpError.valueOf(argument), Integer.parseInt(words[2]), mtu);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean check(String what, String argument, String[] words) {
    TcpHost h = host();
    switch (what) {
      case "state" -> assertEquals(argument, h.state());
      case "connected" -> assertEquals(Integer.parseInt(argument), h.app.connected);
      case "readable" ->
          assertEquals(Integer.parseInt(argument), h.app.connection().readableBytes());
      case "writable" -> assertEquals(Integer.parseInt(argument), h.app.writable);
      case "eof" -> assertTrue(h.app.connection().endOfInput(), "end of input");
      case "open" -> assertEquals(null, h.app.closed, "closed");
      case "closed" -> assertEquals(argument, String.valueOf(h.app.closed));
      case "gone" -> assertEquals(List.of(), h.tcp.connections());
      case "returned" ->
          assertEquals(
              argument, String.join(",", h.app.returned.stream().map(String::valueOf).toList()));
      case "info" -> info(h.app.connection().info(), words);
      case "count" ->
          assertEquals(Long.parseLong(words[2]), h.count(TcpCounter.valueOf(argument)), argument);
      case "drop" ->
          assertEquals(
              Long.parseLong(words[2]),
              h.host.drops().getOrDefault(argument.toLowerCase(Locale.ROOT), 0L),
              argument + " of " + h.host.drops());
      case "fragmentable" -> assertEquals(Integer.parseInt(argument), h.fragmentable());
      case "doubted" -> assertEquals(Integer.parseInt(argument), h.host.doubted().size());
      case "nothing" -> h.expectNothing();
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void info(TcpInfo info, String[] words) {
    for (int i = 1; i < words.length; i += 2) {
      String name = words[i];
      RecordComponent component =
          Arrays.stream(TcpInfo.class.getRecordComponents())
              .filter(c -> c.getName().equals(name))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no number is called " + name));
      try {
        assertEquals(words[i + 1], String.valueOf(component.getAccessor().invoke(info)), name);
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
    assertFalse(words.length == 1, "info of what?");
  }
}
