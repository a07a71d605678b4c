/** Linux TAP devices: the one place that knows JNA and the kernel's ABI. */
@NullMarked
package dev.tapstack.tap;

import org.jspecify.annotations.NullMarked;
