package io.faultline.device.below;

import java.io.IOException;

/** The device was deleted while its bytes were moved. */
final class MediaGoneException extends IOException {

  MediaGoneException() {
    super("the device is gone");
  }
}
