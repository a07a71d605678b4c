package dev.tapstack.it.example;

import dev.tapstack.blocking.StackServerSocketFactory;
import dev.tapstack.tap.TapStack;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * The README's program with sockets that block: {@code ReadmeTest} compares it with the text there,
 * {@code ReadmeIT} runs it.
 */
public class Echo {
  public static void main(String[] arguments) throws IOException {
    try (TapStack host = TapStack.open("tap0", "192.168.77.2/24", "192.168.77.1/24")) {
      host.start(stack -> {}); // first, for sockets wait for the loop
      ServerSocket server = new StackServerSocketFactory(host.stack()).createServerSocket(7);
      while (true) {
        Socket socket = server.accept();
        Thread.startVirtualThread(() -> echo(socket));
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      System.err.println(socket + ": " + e.getMessage());
    }
  }
}
