package io.faultline.device.below;

import io.faultline.runtime.Reply;

/**
 * The answer to a request that may come again under the same id.
 *
 * @param order which of the host's answers it is; the lowest are forgotten first
 */
record KeptAnswer(long order, int status, String contentType, byte[] body) {

  /** Keys of the shell begin with {@code #}; those of the core never do. */
  static final String KEY = "#answered/";

  Reply reply() {
    return new Reply(status, contentType, body);
  }
}
