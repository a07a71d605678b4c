package dev.tapstack.link;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;

/** Who wants to know what becomes of an interface. The loop's thread only. */
public interface InterfaceListener {
  /** The link of {@code changed} went up or down. */
  void linkChanged(NetInterface changed, boolean isUp);

  /** The device of {@code lost} is gone for good; {@code why} is for people. */
  void removed(NetInterface lost, String why);

  /**
   * The addresses of {@code ready} are in use from now on: it came up, and if they were to be
   * probed (RFC 5227 2.1.1), nobody has them.
   */
  default void addressesInUse(NetInterface ready) {}

  /**
   * Probing found that the host at {@code other} has {@code address}, or is about to. The interface
   * uses none of its addresses until its link has gone down and come up again.
   */
  default void addressTaken(NetInterface silent, IpAddress address, MacAddress other) {}
}
