package io.faultline.notifier.below;

/** Kafka does not answer just now; nothing is lost by coming again. */
public final class UnreachableException extends RuntimeException {

  public UnreachableException(String why) {
    super(why);
  }

  public UnreachableException(Throwable cause) {
    super("Kafka does not answer: " + cause.getMessage(), cause);
  }
}
