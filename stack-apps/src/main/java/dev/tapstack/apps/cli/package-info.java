/** The command line; the only application package that touches the TAP device. */
@NullMarked
package dev.tapstack.apps.cli;

import org.jspecify.annotations.NullMarked;
