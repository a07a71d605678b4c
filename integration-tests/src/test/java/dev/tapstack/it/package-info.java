/** The packed program against real kernel peers. */
@NullMarked
package dev.tapstack.it;

import org.jspecify.annotations.NullMarked;
