package io.faultline.runtime.http;

import io.faultline.runtime.core.Problem;

/**
 * Ends a request at the edge with a problem answer. Not for the rules of a layer: there a refusal
 * is a value.
 */
public final class ProblemException extends RuntimeException {

  private final transient Problem problem;

  public ProblemException(Problem problem) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
