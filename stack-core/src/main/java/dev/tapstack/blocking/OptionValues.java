package dev.tapstack.blocking;

import dev.tapstack.socket.TcpOptions;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of a socket's options, under both names that java.net has for them: the numbers of
 * {@link SocketOptions} and the objects of {@link StandardSocketOptions}. Guarded by its socket.
 */
final class OptionValues {
  /** What SO_LINGER says when a close does not linger. */
  static final int NO_LINGER = -1;

  private final Map<SocketOption<?>, Object> values = new LinkedHashMap<>();

  /** The defaults of a connection's socket. */
  static OptionValues ofConnection(TcpOptions options) {
    OptionValues its = new OptionValues();
    its.values.put(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
    its.values.put(StandardSocketOptions.SO_SNDBUF, options.sendBufferBytes());
    its.values.put(StandardSocketOptions.SO_REUSEADDR, false);
    its.values.put(StandardSocketOptions.SO_KEEPALIVE, options.keepalive());
    its.values.put(StandardSocketOptions.SO_LINGER, NO_LINGER);
    its.values.put(StandardSocketOptions.TCP_NODELAY, options.noDelay());
    return its;
  }

  /** The defaults of a listening socket. */
  static OptionValues ofListener(TcpOptions options) {
    OptionValues its = new OptionValues();
    its.values.put(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
    its.values.put(StandardSocketOptions.SO_REUSEADDR, true); // as the JDK's on Linux
    return its;
  }

  /** The defaults of a datagram socket, the JDK's on Linux. */
  static OptionValues ofDatagrams() {
    OptionValues its = new OptionValues();
    its.values.put(StandardSocketOptions.SO_RCVBUF, Handoff.CAPACITY_BYTES);
    its.values.put(StandardSocketOptions.SO_SNDBUF, Handoff.CAPACITY_BYTES);
    its.values.put(StandardSocketOptions.SO_REUSEADDR, false);
    its.values.put(StandardSocketOptions.SO_BROADCAST, true);
    its.values.put(StandardSocketOptions.IP_TOS, 0);
    its.values.put(StandardSocketOptions.IP_MULTICAST_TTL, 1);
    its.values.put(StandardSocketOptions.IP_MULTICAST_LOOP, true);
    return its;
  }

  Set<SocketOption<?>> supported() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(values.keySet()));
  }

  /**
   * The value of an option that this socket has.
   *
   * @throws UnsupportedOperationException if it has not
   */
  <T> T get(SocketOption<T> name) {
    Object value = values.get(name);
    if (value == null) {
      throw unsupported(name);
    }
    return name.type().cast(value);
  }

  /**
   * Sets an option that this socket has.
   *
   * @throws UnsupportedOperationException if it has not
   * @throws IllegalArgumentException if the value is out of its range
   */
  void set(SocketOption<?> name, @Nullable Object value) {
    if (!values.containsKey(name)) {
      throw unsupported(name);
    }
    if (!name.type().isInstance(value)) {
      throw new IllegalArgumentException("Invalid value '" + value + "' for " + name);
    }
    boolean isSize =
        name == StandardSocketOptions.SO_RCVBUF || name == StandardSocketOptions.SO_SNDBUF;
    if (isSize && (Integer) value <= 0) {
      throw new IllegalArgumentException("Invalid " + name + ": " + value);
    }
    boolean isOctet =
        name == StandardSocketOptions.IP_TOS || name == StandardSocketOptions.IP_MULTICAST_TTL;
    if (isOctet && ((Integer) value < 0 || (Integer) value > 255)) {
      throw new IllegalArgumentException("Invalid " + name + ": " + value);
    }
    values.put(name, value);
  }

  /** The option that {@code id} of {@link SocketOptions} numbers. */
  static SocketOption<?> named(int id) throws SocketException {
    return switch (id) {
      case SocketOptions.TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
      case SocketOptions.SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
      case SocketOptions.SO_LINGER -> StandardSocketOptions.SO_LINGER;
      case SocketOptions.SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
      case SocketOptions.SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
      case SocketOptions.SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
      case SocketOptions.SO_BROADCAST -> StandardSocketOptions.SO_BROADCAST;
      case SocketOptions.IP_TOS -> StandardSocketOptions.IP_TOS;
      default -> throw new SocketException("Unknown option " + id);
    };
  }

  private static UnsupportedOperationException unsupported(SocketOption<?> name) {
    return new UnsupportedOperationException("'" + name + "' not supported");
  }
}
