package dev.tapstack.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The image under test: {@code scripts/docker-image} makes it of this source tree, once for each
 * JVM (in a second or two where nothing has changed). It goes by its id, as the tag may be moved by
 * others meanwhile.
 */
final class StackImage {
  private static boolean isTried;
  private static @Nullable String problem;

  private StackImage() {}

  /** Has {@link TapStackContainer} use it; tells why it cannot. */
  static synchronized Optional<String> use() {
    if (!isTried) {
      isTried = true;
      try {
        System.setProperty(TapStackContainer.IMAGE_PROPERTY, build());
      } catch (IllegalStateException e) {
        problem = e.getMessage();
      }
    }
    return Optional.ofNullable(problem);
  }

  private static String build() {
    try {
      Path idFile = Files.createTempFile("tapstack-image", ".id");
      Process process =
          new ProcessBuilder("scripts/docker-image", "--iidfile", idFile.toString())
              .directory(Path.of(System.getProperty("tapstack.root")).toFile())
              .redirectErrorStream(true)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("scripts/docker-image failed:\n" + output);
      }
      String id = Files.readString(idFile).strip();
      Files.delete(idFile);
      return id;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
