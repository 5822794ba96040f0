package io.faultline.runtime.access;

/** A service must not start as it is configured; the message says why, the rest what to set. */
public final class StartRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String remedy;

  StartRefusedException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /** What to set. */
  public String remedy() {
    return remedy;
  }
}
