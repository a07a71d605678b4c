package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.openqa.selenium.chrome.ChromeDriver;

/** A page with many images, each of a size of its own, so that one in another's place shows. */
final class Gallery {
  /** More than a browser has connections, by far. */
  static final int IMAGES = 200;

  /** The page's file, beside those of its images. */
  static final String PAGE = "page.html";

  private Gallery() {}

  /** Writes the page and its images. */
  static void write(Path directory) throws IOException {
    StringBuilder page = new StringBuilder("<!doctype html><title>gallery</title>");
    for (int i = 0; i < IMAGES; i++) {
      String svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"5\"/>";
      Files.writeString(directory.resolve("image" + i + ".svg"), String.format(svg, i + 1));
      page.append("<img src=\"image").append(i).append(".svg\">");
    }
    Files.writeString(directory.resolve(PAGE), page);
  }

  /** Asserts that the browser shows the page with every image in its place. */
  static void assertShown(ChromeDriver driver) {
    assertEquals("gallery", driver.getTitle());
    String widths = "return Array.from(document.images, i => i.complete ? i.naturalWidth : -1)";
    List<Long> expected = IntStream.rangeClosed(1, IMAGES).mapToObj(Long::valueOf).toList();
    assertEquals(expected, driver.executeScript(widths));
    String loaded =
        "return performance.getEntriesByType('resource').filter(e => e.responseStatus == 200)"
            + ".length";
    assertEquals((long) IMAGES, driver.executeScript(loaded));
  }
}
