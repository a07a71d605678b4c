/**
 * The command line; the only application package that touches the TAP device.
 *
 * <p>One class for each command: {@link dev.tapstack.apps.cli.ServeCommand} and {@link
 * dev.tapstack.apps.cli.DecodeCommand} say what can be asked for; {@link
 * dev.tapstack.apps.cli.ServeRuntime} does what {@code serve} was asked.
 */
@NullMarked
package dev.tapstack.apps.cli;

import org.jspecify.annotations.NullMarked;
