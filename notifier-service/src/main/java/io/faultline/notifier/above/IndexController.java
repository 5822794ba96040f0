package io.faultline.notifier.above;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What stands at the front door: what this is and where to look. */
@RestController
public final class IndexController {

  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en">
      <head><meta charset="utf-8"><title>Faultline</title></head>
      <body>
      <h1>Faultline</h1>
      <p>A device reports that blocks went bad, or that it is about to leave; everybody who stands
      on them learns what it means for them.</p>
      <ul>
      <li><a href="/v1/topology">/v1/topology</a>: devices, volumes, filesystems, and who stands on
      whom</li>
      <li><a href="/v1/faults">/v1/faults</a>: what each fault has become</li>
      <li><a href="/v1/events">/v1/events</a>: what the layers told; with
      <code>Accept: text/event-stream</code> as a stream that goes on</li>
      <li><a href="/v1/openapi.json">/v1/openapi.json</a>: the whole interface</li>
      </ul>
      </body>
      </html>
      """;

  @GetMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
  ResponseEntity<String> index() {
    return ResponseEntity.ok()
        .header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        .header("X-Content-Type-Options", "nosniff")
        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
        .body(PAGE);
  }
}
