package dev.tapstack.apps.cli.docker;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of the engine's JSON, which may be missing or of another kind. Any thread. */
final class AnswerFields {
  private AnswerFields() {}

  /** The text of a field; empty if it is not there. */
  static String text(Map<String, Object> object, String field) {
    return object.get(field) instanceof String text ? text : "";
  }

  static boolean flag(Map<String, Object> object, String field) {
    return Boolean.TRUE.equals(object.get(field));
  }

  /** The object in a field; empty if it is not there. */
  static Map<String, Object> object(Map<String, Object> object, String field) {
    return object(object.get(field));
  }

  @SuppressWarnings("unchecked") // what a JSON object is read as
  private static Map<String, Object> object(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /** The objects in an array, or in the fields of an object, in their order. */
  static List<Map<String, Object>> objectsIn(@Nullable Object value) {
    List<?> values =
        switch (value) {
          case List<?> list -> list;
          case Map<?, ?> map -> List.copyOf(map.values());
          case null, default -> List.of();
        };
    return values.stream().map(AnswerFields::object).toList();
  }

  static Ipv4Address address(String text) {
    try {
      return Ipv4Address.parse(text);
    } catch (IllegalArgumentException e) {
      throw new DockerException("the Docker engine gave an address: " + e.getMessage(), e);
    }
  }

  static IpPrefix prefix(String text) {
    try {
      return IpPrefix.parse(text);
    } catch (IllegalArgumentException e) {
      throw new DockerException("the Docker engine gave a subnet: " + e.getMessage(), e);
    }
  }
}
