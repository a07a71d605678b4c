package dev.tapstack.it.example;

import dev.tapstack.apps.http.HttpServer;
import dev.tapstack.tap.TapStack;

/**
 * The README's program: {@code ReadmeTest} compares it with the text there, {@code ReadmeIT} runs
 * it.
 */
public class Hello {
  public static void main(String[] arguments) throws InterruptedException {
    try (TapStack host = TapStack.open("tap0", "192.168.77.2/24", "192.168.77.1/24")) {
      host.start(stack ->
          HttpServer.on(stack, 80)
              .get("/hello", (request, response) -> response.text("hello\n"))
              .start());
      host.join();
    }
  }
}
