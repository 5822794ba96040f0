package io.faultline.dm.above.dump;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;

/** Ends the reading of a dump where it is not as it must be. */
public final class BadDumpException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long line;
  private final String text;
  private final String rule;

  /**
   * @param line from 1
   * @param text what stands there
   * @param rule what would be right
   */
  BadDumpException(long line, String text, String rule) {
    super(rule, null, false, false);
    this.line = line;
    this.text = text;
    this.rule = rule;
  }

  public Problem problem() {
    return Problem.refused(
            "bad-line",
            "A line of the body cannot be imported",
            "Line " + line + ", " + Edge.quote(text) + ": " + rule)
        .with("line", line)
        .with("text", Edge.quote(text))
        .with("rule", rule);
  }
}
