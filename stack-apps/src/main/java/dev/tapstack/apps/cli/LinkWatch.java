package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.link.InterfaceListener;
import dev.tapstack.link.NetInterface;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.tap.TapDevice;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a command's TAPs: one that goes down is told and waited for; one that is removed,
 * or whose address somebody else has, ends the loop. The loop's thread only.
 */
final class LinkWatch implements InterfaceListener {
  private final StackLoop loop;
  private final Consumer<String> say;
  private @Nullable String failure;
  private @Nullable String taken;
  private boolean isInUse;

  /**
   * @param say takes lines for people
   */
  LinkWatch(StackLoop loop, Consumer<String> say) {
    this.loop = loop;
    this.say = say;
  }

  /** Tells of a TAP that is down at the start. */
  void opened(TapDevice tap) {
    if (!tap.isUp()) {
      sayDown(tap.name());
    }
  }

  /**
   * Whether the addresses of an interface have been in use: it was up, and nobody else had them.
   */
  boolean isInUse() {
    return isInUse;
  }

  /**
   * @throws AddressTakenException if somebody else has an address
   * @throws CommandException with what ended the loop, if it was one of the TAPs
   */
  void check() {
    if (taken != null) {
      throw new AddressTakenException(taken);
    }
    if (failure != null) {
      throw new CommandException(failure);
    }
  }

  private void sayDown(String tap) {
    say.accept(tap + " is down: waiting for 'ip link set " + tap + " up'");
  }

  @Override
  public void linkChanged(NetInterface changed, boolean isUp) {
    if (isUp) {
      say.accept(changed.name() + " is up again");
    } else {
      sayDown(changed.name());
    }
  }

  @Override
  public void removed(NetInterface lost, String why) {
    fail(why);
  }

  @Override
  public void addressesInUse(NetInterface ready) {
    isInUse = true;
  }

  @Override
  public void addressTaken(NetInterface silent, IpAddress address, MacAddress other) {
    taken = address + " is in use by " + other + ": choose another --address, or end that host";
    loop.stop();
  }

  private void fail(String why) {
    failure = why;
    loop.stop();
  }
}
