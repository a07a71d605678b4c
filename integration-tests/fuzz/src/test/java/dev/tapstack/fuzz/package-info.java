/**
 * Fuzz targets (Jazzer). The build runs each over its corpus, the files under
 * src/test/resources/dev/tapstack/fuzz/TARGETInputs/anyInput; {@code scripts/fuzz} searches for
 * inputs that fail, and what it finds becomes a file there once it is mended.
 */
package dev.tapstack.fuzz;
