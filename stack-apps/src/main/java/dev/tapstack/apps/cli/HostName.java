package dev.tapstack.apps.cli;

import dev.tapstack.addr.Ipv4Address;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Whom a command is to talk to: a literal address, or a name that the machine itself resolves. */
final class HostName {
  /** What {@code --help} says of it. */
  static final String EXPLAINED =
      "an IPv4 address, or a name, which this machine's kernel side resolves";

  private HostName() {}

  /**
   * The IPv4 address of {@code text}. May block, and so is not for the loop.
   *
   * @throws CommandException if there is none
   */
  static Ipv4Address resolve(String text) {
    if (text.matches("[0-9.]+")) {
      try {
        return Ipv4Address.parse(text);
      } catch (IllegalArgumentException e) {
        throw new CommandException(e.getMessage(), e);
      }
    }
    try {
      for (InetAddress each : InetAddress.getAllByName(text)) {
        if (each instanceof Inet4Address v4) {
          return Ipv4Address.parse(v4.getHostAddress());
        }
      }
    } catch (UnknownHostException e) {
      throw new CommandException(text + ": this machine knows no such host: name its address", e);
    }
    throw new CommandException(text + ": has no IPv4 address, which is all there is yet");
  }
}
