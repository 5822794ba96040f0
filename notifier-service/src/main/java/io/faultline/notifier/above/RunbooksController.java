package io.faultline.notifier.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** What to do about an alert or a fault: where alerts and notifications link to. */
@RestController
public final class RunbooksController {

  private static final String DOCUMENT = "/io/faultline/notifier/OPERATIONS.md";
  private static final String TEXT = "text/plain;charset=UTF-8";

  private final Runbooks runbooks;

  public RunbooksController() {
    try (InputStream in = RunbooksController.class.getResourceAsStream(DOCUMENT)) {
      if (in == null) {
        throw new IllegalStateException(DOCUMENT + " is not in the jar");
      }
      runbooks = Runbooks.of(new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @GetMapping(path = "/v1/runbooks", produces = TEXT)
  String names() {
    return String.join("\n", runbooks.names()) + "\n";
  }

  @GetMapping(path = "/v1/runbooks/{page}", produces = TEXT)
  String page(@PathVariable String page) {
    String text = runbooks.page(page);
    if (text == null) {
      throw new ProblemException(
          Problem.notFound(
              "There is no runbook " + Edge.quote(page) + "; GET /v1/runbooks names all"));
    }
    return text;
  }
}
