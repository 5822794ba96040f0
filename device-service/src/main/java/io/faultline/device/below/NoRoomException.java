package io.faultline.device.below;

/** The disk (or a named limit) has no room for this; nothing was changed. */
public final class NoRoomException extends RuntimeException {

  NoRoomException(String message, Throwable cause) {
    super(message, cause);
  }

  NoRoomException(String message) {
    super(message);
  }
}
