/**
 * What tests of every module share: virtual time, a loop that turns step by step, a check that no
 * packet is left without an owner, known frames. Published as stack-core's test-jar; never used by
 * main code.
 */
@NullMarked
package dev.tapstack.testkit;

import org.jspecify.annotations.NullMarked;
