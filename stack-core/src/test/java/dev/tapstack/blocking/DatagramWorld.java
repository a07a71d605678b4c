package dev.tapstack.blocking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/**
 * Where datagram sockets live in a test: the kernel's loopback, through the JDK's own sockets, or
 * two stacks. The same lines run in both, and must end alike.
 */
record DatagramWorld(
    String name, Opener clients, Opener servers, InetAddress clientHost, InetAddress serverHost) {
  /** Makes sockets. */
  interface Opener {
    /** A socket bound to {@code local}, or unbound if that is null. */
    DatagramSocket open(SocketAddress local) throws SocketException;
  }

  /** The JDK's own sockets: the oracle. */
  static DatagramWorld kernel() {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    return new DatagramWorld(
        "kernel", DatagramSocket::new, DatagramSocket::new, loopback, loopback);
  }

  /** Clients on one stack, servers on the other. */
  static DatagramWorld of(TwoHosts hosts) {
    try {
      return new DatagramWorld(
          "stack",
          local -> new StackDatagramSocket(hosts.a, local),
          local -> new StackDatagramSocket(hosts.b, local),
          InetAddress.getByName(TwoHosts.A),
          InetAddress.getByName(TwoHosts.B));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A socket on a free port; a receive that should not wait ends in time. */
  DatagramSocket client() throws SocketException {
    DatagramSocket socket = clients.open(new InetSocketAddress(clientHost, 0));
    socket.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
    return socket;
  }

  DatagramSocket server() throws SocketException {
    DatagramSocket socket = servers.open(new InetSocketAddress(serverHost, 0));
    socket.setSoTimeout(TwoHosts.DEADLINE_MILLIS);
    return socket;
  }

  /** A server's address that nobody is bound to. */
  InetSocketAddress nobody() throws SocketException {
    try (DatagramSocket closed = server()) {
      return new InetSocketAddress(serverHost, closed.getLocalPort());
    }
  }

  /** An address that all hosts of the network listen to. */
  String broadcast() {
    return name.equals("stack") ? "10.0.0.255" : "127.255.255.255";
  }

  static DatagramPacket packet(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return new DatagramPacket(bytes, bytes.length);
  }

  /** Sends to where {@code to} is bound. */
  static void send(DatagramSocket from, String text, DatagramSocket to) throws IOException {
    DatagramPacket packet = packet(text);
    packet.setSocketAddress(to.getLocalSocketAddress());
    from.send(packet);
  }

  /** Receives into {@code packet}: the text. */
  static String receive(DatagramSocket by, DatagramPacket packet) throws IOException {
    by.receive(packet);
    return new String(
        packet.getData(), packet.getOffset(), packet.getLength(), StandardCharsets.US_ASCII);
  }

  static String receive(DatagramSocket by) throws IOException {
    return receive(by, new DatagramPacket(new byte[100], 100));
  }
}
