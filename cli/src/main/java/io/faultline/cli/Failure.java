package io.faultline.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Why a command could not be carried out, for the person who typed it. It ends the command; {@link
 * Faultline} prints it and turns it into the exit code.
 */
final class Failure extends RuntimeException {

  private final ExitCode exitCode;
  private final transient List<String> more;
  private final transient @Nullable JsonNode problem;

  private Failure(ExitCode exitCode, String line, List<String> more, @Nullable JsonNode problem) {
    super(line);
    this.exitCode = exitCode;
    this.more = more;
    this.problem = problem;
  }

  /**
   * @param line what went wrong, naming the value
   * @param more what can be done about it, a line each
   */
  static Failure of(ExitCode exitCode, String line, String... more) {
    return new Failure(exitCode, line, List.of(more), null);
  }

  /** What the service answered instead of doing it. */
  static Failure answered(int status, JsonNode problem, List<String> more) {
    String title = problem.path("title").asString("HTTP " + status);
    String detail = problem.path("detail").asString("");
    return new Failure(
        ExitCode.of(status), detail.isEmpty() ? title : title + ": " + detail, more, problem);
  }

  ExitCode exitCode() {
    return exitCode;
  }

  List<String> more() {
    return more;
  }

  /** The service's own words; null if it said none. */
  @Nullable JsonNode problem() {
    return problem;
  }
}
