package io.faultline.cli;

/** What a script learns without reading a word; documented in docs/CLI.md. */
enum ExitCode {
  /** Done. */
  OK(0),
  /** A bug of this program, or something that nobody thought of. */
  BUG(1),
  /** The command line is wrong; nothing was sent. */
  USAGE(2),
  /** There is no such thing (404). */
  NOT_FOUND(3),
  /** Refused by the rules or by the state of things (409, 412, 413, 422, 423, 428, 507). */
  REFUSED(4),
  /** Not known, or not allowed to (401, 403). */
  FORBIDDEN(5),
  /** Not reachable, not ready or too slow (no answer, 429, 503, 504): try again. */
  UNAVAILABLE(6),
  /** A bug of the service (500 and what else it should not answer). */
  SERVER(7);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** For an HTTP status that is not 2xx. */
  static ExitCode of(int status) {
    return switch (status) {
      case 400, 405, 406, 415 -> USAGE;
      case 401, 403 -> FORBIDDEN;
      case 404 -> NOT_FOUND;
      case 409, 412, 413, 422, 423, 428, 507 -> REFUSED;
      case 429, 502, 503, 504 -> UNAVAILABLE;
      default -> SERVER;
    };
  }
}
