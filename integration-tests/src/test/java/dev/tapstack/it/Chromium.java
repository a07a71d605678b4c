package dev.tapstack.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * A headless Chromium inside a test's namespace, where nothing but the stack is to be reached. The
 * test drives it through ChromeDriver, which stays outside and speaks to the browser through a
 * pipe.
 */
final class Chromium implements AutoCloseable {
  /** Warns of each browser that is newer than itself; what it would add is not used here. */
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

  private final ChromeDriver driver;

  /**
   * Starts it.
   *
   * @param directory empty: for the browser's own files, and {@link #downloads} in it
   */
  Chromium(TestNamespace namespace, Path directory) {
    SELENIUM.setLevel(Level.SEVERE);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(startScript(namespace, directory).toFile());
    options.addArguments(
        "--remote-debugging-pipe",
        "--headless",
        "--no-sandbox", // the tests run as root
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + directory.resolve("profile"));
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File("/usr/bin/chromedriver"))
            .build();
    driver = new ChromeDriver(service, options);
    driver.executeCdpCommand(
        "Browser.setDownloadBehavior",
        Map.of("behavior", "allow", "downloadPath", downloads(directory).toString()));
  }

  private static Path startScript(TestNamespace namespace, Path directory) {
    String words = String.join(" ", namespace.inside("/usr/bin/chromium"));
    try {
      Path script = directory.resolve("chromium");
      Files.writeString(script, "#!/bin/sh\nexec " + words + " \"$@\"\n");
      return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it puts what is downloaded. */
  static Path downloads(Path directory) {
    return directory.resolve("downloads");
  }

  /** What a test drives it by. */
  ChromeDriver driver() {
    return driver;
  }

  @Override
  public void close() {
    driver.quit();
  }
}
