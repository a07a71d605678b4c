package dev.tapstack.apps.http;

/**
 * Why a request is refused before, or instead of, reaching its handler. Each is counted under its
 * name, answered with its status, and ends the connection: what follows a request that was not
 * understood cannot be told apart (RFC 9112 2.2, 6.3).
 */
public enum HttpError {
  BAD_REQUEST_LINE(HttpStatus.BAD_REQUEST, "the request line is not METHOD SP TARGET SP VERSION"),
  BARE_LF(HttpStatus.BAD_REQUEST, "a line ends in LF without CR"),
  EMPTY_LINES(HttpStatus.BAD_REQUEST, "more than one empty line before the request line"),
  UNKNOWN_METHOD(HttpStatus.NOT_IMPLEMENTED, "the method is not implemented"),
  BAD_TARGET(HttpStatus.BAD_REQUEST, "the request target is malformed"),
  TARGET_TOO_LONG(HttpStatus.URI_TOO_LONG, "the request line is too long"),
  BAD_VERSION(HttpStatus.BAD_REQUEST, "the version is not HTTP/ DIGIT . DIGIT"),
  UNSUPPORTED_VERSION(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.0 and 1.1 are spoken"),
  BAD_FIELD_NAME(HttpStatus.BAD_REQUEST, "a header field has no proper name before its colon"),
  SPACE_BEFORE_COLON(HttpStatus.BAD_REQUEST, "white space between field name and colon"),
  OBSOLETE_FOLDING(HttpStatus.BAD_REQUEST, "a header line begins with white space"),
  BAD_FIELD_VALUE(HttpStatus.BAD_REQUEST, "a control character in a field value"),
  HEADER_TOO_LARGE(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the header section is too large"),
  TOO_MANY_FIELDS(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many header fields"),
  NO_HOST(HttpStatus.BAD_REQUEST, "an HTTP/1.1 request without Host"),
  TWO_HOSTS(HttpStatus.BAD_REQUEST, "more than one Host"),
  BAD_HOST(HttpStatus.BAD_REQUEST, "the Host is malformed"),
  BAD_CONTENT_LENGTH(HttpStatus.BAD_REQUEST, "the Content-Length is not one decimal number"),
  TWO_CONTENT_LENGTHS(HttpStatus.BAD_REQUEST, "more than one Content-Length"),
  LENGTH_AND_CODING(HttpStatus.BAD_REQUEST, "both Content-Length and Transfer-Encoding"),
  CODING_IN_HTTP_10(HttpStatus.BAD_REQUEST, "Transfer-Encoding in an HTTP/1.0 request"),
  BAD_TRANSFER_CODING(HttpStatus.BAD_REQUEST, "chunked is not the one, final transfer coding"),
  UNKNOWN_TRANSFER_CODING(HttpStatus.NOT_IMPLEMENTED, "a transfer coding other than chunked"),
  LENGTH_REQUIRED(HttpStatus.LENGTH_REQUIRED, "neither Content-Length nor Transfer-Encoding"),
  CONTENT_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE, "the content is larger than allowed"),
  UNKNOWN_EXPECTATION(HttpStatus.EXPECTATION_FAILED, "an expectation other than 100-continue"),
  BAD_CHUNK_SIZE(HttpStatus.BAD_REQUEST, "a chunk size is malformed or too large"),
  BAD_CHUNK_EXTENSION(HttpStatus.BAD_REQUEST, "a chunk extension is malformed or too long"),
  BAD_CHUNK_END(HttpStatus.BAD_REQUEST, "no CRLF behind a chunk"),
  TRUNCATED(HttpStatus.BAD_REQUEST, "the input ends within the request"),
  TIMEOUT(HttpStatus.REQUEST_TIMEOUT, "the request did not arrive in time"),
  HANDLER_FAILED(HttpStatus.INTERNAL_SERVER_ERROR, "the handler failed");

  private final HttpStatus status;
  private final String text;

  HttpError(HttpStatus status, String text) {
    this.status = status;
    this.text = text;
  }

  /** What the client is answered. */
  public HttpStatus status() {
    return status;
  }

  /** What is wrong, in words. */
  public String text() {
    return text;
  }
}
