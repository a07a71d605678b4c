/** The stack itself: configuration and wiring of all layers. */
@NullMarked
package dev.tapstack;

import org.jspecify.annotations.NullMarked;
