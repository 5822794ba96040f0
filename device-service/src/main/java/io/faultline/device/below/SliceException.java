package io.faultline.device.below;

/** A slice folder cannot be used; the message is one line that says which, why and what to do. */
public final class SliceException extends RuntimeException {

  SliceException(String message) {
    super(message);
  }

  SliceException(String message, Throwable cause) {
    super(message, cause);
  }
}
