package io.faultline.runtime.http;

import java.io.IOException;

/**
 * An answer whose beginning is sent already cannot be finished. The connection is closed, which is
 * how the client sees it; nothing may be written any more, or it would be taken for content.
 */
public final class BrokenAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  public BrokenAnswerException(String message) {
    super(message);
  }
}
