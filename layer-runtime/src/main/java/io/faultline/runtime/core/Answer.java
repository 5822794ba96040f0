package io.faultline.runtime.core;

import org.jspecify.annotations.Nullable;

/** How a command ended. */
public sealed interface Answer {

  int status();

  /**
   * @param status an HTTP status below 300
   * @param body a record, collection or map that becomes JSON; null for none
   */
  record Done(int status, @Nullable Object body) implements Answer {}

  /** The same with a body that is text already. */
  record Text(int status, String contentType, String body) implements Answer {}

  /** It was not done, and nothing was changed. */
  record Refused(Problem problem) implements Answer {
    @Override
    public int status() {
      return problem.status();
    }
  }

  static Answer ok(Object body) {
    return new Done(200, body);
  }

  static Answer created(Object body) {
    return new Done(201, body);
  }

  static Answer accepted(Object body) {
    return new Done(202, body);
  }

  static Answer noContent() {
    return new Done(204, null);
  }
}
