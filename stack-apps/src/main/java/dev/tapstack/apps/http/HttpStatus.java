package dev.tapstack.apps.http;

import java.nio.charset.StandardCharsets;

/** The status codes that this server uses, in the words of RFC 9110 15. */
public enum HttpStatus {
  CONTINUE(100, "Continue"),
  OK(200, "OK"),
  CREATED(201, "Created"),
  ACCEPTED(202, "Accepted"),
  NO_CONTENT(204, "No Content"),
  PARTIAL_CONTENT(206, "Partial Content"),
  MOVED_PERMANENTLY(301, "Moved Permanently"),
  FOUND(302, "Found"),
  SEE_OTHER(303, "See Other"),
  NOT_MODIFIED(304, "Not Modified"),
  TEMPORARY_REDIRECT(307, "Temporary Redirect"),
  PERMANENT_REDIRECT(308, "Permanent Redirect"),
  BAD_REQUEST(400, "Bad Request"),
  UNAUTHORIZED(401, "Unauthorized"),
  FORBIDDEN(403, "Forbidden"),
  NOT_FOUND(404, "Not Found"),
  METHOD_NOT_ALLOWED(405, "Method Not Allowed"),
  NOT_ACCEPTABLE(406, "Not Acceptable"),
  REQUEST_TIMEOUT(408, "Request Timeout"),
  CONFLICT(409, "Conflict"),
  GONE(410, "Gone"),
  LENGTH_REQUIRED(411, "Length Required"),
  PRECONDITION_FAILED(412, "Precondition Failed"),
  CONTENT_TOO_LARGE(413, "Content Too Large"),
  URI_TOO_LONG(414, "URI Too Long"),
  UNSUPPORTED_MEDIA_TYPE(415, "Unsupported Media Type"),
  RANGE_NOT_SATISFIABLE(416, "Range Not Satisfiable"),
  EXPECTATION_FAILED(417, "Expectation Failed"),
  UNPROCESSABLE_CONTENT(422, "Unprocessable Content"),
  TOO_MANY_REQUESTS(429, "Too Many Requests"), // RFC 6585 4
  REQUEST_HEADER_FIELDS_TOO_LARGE(431, "Request Header Fields Too Large"), // RFC 6585 5
  INTERNAL_SERVER_ERROR(500, "Internal Server Error"),
  NOT_IMPLEMENTED(501, "Not Implemented"),
  SERVICE_UNAVAILABLE(503, "Service Unavailable"),
  HTTP_VERSION_NOT_SUPPORTED(505, "HTTP Version Not Supported"),
  INSUFFICIENT_STORAGE(507, "Insufficient Storage"); // RFC 4918 11.5

  private final int code;
  private final String reason;

  @SuppressWarnings("ImmutableEnumChecker") // never written to
  private final byte[] line;

  HttpStatus(int code, String reason) {
    this.code = code;
    this.reason = reason;
    this.line = ("HTTP/1.1 " + this + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  public int code() {
    return code;
  }

  public String reason() {
    return reason;
  }

  /** The status line with its CRLF (RFC 9112 4), always of HTTP/1.1 (RFC 9110 2.5). Not copied. */
  byte[] line() {
    return line;
  }

  /** Whether a response never has content: 1xx, 204, 304 (RFC 9112 6.3). */
  boolean isWithoutContent() {
    return code < 200 || this == NO_CONTENT || this == NOT_MODIFIED;
  }

  /** "404 Not Found". */
  @Override
  public String toString() {
    return code + " " + reason;
  }
}
