/**
 * An HTTP/1.1 server in the loop (RFC 9110, RFC 9112): a request is read, handled and answered in
 * the call stack of the segment that completed it.
 *
 * <p>The way of a request: {@code HeadParser} takes the bytes of the head as they come, {@code
 * RequestLine} and {@code HeaderFields} note where things are, {@code RequestTarget} finds the
 * path, {@code BodyFraming} decides how long the content is, {@code Router} finds the handler.
 * {@code RequestBody} and {@code ChunkedDecoder} show the content in place, in the receive window.
 * The way of a response: {@link dev.tapstack.apps.http.HttpResponse} writes the head, {@link
 * dev.tapstack.apps.http.ResponseBody} frames what the producer gives, {@code HttpOutput} keeps the
 * little that the send buffer did not take. {@code HttpConnection} is the order in which all this
 * happens.
 *
 * <p>Nothing is buffered without a bound: content stays in TCP's windows, in both directions, and a
 * request is read when the response before it has been taken.
 */
@NullMarked
package dev.tapstack.apps.http;

import org.jspecify.annotations.NullMarked;
