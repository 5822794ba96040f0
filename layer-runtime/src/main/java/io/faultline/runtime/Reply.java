package io.faultline.runtime;

/**
 * The answer to a command, ready for HTTP.
 *
 * @param status an HTTP status
 * @param contentType of the body; empty where there is none
 * @param body empty where there is none
 */
public record Reply(int status, String contentType, byte[] body) {

  public boolean isSuccess() {
    return status < 300;
  }
}
