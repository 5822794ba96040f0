package io.faultline.device.below;

import io.faultline.device.core.DeviceCommand;
import io.faultline.runtime.Reply;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Problem;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request that may come again under the same id.
 *
 * @param order which of the host's answers it is; the lowest are forgotten first
 * @param fingerprint of the command that it answers: the same id with another command is refused;
 *     null if it was kept before commands had one
 */
record KeptAnswer(
    long order, int status, String contentType, byte[] body, @Nullable String fingerprint) {

  /** Keys of the shell begin with {@code #}; those of the core never do. */
  static final String KEY = "#answered/";

  private static final SealedCodec<DeviceCommand> COMMANDS = new SealedCodec<>(DeviceCommand.class);

  /**
   * SHA-256 of what a command means, hexadecimal: whatever the order of the fields was in the body,
   * and whether what is usual was said or left out.
   */
  static String fingerprint(DeviceCommand command) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(COMMANDS.encode(command)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** What a request is answered that comes under the same id. */
  Reply reply(String commandId, @Nullable String asked) {
    return fingerprint == null || fingerprint.equals(asked)
        ? new Reply(status, contentType, body)
        : Slice.refused(Problem.keyReused(commandId));
  }
}
