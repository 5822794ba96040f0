package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** What to do about a fault, by its cause: where alerts lead to. */
@RestController
public final class RunbooksController {

  private static final List<String> NAMES =
      List.of("media_error", "device_removed", "mapping_lost", "unknown", "events_missed", "test");

  RunbooksController() {}

  @GetMapping(path = "/v1/runbooks/{runbook}", produces = "text/markdown;charset=UTF-8")
  String runbook(@PathVariable String runbook) {
    if (!NAMES.contains(runbook)) {
      throw new ProblemException(
          Problem.notFound("There is no runbook " + Edge.quote(runbook) + "; there are " + NAMES));
    }
    try (InputStream page =
        RunbooksController.class.getResourceAsStream("/runbooks/" + runbook + ".md")) {
      if (page == null) {
        throw new IllegalStateException("runbook " + runbook + " is not in the package");
      }
      return new String(page.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
