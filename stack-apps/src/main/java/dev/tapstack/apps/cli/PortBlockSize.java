package dev.tapstack.apps.cli;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.nat.NatConfig;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who has how many ports: 100.64.0.0/20=1000.
 *
 * @param blocks as NAT has it
 */
record PortBlockSize(NatConfig.Blocks blocks) {
  private static final Pattern FORM = Pattern.compile("([^=]+)=(\\d{1,5})");

  static PortBlockSize parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' says not who has how many ports: write it as 100.64.0.0/20=1000");
    }
    return new PortBlockSize(
        new NatConfig.Blocks(IpPrefix.parse(parts.group(1)), Integer.parseInt(parts.group(2))));
  }
}
