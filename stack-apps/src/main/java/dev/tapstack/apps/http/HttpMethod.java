package dev.tapstack.apps.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The methods that this server implements (RFC 9110 9.3); any other is answered with 501. */
public enum HttpMethod {
  GET,
  HEAD,
  POST,
  PUT,
  DELETE,
  OPTIONS;

  private static final HttpMethod[] ALL = values();

  @SuppressWarnings("ImmutableEnumChecker") // never written to
  private final byte[] ascii = name().getBytes(StandardCharsets.US_ASCII);

  /** The method whose name is {@code bytes[from, to)}, or null. Case matters (RFC 9110 9.1). */
  static @Nullable HttpMethod of(byte[] bytes, int from, int to) {
    for (HttpMethod method : ALL) {
      byte[] name = method.ascii;
      if (name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to)) {
        return method;
      }
    }
    return null;
  }

  /** Whether a request is expected to carry content (RFC 9110 8.6, 9.3.3, 9.3.4). */
  boolean expectsContent() {
    return this == POST || this == PUT;
  }
}
