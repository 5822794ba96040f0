package io.faultline.standalone;

/** Why Faultline cannot start, in one line for the person who started it; exit code 1. */
final class StartFailure extends RuntimeException {

  StartFailure(String line) {
    super(line);
  }

  StartFailure(String line, Throwable cause) {
    super(line, cause);
  }
}
