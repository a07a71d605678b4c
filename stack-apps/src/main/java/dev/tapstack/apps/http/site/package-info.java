/**
 * What {@code tapstack serve --http} serves, each a handler on the public API of {@link
 * dev.tapstack.apps.http}: a page that shows the client its own connection, bytes to download, a
 * place to upload to, an echo, and the files of a directory.
 */
@NullMarked
package dev.tapstack.apps.http.site;

import org.jspecify.annotations.NullMarked;
