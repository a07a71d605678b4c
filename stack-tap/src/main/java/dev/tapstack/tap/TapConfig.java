package dev.tapstack.tap;

import dev.tapstack.addr.IpAddress;
import dev.tapstack.addr.IpPrefix;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Which TAP to open and how to set it up. Immutable.
 *
 * @param name the interface's name, at most 15 bytes
 * @param namespace where it is
 * @param mtu MTU in bytes, 68 to 65,521; 0 for what an existing TAP has, or 1,500
 * @param hostAddress address of the kernel's end, or null for none; IPv4
 * @param hostGateway where the kernel's default route of that namespace is to lead, on the subnet
 *     of {@code hostAddress}, or null to leave its routes alone; of a TAP that is created
 * @param bridge the Linux bridge of that namespace that it is to be on while it is open, or null
 */
public record TapConfig(
    String name,
    NetworkNamespace namespace,
    int mtu,
    @Nullable IpPrefix hostAddress,
    @Nullable IpAddress hostGateway,
    @Nullable String bridge) {
  /** MTU of a TAP that is created, if none is asked for: Ethernet's. */
  static final int DEFAULT_MTU = 1500;

  /** RFC 791 3.2: every link carries 68 bytes. */
  private static final int MIN_MTU = 68;

  /** One that is on no bridge. */
  public TapConfig(
      String name,
      NetworkNamespace namespace,
      int mtu,
      @Nullable IpPrefix hostAddress,
      @Nullable IpAddress hostGateway) {
    this(name, namespace, mtu, hostAddress, hostGateway, null);
  }

  /** One that leaves the kernel's routes alone. */
  public TapConfig(
      String name, NetworkNamespace namespace, int mtu, @Nullable IpPrefix hostAddress) {
    this(name, namespace, mtu, hostAddress, null, null);
  }

  public TapConfig {
    checkName("TAP", name);
    if (bridge != null) {
      checkName("bridge", bridge);
    }
    if (mtu != 0 && (mtu < MIN_MTU || mtu > LinuxTun.MAX_MTU)) {
      throw new TapException("MTU " + mtu + " is not within " + MIN_MTU + ".." + LinuxTun.MAX_MTU);
    }
    if (hostAddress != null && !hostAddress.address().isV4()) {
      throw new TapException("host address " + hostAddress + " is not an IPv4 address");
    }
    if (hostAddress != null && bridge != null) {
      throw new TapException(
          "host address "
              + hostAddress
              + " on a port of a bridge is nobody's: give it to the bridge, with 'ip address add "
              + hostAddress
              + " dev "
              + bridge
              + "'");
    }
    if (hostGateway != null && (hostAddress == null || !hostAddress.contains(hostGateway))) {
      throw new TapException(
          "gateway " + hostGateway + " is not in the subnet of the host address " + hostAddress);
    }
  }

  /** The same on a bridge, or on none. */
  public TapConfig onBridge(@Nullable String bridgeName) {
    return new TapConfig(name, namespace, mtu, hostAddress, hostGateway, bridgeName);
  }

  private static void checkName(String what, String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes >= LinuxTun.IFNAMSIZ) {
      throw new TapException(
          what + " name '" + name + "' has " + bytes + " bytes: choose one of 1 to 15");
    }
    // dev_valid_name in net/core/dev.c; % would be the kernel's to replace by a number.
    if (name.equals(".") || name.equals("..") || name.matches("(?s).*[/:%\\s].*")) {
      throw new TapException(
          what + " name '" + name + "' is not an interface name: leave out / : % and spaces");
    }
  }
}
