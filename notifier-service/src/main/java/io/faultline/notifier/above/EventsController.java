package io.faultline.notifier.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Json;
import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.below.EventFeed;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.EventPage;
import io.faultline.notifier.below.From;
import io.faultline.notifier.below.HeardEvent;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The events of all layers, as a stream that goes on or page by page. */
@RestController
public final class EventsController {

  private static final Logger log = LoggerFactory.getLogger(EventsController.class);

  private final EventHub hub;
  private final NotifierProperties.Streams settings;
  private final Semaphore free;
  private final Counter streamed;

  public EventsController(
      EventHub hub, NotifierProperties.Streams settings, MeterRegistry registry) {
    this.hub = hub;
    this.settings = settings;
    this.free = new Semaphore(settings.max());
    this.streamed = registry.counter("faultline.notifier.events.streamed");
    Gauge.builder("faultline.notifier.streams.open", () -> settings.max() - free.availablePermits())
        .register(registry);
  }

  @Operation(
      summary =
          "The events: a stream that goes on (Accept: text/event-stream), or page by page (JSON)",
      parameters = {
        @Parameter(
            in = ParameterIn.QUERY,
            name = "from",
            description = "beginning, now, an RFC 3339 time, or the id of an event"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "after",
            description = "JSON: the next or cursor of a page"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "limit",
            description = "JSON: events of a page, 1 to 1000"),
        @Parameter(in = ParameterIn.HEADER, name = "Last-Event-ID", description = "goes on there"),
        @Parameter(in = ParameterIn.QUERY, name = "layer", description = "device, dm, fs"),
        @Parameter(in = ParameterIn.QUERY, name = "type", description = "with or without prefix"),
        @Parameter(in = ParameterIn.QUERY, name = "host"),
        @Parameter(in = ParameterIn.QUERY, name = "device"),
        @Parameter(in = ParameterIn.QUERY, name = "volume"),
        @Parameter(in = ParameterIn.QUERY, name = "filesystem"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "path",
            description = "* within a folder, ** across, ? one character"),
        @Parameter(in = ParameterIn.QUERY, name = "fault", description = "the id of a fault"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "severity",
            description = "at least: info, warning, error, critical")
      })
  @GetMapping(path = "/v1/events", produces = MediaType.ALL_VALUE)
  void events(
      @Parameter(hidden = true) HttpServletRequest request,
      @Parameter(hidden = true) HttpServletResponse response)
      throws IOException {
    boolean stream = wantsStream(request.getHeader(HttpHeaders.ACCEPT));
    EventQuery query = EventQuery.parse(request.getParameterMap());
    try {
      if (stream) {
        stream(
            query,
            request.getHeader("Last-Event-ID"),
            request.getMethod().equals("HEAD"),
            response);
      } else {
        page(query, response);
      }
    } catch (UnreachableException e) {
      throw new ProblemException(Problem.unavailable(String.valueOf(e.getMessage())));
    }
  }

  /** What the client likes best; where it does not care, JSON. */
  private static boolean wantsStream(@Nullable String accept) {
    if (accept == null || accept.isBlank()) {
      return false;
    }
    double json = 0;
    double events = 0;
    try {
      for (MediaType type : MediaType.parseMediaTypes(accept)) {
        double quality = type.getQualityValue();
        if (type.includes(MediaType.APPLICATION_JSON)
            || type.isCompatibleWith(MediaType.parseMediaType("application/*+json"))) {
          json = Math.max(json, quality);
        }
        if (type.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM)
            || (type.isWildcardSubtype() && type.getType().equals("text"))) {
          events = Math.max(events, quality);
        }
      }
    } catch (InvalidMediaTypeException e) {
      throw Edge.malformed("Accept is a list of media types, but it is " + Edge.quote(accept));
    }
    if (json == 0 && events == 0) {
      throw new ProblemException(
          new Problem(
              "not-acceptable",
              406,
              "There is no answer in a form that you accept",
              "Events come as text/event-stream or application/json, not as "
                  + Edge.quote(accept)));
    }
    return events > 0 && events >= json;
  }

  private void stream(
      EventQuery query,
      @Nullable String lastEventId,
      boolean headOnly,
      HttpServletResponse response)
      throws IOException {
    if (query.after() != null || query.limit() != null) {
      throw Edge.malformed(
          "after and limit are for pages; a stream begins at from or at Last-Event-ID");
    }
    From from = lastEventId == null ? query.from() : EventQuery.from("Last-Event-ID", lastEventId);
    if (!free.tryAcquire()) {
      throw new ProblemException(
          new Problem(
              "too-many-streams",
              503,
              "There are as many streams as this instance serves",
              settings.max() + " streams are open, the limit of faultline.notifier.streams.max"));
    }
    try (EventFeed feed = open(query, from == null ? new From.Now() : from, lastEventId)) {
      response.setContentType("text/event-stream;charset=UTF-8");
      response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      // Proxies that buffer would hold events back.
      response.setHeader("X-Accel-Buffering", "no");
      if (!headOnly) {
        follow(feed, response);
      }
    } finally {
      free.release();
    }
  }

  private EventFeed open(EventQuery query, From from, @Nullable String lastEventId) {
    try {
      return hub.open(from, query.filter(), EventFeed.WhenSlow.DROP, settings.queue());
    } catch (IllegalArgumentException e) {
      throw EventQuery.notAPoint(
          lastEventId == null ? "from" : "Last-Event-ID",
          from instanceof From.After after ? after.cursor().toString() : from.toString(),
          e);
    }
  }

  /** Nothing can be answered any more once the stream has begun: it goes on or it ends. */
  private void follow(EventFeed feed, HttpServletResponse response) {
    try {
      new EventStream(feed, response.getOutputStream(), settings.heartbeat(), streamed)
          .run(settings.retry());
    } catch (IOException e) {
      log.debug("a client of the stream is gone: {}", e.getMessage());
    } catch (UnreachableException e) {
      log.debug("a stream ends, its client comes again: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void page(EventQuery query, HttpServletResponse response) throws IOException {
    From from = query.after() != null ? query.after() : query.from();
    int limit = query.limit() == null ? EventQuery.DEFAULT_LIMIT : query.limit();
    EventPage page;
    try {
      page = hub.page(from == null ? new From.Beginning() : from, query.filter(), limit);
    } catch (IllegalArgumentException e) {
      throw EventQuery.notAPoint(
          query.after() == null ? "from" : "after",
          from instanceof From.After after ? after.cursor().toString() : String.valueOf(from),
          e);
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes("{\"items\":[".getBytes(UTF_8));
    List<HeardEvent> items = page.items();
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        body.write(',');
      }
      body.writeBytes(items.get(i).structured());
    }
    String cursor = Json.LENIENT.writeValueAsString(page.cursor().toString());
    body.writeBytes(
        ("],\"next\":"
                + (page.more() ? cursor : "null")
                + ",\"cursor\":"
                + cursor
                + (page.resync() ? ",\"resync\":true" : "")
                + "}")
            .getBytes(UTF_8));
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setContentLength(body.size());
    body.writeTo(response.getOutputStream());
  }
}
