package io.faultline.runtime.http;

import java.io.IOException;

/** A request body went past its limit while it was read. */
public final class BodyTooLargeException extends IOException {

  private final long limitBytes;

  BodyTooLargeException(long limitBytes) {
    super("the body is larger than " + limitBytes + " bytes");
    this.limitBytes = limitBytes;
  }

  long limitBytes() {
    return limitBytes;
  }
}
