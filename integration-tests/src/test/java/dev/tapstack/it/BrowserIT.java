package dev.tapstack.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/** The web server as a browser sees it. */
@Privileged
class BrowserIT {
  private static final Content BIG = Content.random(5, 50_000_000);

  @TempDir private static Path site;
  @TempDir private static Path own;
  private static StackUnderTest stack;
  private static Chromium chromium;
  private static ChromeDriver driver;

  @BeforeAll
  static void start() throws IOException {
    Path gallery = Files.createDirectory(site.resolve("gallery"));
    Gallery.write(gallery);
    try (OutputStream out = Files.newOutputStream(site.resolve("big.bin"))) {
      BIG.writeTo(out);
    }
    stack = new StackUnderTest("--http", "80", "--http", "8080=" + site, "--list");
    chromium = new Chromium(stack.namespace(), own);
    driver = chromium.driver();
  }

  @AfterAll
  static void end() {
    if (chromium != null) {
      chromium.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  private static String url(String path) {
    return "http://" + StackUnderTest.ADDRESS + ":8080" + path;
  }

  private static String cell(String row) {
    return driver.findElement(By.xpath("//tr[th='" + row + "']/td")).getText();
  }

  @Test
  void thePageShowsItsOwnConnection() {
    driver.get(stack.url("/"));
    assertEquals("TapStack", driver.getTitle());
    assertEquals("ESTABLISHED", cell("state"));
    assertEquals(StackUnderTest.HOST, cell("your address"));
    String connection = StackUnderTest.HOST + ":" + cell("your port");
    String kernels = stack.run("ss", "-Htn", "state", "established").ok().output();
    assertTrue(kernels.contains(connection + " "), connection + " among the kernel's:\n" + kernels);
  }

  @Test
  void twoHundredImagesOfADirectoryLoad() {
    driver.get(url("/gallery/"));
    assertEquals("Index of /gallery/", driver.getTitle());
    assertEquals(2 + Gallery.IMAGES, driver.findElements(By.cssSelector("td a")).size());
    driver.findElement(By.linkText(Gallery.PAGE)).click();
    Gallery.assertShown(driver);
  }

  @Test
  void aLargeFileIsDownloadedWhole() throws IOException {
    driver.get(url("/"));
    driver.findElement(By.linkText("big.bin")).click();
    Path file = Chromium.downloads(own).resolve("big.bin");
    Command.awaitUntil("the download's end", () -> Files.exists(file)); // .crdownload until then
    MessageDigest digest = Content.newDigest();
    digest.update(Files.readAllBytes(file));
    assertEquals(BIG.sha256(), HexFormat.of().formatHex(digest.digest()));
  }
}
