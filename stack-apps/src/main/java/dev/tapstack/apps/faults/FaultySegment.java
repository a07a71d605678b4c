package dev.tapstack.apps.faults;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.Device;
import dev.tapstack.loop.Rng;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.TurnEnd;
import dev.tapstack.packet.Packet;
import dev.tapstack.stats.DropReason;
import dev.tapstack.stats.PacketLedger;
import dev.tapstack.wire.Arp;
import dev.tapstack.wire.Ethernet;
import io.netty.buffer.ByteBuf;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An Ethernet segment with faults: a learning switch (IEEE 802.1D 7.7, 7.8) whose every port has a
 * link with faults in each direction.
 *
 * <p>Theory of operation. A frame passes the link <em>from</em> its sender and then the link
 * <em>to</em> its receiver; a broadcast passes one link to each receiver, and each draws for
 * itself. What is set for all members is set for the links from them, so that every frame meets it
 * once. Settings for one member name it by an identity: its name, or a MAC or IPv4 address that it
 * shows; they may be made before it shows it.
 *
 * <p>The loop's thread only.
 */
public final class FaultySegment {
  /** MAC addresses behind all plugs; frames to further ones go to every member. */
  private static final int MAX_ADDRESSES = 4096;

  /** Identities that have settings of their own in a direction. */
  private static final int MAX_RULES = 256;

  private final StackLoop loop;
  private final TurnEnd flush = now -> flush();
  private final PacketLedger ledger;
  private final Rng rng;
  private final List<Member> members = new ArrayList<>();
  private final List<Member> marked = new ArrayList<>();
  private final LongObjectMap<Member> byMac = new LongObjectHashMap<>();

  // The last one that fits a member holds.
  private final Map<String, FaultSettings> fromRules = new LinkedHashMap<>();
  private final Map<String, FaultSettings> toRules = new LinkedHashMap<>();
  private FaultSettings fromAll = FaultSettings.NONE;

  /**
   * A segment without members.
   *
   * @param ledger the account of all frames
   * @param rng the source of chance, its own
   */
  public FaultySegment(StackLoop loop, PacketLedger ledger, Rng rng) {
    this.loop = loop;
    this.ledger = ledger;
    this.rng = rng;
  }

  /** The members, in the order in which they came. */
  public List<Member> members() {
    return Collections.unmodifiableList(members);
  }

  /**
   * Takes in a member.
   *
   * @param plug its device, which nobody has attached; closed with the member
   * @param onRemoved told when the device has gone by itself, and why; it is still to {@link
   *     #leave}
   */
  public Member join(String name, Device plug, Consumer<String> onRemoved) {
    Member member = new Member(name, plug, this, loop, rng, onRemoved);
    members.add(member);
    apply(member);
    member.attach(loop);
    return member;
  }

  /** Lets a member go; frames on their way to and from it are lost. */
  public void leave(Member member) {
    members.remove(member);
    byMac.values().removeIf(owner -> owner == member);
    member.close();
  }

  /** Lets all go. */
  public void close() {
    List.copyOf(members).forEach(this::leave);
  }

  // Faults.

  /**
   * Changes what happens to frames from now on.
   *
   * @throws IllegalArgumentException if members beyond bounds have settings of their own
   */
  public void change(FaultChange change) {
    if (change.isForAll()) {
      fromAll = change.applied(fromAll);
      fromRules.replaceAll((identity, settings) -> change.applied(settings));
      if (change.values().get(FaultChange.CLEAR) == Boolean.TRUE) {
        fromRules.clear();
        toRules.clear();
      }
    } else {
      checkRoom(fromRules, change.from());
      checkRoom(toRules, change.to());
      change.from().forEach(identity -> change(fromRules, identity, fromAll, change));
      change.to().forEach(identity -> change(toRules, identity, FaultSettings.NONE, change));
    }
    members.forEach(this::apply);
  }

  private static void checkRoom(Map<String, FaultSettings> rules, List<String> more) {
    if (rules.size() + more.size() > MAX_RULES) {
      throw new IllegalArgumentException(
          "more than " + MAX_RULES + " members with faults of their own: clear them all first");
    }
  }

  private static void change(
      Map<String, FaultSettings> rules,
      String identity,
      FaultSettings otherwise,
      FaultChange change) {
    FaultSettings before = rules.remove(identity); // it becomes the last one
    rules.put(identity, change.applied(before == null ? otherwise : before));
  }

  private void apply(Member member) {
    member.faults(last(fromRules, member, fromAll), last(toRules, member, FaultSettings.NONE));
  }

  private static FaultSettings last(
      Map<String, FaultSettings> rules, Member member, FaultSettings otherwise) {
    FaultSettings last = otherwise;
    for (Map.Entry<String, FaultSettings> rule : rules.entrySet()) {
      if (member.identities().contains(rule.getKey())) {
        last = rule.getValue();
      }
    }
    return last;
  }

  // Frames.

  /** Takes note of whom a frame, as it was sent, shows to be behind a plug. */
  void learn(Member member, Packet frame) {
    ByteBuf buf = frame.buf();
    int at = frame.start();
    if (frame.length() < Ethernet.HEADER_LENGTH) {
      return;
    }
    long mac = Ethernet.source(buf, at);
    Member known = byMac.get(mac);
    if (known != member && !MacAddress.isGroup(mac)) {
      learnMac(member, mac, known);
    }
    int arp = at + Ethernet.HEADER_LENGTH;
    if (Ethernet.type(buf, at) == Ethernet.TYPE_ARP
        && frame.length() >= Ethernet.HEADER_LENGTH + Arp.LENGTH
        && Arp.isEthernetIpv4(buf, arp)
        && Arp.senderIp(buf, arp) != 0) { // 0 in a probe: RFC 5227 2.1.1
      identify(member, Ipv4Address.of(Arp.senderIp(buf, arp)).toString());
    }
  }

  private void learnMac(Member member, long mac, Member known) {
    String text = MacAddress.format(mac);
    if (known != null) {
      known.removeIdentity(text);
      apply(known);
    } else if (byMac.size() >= MAX_ADDRESSES) {
      return;
    }
    byMac.put(mac, member);
    identify(member, text);
  }

  private void identify(Member member, String identity) {
    if (member.addIdentity(identity)) {
      for (Member other : members) {
        if (other != member && other.identities().contains(identity)) {
          other.removeIdentity(identity); // it moved
          apply(other);
        }
      }
      apply(member);
    }
  }

  /** Sends a frame, given and known to no ledger, to whom it is for. */
  void forward(Member sender, Packet given) {
    given.receivedBy(ledger, 0);
    Packet frame = given.take();
    if (frame.length() < Ethernet.HEADER_LENGTH) {
      frame.drop(DropReason.ETHERNET_RUNT);
      return;
    }
    long destination = Ethernet.destination(frame.buf(), frame.start());
    Member receiver = byMac.get(destination);
    if (receiver == sender) {
      frame.drop(DropReason.ETHERNET_NOT_FOR_US); // it is behind the plug that it came from
    } else if (receiver != null) {
      transmit(receiver, frame);
    } else {
      flood(sender, frame);
    }
  }

  private void flood(Member sender, Packet frame) {
    Member last = null;
    for (int i = 0; i < members.size(); i++) {
      Member receiver = members.get(i);
      if (receiver != sender) {
        if (last != null) {
          transmit(last, frame.duplicate());
        }
        last = receiver;
      }
    }
    if (last == null) {
      frame.drop(DropReason.ETHERNET_NOT_FOR_US); // nobody else is there
    } else {
      transmit(last, frame);
    }
  }

  private void transmit(Member receiver, Packet frame) {
    if (receiver.transmit(frame)) {
      marked.add(receiver);
      if (marked.size() == 1) {
        loop.atTurnEnd(flush);
      }
    }
  }

  private void flush() {
    for (int i = 0; i < marked.size(); i++) {
      marked.get(i).flush();
    }
    marked.clear();
  }
}
