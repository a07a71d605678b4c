package dev.tapstack.it.example;

import dev.tapstack.addr.Endpoint;
import dev.tapstack.socket.TcpConnection;
import dev.tapstack.socket.TcpHandler;
import dev.tapstack.socket.TcpOptions;
import dev.tapstack.tap.TapStack;
import io.netty.buffer.ByteBuf;

/**
 * The README's program in the loop: {@code ReadmeTest} compares it with the text there, {@code
 * ReadmeIT} runs it.
 */
public class Mirror implements TcpHandler {
  public static void main(String[] arguments) throws InterruptedException {
    try (TapStack host = TapStack.open("tap0", "192.168.77.2/24", "192.168.77.1/24")) {
      Endpoint local = Endpoint.parse("192.168.77.2:7");
      host.start(stack -> stack.listen(local, TcpOptions.DEFAULTS, accepted -> new Mirror()));
      host.join();
    }
  }

  @Override
  public void onReadable(TcpConnection connection) {
    for (ByteBuf in = connection.peek(); in != null; in = connection.peek()) {
      int taken = connection.write(in.duplicate());
      if (taken == 0) {
        return; // what is not read stays in the window, until onWritable
      }
      connection.skip(taken);
    }
    if (connection.endOfInput()) {
      connection.close();
    }
  }

  @Override
  public void onWritable(TcpConnection connection) {
    onReadable(connection);
  }
}
