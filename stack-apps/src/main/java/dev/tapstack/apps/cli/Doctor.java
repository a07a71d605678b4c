package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.tap.HostSubnets;
import dev.tapstack.tap.HostSubnets.Subnet;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapException;
import dev.tapstack.tap.TapTrial;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checks of {@code tapstack doctor}, each by doing what a stack would do, where that leaves
 * nothing behind.
 */
final class Doctor {
  /** Below this a burst overruns the queue (measured); 1000 is the kernel's default for a TAP. */
  private static final int LEAST_TX_QUEUE = 1000;

  private static final int GOOD_TX_QUEUE = 5000;

  // linux/capability.h
  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_SYS_ADMIN = 21;

  private static final Path TUN = Path.of("/dev/net/tun");
  private static final Path NAMESPACES = Path.of("/run/netns");
  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");

  private final TapName tap;
  private final IpPrefix address;

  /** The kernel's end, in the commands that are printed. */
  private final String hostAddress;

  /**
   * @param tap the TAP that is meant
   * @param address the address that the stack is to have
   */
  Doctor(TapName tap, IpPrefix address) {
    this.tap = tap;
    this.address = address;
    long network = address.network().lo();
    long host = network + 1 == address.address().lo() ? network + 2 : network + 1;
    hostAddress = Ipv4Address.of((int) host) + "/" + address.length();
  }

  /** All that was found, in the order in which it matters. */
  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(system());
    findings.add(iproute2());
    findings.add(namespaces());
    Finding tun = tun();
    findings.add(tun);
    if (!tun.isInTheWay()) {
      findings.addAll(openTap());
    }
    findings.add(subnet());
    findings.add(internet());
    return findings;
  }

  private static Finding system() {
    String system =
        "Linux %s, %s, JDK %s (%s)"
            .formatted(
                System.getProperty("os.version"),
                System.getProperty("os.arch"),
                System.getProperty("java.version"),
                System.getProperty("java.home"));
    boolean isKnown =
        System.getProperty("os.name").equals("Linux")
            && List.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
    return isKnown
        ? Finding.ok(system)
        : Finding.fail(system + ": TAPs are opened on Linux, x86-64 or aarch64, only");
  }

  /** Not for us, but for whoever types the commands below. */
  private static Finding iproute2() {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(directory, "ip"))) {
        return Finding.ok("ip (iproute2) is installed");
      }
    }
    return Finding.note(
        "ip (iproute2), which the commands below are typed with, is not on the PATH",
        "apt-get install iproute2");
  }

  private Finding namespaces() {
    try {
      tap.namespace().call(() -> true);
    } catch (TapException e) {
      return Finding.fail(e);
    }
    if (!tap.namespace().isCurrent()) {
      return Finding.ok("network namespace " + tap.namespace() + " can be entered");
    }
    return hasCapability(CAP_SYS_ADMIN)
        ? Finding.ok("network namespaces can be entered" + named())
        : Finding.note(
            "network namespaces cannot be entered, and the kernel takes our frames inside our"
                + " writes: both ask for CAP_SYS_ADMIN",
            "sudo tapstack ...");
  }

  /** The names that {@code ip netns} knows, as far as a line has room for them. */
  private static String named() {
    try (Stream<Path> names = Files.list(NAMESPACES)) {
      List<String> some = names.map(name -> name.getFileName().toString()).sorted().toList();
      int shown = Math.min(some.size(), 5);
      return some.isEmpty()
          ? " (there is none by name)"
          : ": "
              + String.join(", ", some.subList(0, shown))
              + (shown < some.size() ? " and " + (some.size() - shown) + " more" : "");
    } catch (IOException e) {
      return " (there is none by name)"; // ip netns makes the directory with the first
    }
  }

  private static Finding tun() {
    if (!Files.exists(TUN)) {
      return Finding.fail(
          TUN + " is missing (in a container: start it with --device " + TUN + ")",
          "modprobe tun",
          "mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200");
    }
    return Files.isReadable(TUN) && Files.isWritable(TUN)
        ? Finding.ok(TUN + " may be opened")
        : Finding.fail(TUN + " may be opened by its owner only", "sudo chmod 666 " + TUN);
  }

  private List<Finding> openTap() {
    TapTrial trial;
    try {
      trial = TapTrial.of(new TapConfig(tap.name(), tap.namespace(), 0, null));
    } catch (TapException e) {
      return List.of(
          Finding.fail(e, hasCapability(CAP_NET_ADMIN) ? new String[0] : administratorsCommands()));
    } catch (LinkageError e) { // JNA unpacks its library before it loads it
      return List.of(
          Finding.fail(
              "the native library cannot be loaded from "
                  + System.getProperty("java.io.tmpdir")
                  + " ("
                  + e.getMessage()
                  + "): name a directory that is not mounted noexec",
              "TAPSTACK_JAVA_OPTS=-Djna.tmpdir=/var/tmp scripts/tapstack ..."));
    }
    return trial.isCreated()
        ? List.of(Finding.ok("TAP " + tap + " can be made: it was, and is gone again"))
        : existing(trial);
  }

  /** What makes a TAP for who may not, and how it is used then. */
  private String[] administratorsCommands() {
    String name = tap.name();
    return new String[] {
      "sudo ip tuntap add dev %s mode tap user %s".formatted(name, System.getProperty("user.name")),
      "sudo ip address add %s dev %s".formatted(hostAddress, name),
      "sudo ip link set %s txqueuelen %d up".formatted(name, GOOD_TX_QUEUE),
      "tapstack serve --tap %s --address %s".formatted(name, address)
    };
  }

  private List<Finding> existing(TapTrial trial) {
    String name = tap.name();
    List<Finding> findings = new ArrayList<>();
    findings.add(Finding.ok("TAP " + tap + " exists and may be opened"));
    if (!trial.isUp()) {
      findings.add(Finding.note("it is down", inNamespace("ip link set " + name + " up")));
    }
    if (trial.txQueuePackets() < LEAST_TX_QUEUE) {
      findings.add(
          Finding.note(
              "its txqueuelen is " + trial.txQueuePackets() + ", and a burst overruns that",
              inNamespace("ip link set %s txqueuelen %d".formatted(name, GOOD_TX_QUEUE))));
    }
    if (subnets().stream().noneMatch(subnet -> subnet.interfaceName().equals(name))) {
      findings.add(
          Finding.note(
              "the kernel has no address on it, and so no way to the stack",
              inNamespace("ip address add %s dev %s".formatted(hostAddress, name))));
    }
    return findings;
  }

  private Finding subnet() {
    try {
      HostSubnets.checkFree(tap.namespace(), tap.name(), address);
      return Finding.ok(address + " is in the way of no address of this machine");
    } catch (TapException e) {
      String free = freeAddress();
      return Finding.fail(
          e, free == null ? new String[0] : new String[] {"tapstack serve ... --address " + free});
    }
  }

  /** The second address of a /24 of RFC 1918's last block that nothing here uses, or null. */
  private @Nullable String freeAddress() {
    List<Subnet> subnets = subnets();
    for (int third = 77; third < 255; third++) {
      IpPrefix candidate = IpPrefix.parse("192.168." + third + ".2/24");
      if (subnets.stream().noneMatch(subnet -> subnet.prefix().overlaps(candidate))) {
        return candidate.toString();
      }
    }
    return null;
  }

  /** Empty where the namespace may not be looked at; that has been said then. */
  private List<Subnet> subnets() {
    try {
      return HostSubnets.in(tap.namespace());
    } catch (TapException e) {
      return List.of();
    }
  }

  private Finding internet() {
    String subnet = address.network() + "/" + address.length();
    boolean isOn = isForwarding();
    List<String> commands = new ArrayList<>();
    if (!isOn) {
      commands.add("sysctl -w net.ipv4.ip_forward=1");
    }
    commands.add(
        "iptables -t nat -A POSTROUTING -s " + subnet + " ! -d " + subnet + " -j MASQUERADE");
    commands.add("iptables -I FORWARD -i " + tap.name() + " -j ACCEPT");
    commands.add("iptables -I FORWARD -o " + tap.name() + " -j ACCEPT");
    String gateway = hostAddress.substring(0, hostAddress.indexOf('/'));
    List<String> all = new ArrayList<>(commands.stream().map(this::inNamespace).toList());
    all.add("tapstack serve ... --host-address " + hostAddress + " --gateway " + gateway);
    return Finding.note(
        "the kernel's forwarding is "
            + (isOn ? "on" : "off")
            + "; as root, a way for the stack to what this machine reaches, the internet too:",
        all.toArray(String[]::new));
  }

  /** Of the TAP's namespace: /proc/sys/net shows that of the thread which reads it. */
  private boolean isForwarding() {
    try {
      return tap.namespace()
          .call(() -> {
            try {
              return Files.readString(FORWARDING).strip().equals("1");
            } catch (IOException e) {
              return false;
            }
          });
    } catch (TapException e) {
      return false;
    }
  }

  private String inNamespace(String command) {
    return tap.namespace().isCurrent()
        ? command
        : "ip netns exec " + tap.namespace() + " " + command;
  }

  /** Whether this process has it in effect: proc(5), /proc/self/status. */
  private static boolean hasCapability(int number) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("CapEff:"))
          .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
          .anyMatch(bits -> (bits >>> number & 1) != 0);
    } catch (IOException e) {
      return false;
    }
  }
}
