package io.faultline.deployment.setup;

import org.jspecify.annotations.Nullable;

/** Why something could not be set up, in words for the operator. */
public final class SetupException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public SetupException(String reason) {
    this(reason, null);
  }

  SetupException(String reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
