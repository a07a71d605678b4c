package dev.tapstack.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The image under test: {@code scripts/docker-image} makes it of this source tree, once for each
 * JVM (in a second or two where nothing has changed). It goes by its id, as the tag may be moved by
 * others meanwhile.
 */
final class StackImage {
  private static boolean isBuilt;

  private StackImage() {}

  /** Has {@link TapStackContainer} use it. */
  static synchronized void use() {
    if (!isBuilt) {
      System.setProperty(TapStackContainer.IMAGE_PROPERTY, build());
      isBuilt = true;
    }
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
