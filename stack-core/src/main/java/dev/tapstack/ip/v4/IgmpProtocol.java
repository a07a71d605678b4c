package dev.tapstack.ip.v4;

import dev.tapstack.ip.GroupMembership;
import dev.tapstack.link.NetInterface;

/** IGMP as a host: nothing is said to routers yet. The loop's thread only. */
public final class IgmpProtocol implements GroupMembership {
  @Override
  public void joined(NetInterface via, long hi, long lo) {}

  @Override
  public void left(NetInterface via, long hi, long lo) {}

  @Override
  public void inUse(NetInterface via) {}
}
