package dev.tapstack.link;

/** Who wants to know what becomes of an interface. The loop's thread only. */
public interface InterfaceListener {
  /** The link of {@code changed} went up or down. */
  void linkChanged(NetInterface changed, boolean isUp);

  /** The device of {@code lost} is gone for good; {@code why} is for people. */
  void removed(NetInterface lost, String why);
}
