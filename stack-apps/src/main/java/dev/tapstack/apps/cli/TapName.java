package dev.tapstack.apps.cli;

import dev.tapstack.tap.NetworkNamespace;
import dev.tapstack.tap.TapConfig;

/**
 * Which TAP: NAME[@NETNS].
 *
 * @param name the interface's name
 * @param namespace where it is
 */
record TapName(String name, NetworkNamespace namespace) {
  static TapName parse(String text) {
    int at = text.indexOf('@');
    TapName tap =
        at < 0
            ? new TapName(text, NetworkNamespace.CURRENT)
            : new TapName(text.substring(0, at), NetworkNamespace.named(text.substring(at + 1)));
    new TapConfig(tap.name, tap.namespace, 0, null); // refuses a name that no interface can have
    return tap;
  }

  @Override
  public String toString() {
    return namespace.isCurrent() ? name : name + "@" + namespace;
  }
}
