package dev.tapstack.apps.gateway;

/** A configuration file is wrong: the message names file, line, field and remedy, on one line. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  ConfigException(String message) {
    super(message);
  }
}
