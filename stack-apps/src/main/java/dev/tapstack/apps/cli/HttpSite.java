package dev.tapstack.apps.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A web server that was asked for: PORT[=DIR].
 *
 * @param port where it listens
 * @param directory whose files it serves beside its own pages, or null for none
 */
record HttpSite(Port port, @Nullable Path directory) {
  static HttpSite parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      return new HttpSite(Port.parse(text), null);
    }
    Path directory = Path.of(text.substring(equals + 1));
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException("'" + directory + "' is not a directory");
    }
    return new HttpSite(Port.parse(text.substring(0, equals)), directory);
  }
}
