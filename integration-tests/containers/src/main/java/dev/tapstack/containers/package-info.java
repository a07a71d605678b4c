/**
 * TapStack for tests with Testcontainers: {@link dev.tapstack.containers.TapStackContainer}, a
 * stack as a host or a gateway among other containers, and {@link
 * dev.tapstack.containers.FaultyNetwork}, a network of containers with faults. The image is built
 * by {@code scripts/docker-image}.
 */
@NullMarked
package dev.tapstack.containers;

import org.jspecify.annotations.NullMarked;
