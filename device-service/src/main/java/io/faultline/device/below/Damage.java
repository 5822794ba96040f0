package io.faultline.device.below;

import io.faultline.runtime.core.Problem;
import java.time.Instant;

/**
 * Why a device is refused: a part of what is known of it, or its medium, is lost.
 *
 * @param file what is damaged, in the slice folder
 * @param offsetBytes where in it; 0 for a file as a whole
 * @param medium whether it is the medium: then the device comes back when the file does
 * @param since when that was found
 */
public record Damage(String file, long offsetBytes, String reason, boolean medium, Instant since) {

  /** Keys of the shell begin with {@code #}; those of the core never do. */
  static final String KEY = "#damaged/";

  /** What every call on the device answers. */
  Problem problem(String host, String device) {
    String restore =
        medium
            ? "stop the service and restore the file"
            : "restore the whole slice folder from a backup";
    return new Problem(
            "device-damaged",
            500,
            "The device is damaged and refused; others are not",
            "device "
                + device
                + ": "
                + file
                + " at byte "
                + offsetBytes
                + " "
                + reason
                + "; "
                + restore
                + ", or give the device up with DELETE /v1/hosts/"
                + host
                + "/devices/"
                + device
                + "?damaged=true")
        .with("device", device)
        .with("file", file)
        .with("offsetBytes", offsetBytes);
  }
}
