/**
 * What a command asks the Docker engine of this machine: where a network's bridge is, who has which
 * of its addresses, and where a container is found. Nothing is changed there.
 */
@NullMarked
package dev.tapstack.apps.cli.docker;

import org.jspecify.annotations.NullMarked;
