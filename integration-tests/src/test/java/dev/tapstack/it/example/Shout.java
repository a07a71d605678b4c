package dev.tapstack.it.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tapstack.blocking.StackDatagramSocket;
import dev.tapstack.tap.TapStack;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.Locale;

/**
 * The README's program with datagrams: {@code ReadmeTest} compares it with the text there, {@code
 * ReadmeIT} runs it.
 */
public class Shout {
  public static void main(String[] arguments) throws IOException {
    try (TapStack host = TapStack.open("tap0", "192.168.77.2/24", "192.168.77.1/24")) {
      host.start(stack -> {});
      DatagramSocket socket = new StackDatagramSocket(host.stack(), new InetSocketAddress(9999));
      DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
      while (true) {
        socket.receive(packet);
        String text = new String(packet.getData(), 0, packet.getLength(), UTF_8);
        byte[] answer = text.toUpperCase(Locale.ROOT).getBytes(UTF_8);
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    }
  }
}
