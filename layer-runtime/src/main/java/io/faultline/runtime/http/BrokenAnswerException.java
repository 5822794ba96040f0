package io.faultline.runtime.http;

import org.apache.coyote.CloseNowException;

/**
 * An answer whose beginning is sent already cannot be finished. The connection is closed, which is
 * how the client sees it; nothing may be written any more, or it would be taken for content. Tomcat
 * does not log its own kind of this as an error, and it is none: what was read has gone, or the
 * reader may not go on.
 */
public final class BrokenAnswerException extends CloseNowException {
  private static final long serialVersionUID = 1L;

  public BrokenAnswerException(String message) {
    super(message);
  }
}
