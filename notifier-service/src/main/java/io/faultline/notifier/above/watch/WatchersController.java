package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Json;
import io.faultline.notifier.above.watch.WatcherStore.Change;
import io.faultline.notifier.above.watch.Webhook.Outcome;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.notifier.core.EventFilter;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Durable watchers: who is called when what happens. */
@RestController
public final class WatchersController {

  static final int MAX_WATCHERS = 1_000;

  private static final int DEFAULT_LIMIT = 100;
  private static final Set<String> LATER_SINKS = Set.of("kafka", "alertmanager");

  private final WatcherStore store;
  private final DeliveryEngine engine;
  private final EventHub hub;
  private final Webhook webhook;
  private final AddressRule addresses;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  WatchersController(
      WatcherStore store,
      DeliveryEngine engine,
      EventHub hub,
      Webhook webhook,
      AddressRule addresses,
      Clock clock) {
    this.store = store;
    this.engine = engine;
    this.hub = hub;
    this.webhook = webhook;
    this.addresses = addresses;
    this.clock = clock;
  }

  /**
   * @param filter the fields of the stream's query, each a value or an array of values
   * @param sink {@code {"type":"webhook","url":…}}
   */
  public record Request(@Nullable JsonNode filter, @Nullable JsonNode sink) {}

  /** What is to be answered: the status, the watcher, and its secret if it was made just now. */
  private record Answered(int status, @Nullable Watcher watcher, boolean withSecret) {}

  @PutMapping(path = "/v1/watchers/{watcher}", consumes = "application/json")
  ResponseEntity<Map<String, Object>> put(
      @PathVariable String watcher,
      @RequestBody Request request,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    String name = Edge.name("watcher", watcher);
    EventFilter filter = filter(request.filter());
    String url = url(request.sink());
    return answer(
        reachable(
            () -> {
              String start = hub.now().toString();
              return store.change(name, known -> put(name, known, filter, url, start, ifMatch));
            }));
  }

  private Change<Answered> put(
      String name,
      @Nullable Watcher known,
      EventFilter filter,
      String url,
      String start,
      @Nullable String ifMatch) {
    if (known == null) {
      if (ifMatch != null) {
        throw new ProblemException(precondition("There is no watcher " + name));
      }
      if (store.known().size() >= MAX_WATCHERS) {
        throw new ProblemException(
            new Problem(
                "too-many-watchers",
                507,
                "There are as many watchers as are kept",
                "There are " + MAX_WATCHERS + " watchers, and no more are kept"));
      }
      Watcher made =
          new Watcher(
              name,
              UUID.randomUUID().toString(),
              1,
              clock.instant(),
              filter.toFields(),
              url,
              WebhookSecret.generate(random),
              start,
              false);
      return new Change.Keep<>(made, new Answered(201, made, true));
    }
    boolean same = known.eventFilter().equals(filter) && known.url().equals(url);
    if (ifMatch != null) {
      requireMatch(known, ifMatch);
    } else if (!same) {
      throw new ProblemException(
          Problem.conflict(
              "watcher-exists",
              "A watcher of that name is there already",
              name
                  + " has another filter or sink; PUT with If-Match: "
                  + etag(known)
                  + " replaces it"));
    }
    if (same) {
      return new Change.Nothing<>(new Answered(200, known, false));
    }
    Watcher replaced = known.replacedBy(filter, url);
    return new Change.Keep<>(replaced, new Answered(200, replaced, false));
  }

  @GetMapping("/v1/watchers")
  Map<String, Object> list(
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    int wanted = limit == null ? DEFAULT_LIMIT : limit;
    if (wanted < 1 || wanted > MAX_WATCHERS) {
      throw Edge.malformed("limit is a number from 1 to " + MAX_WATCHERS + ", but it is " + wanted);
    }
    String last = after == null ? "" : Edge.name("watcher", after);
    List<Map<String, Object>> items = new ArrayList<>();
    boolean more = false;
    for (CompactedView.Entry<Watcher> entry :
        reachable(store::current).tailMap(last, false).values()) {
      if (items.size() == wanted) {
        more = true;
        break;
      }
      items.add(view(entry.value()));
      last = entry.value().name();
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("items", items);
    page.put("next", more ? last : null);
    return page;
  }

  @GetMapping("/v1/watchers/{watcher}")
  ResponseEntity<Map<String, Object>> get(@PathVariable String watcher) {
    return answer(new Answered(200, known(watcher), false));
  }

  @DeleteMapping("/v1/watchers/{watcher}")
  ResponseEntity<Map<String, Object>> delete(
      @PathVariable String watcher,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return change(
        watcher,
        known -> {
          if (ifMatch != null) {
            requireMatch(known, ifMatch);
          }
          return new Change.Remove<>(new Answered(204, null, false));
        });
  }

  @PostMapping("/v1/watchers/{watcher}/pause")
  ResponseEntity<Map<String, Object>> pause(@PathVariable String watcher) {
    return change(watcher, known -> paused(known, true));
  }

  @PostMapping("/v1/watchers/{watcher}/resume")
  ResponseEntity<Map<String, Object>> resume(@PathVariable String watcher) {
    return change(watcher, known -> paused(known, false));
  }

  private static Change<Answered> paused(Watcher known, boolean paused) {
    if (known.paused() == paused) {
      return new Change.Nothing<>(new Answered(200, known, false));
    }
    Watcher now = known.pausedNow(paused);
    return new Change.Keep<>(now, new Answered(200, now, false));
  }

  /** The last tries, newest first, as far as this instance made them. */
  @GetMapping("/v1/watchers/{watcher}/deliveries")
  Map<String, Object> deliveries(@PathVariable String watcher) {
    WatcherRun run = engine.run(known(watcher).name());
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("items", run == null ? List.of() : run.deliveries());
    page.put("next", null);
    return page;
  }

  /** Calls the webhook once, as for any event, and tells how that ended. */
  @PostMapping("/v1/watchers/{watcher}/test")
  Map<String, Object> test(@PathVariable String watcher) {
    Watcher known = known(watcher);
    Instant now = clock.instant();
    String id = "watcher-test:" + UUID.randomUUID();
    ObjectNode event = Json.LENIENT.createObjectNode();
    event.put("specversion", "1.0");
    event.put("id", id);
    event.put("source", "/watchers/" + known.name());
    event.put("type", "io.faultline.watcher_test");
    event.put("time", now.toString());
    event.put("datacontenttype", "application/json");
    event.putObject("data").put("watcher", known.name());
    long begun = System.nanoTime();
    Outcome outcome =
        webhook.call(
            known.url(),
            WebhookSecret.parse(known.secret()),
            id,
            now,
            Json.LENIENT.writeValueAsString(event).getBytes(UTF_8));
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("id", id);
    switch (outcome) {
      case Outcome.Delivered delivered -> {
        told.put("outcome", "delivered");
        told.put("status", delivered.status());
      }
      case Outcome.Failed failed -> {
        told.put("outcome", "failed");
        told.put("status", failed.status());
        told.put("error", failed.reason());
      }
    }
    told.put("durationMillis", (System.nanoTime() - begun) / 1_000_000);
    return told;
  }

  private Watcher known(String watcher) {
    String name = Edge.name("watcher", watcher);
    CompactedView.Entry<Watcher> entry = reachable(store::current).get(name);
    if (entry == null) {
      throw unknown(name);
    }
    return entry.value();
  }

  private ResponseEntity<Map<String, Object>> change(
      String watcher, Function<Watcher, Change<Answered>> decide) {
    String name = Edge.name("watcher", watcher);
    return answer(
        reachable(
            () ->
                store.change(
                    name,
                    known -> {
                      if (known == null) {
                        throw unknown(name);
                      }
                      return decide.apply(known);
                    })));
  }

  private static ProblemException unknown(String name) {
    return new ProblemException(Problem.notFound("There is no watcher " + name));
  }

  private static <T> T reachable(Supplier<T> work) {
    try {
      return work.get();
    } catch (UnreachableException e) {
      throw new ProblemException(Problem.unavailable(String.valueOf(e.getMessage())));
    }
  }

  private static void requireMatch(Watcher known, String ifMatch) {
    if (!ifMatch.equals("*") && !ifMatch.equals(etag(known))) {
      throw new ProblemException(
          precondition(known.name() + " is at " + etag(known) + ", not at " + ifMatch));
    }
  }

  private static Problem precondition(String detail) {
    return new Problem(
        "precondition-failed", 412, "It is not what If-Match says that it is", detail);
  }

  private static String etag(Watcher watcher) {
    return "\"" + watcher.revision() + "\"";
  }

  private ResponseEntity<Map<String, Object>> answer(Answered answered) {
    Watcher watcher = answered.watcher();
    if (watcher == null) {
      return ResponseEntity.status(answered.status()).build();
    }
    Map<String, Object> view = view(watcher);
    if (answered.withSecret()) {
      view.put("secret", watcher.secret());
    }
    return ResponseEntity.status(answered.status())
        .header(HttpHeaders.ETAG, etag(watcher))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .body(view);
  }

  /** Without the secret. */
  private Map<String, Object> view(Watcher watcher) {
    Map<String, Object> sink = new LinkedHashMap<>();
    sink.put("type", "webhook");
    sink.put("url", watcher.url());
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", watcher.name());
    view.put("filter", watcher.filter());
    view.put("sink", sink);
    view.put("state", watcher.paused() ? "paused" : "active");
    view.put("createdAt", watcher.createdAt());
    Progress progress = store.progress(watcher);
    view.put("delivered", progress == null ? 0 : progress.delivered());
    view.put("cursor", progress == null ? watcher.start() : progress.cursor());
    WatcherRun run = engine.run(watcher.name());
    if (run != null) {
      view.put("failures", run.failures());
    }
    return view;
  }

  private static EventFilter filter(@Nullable JsonNode filter) {
    if (filter == null || filter.isNull()) {
      return EventFilter.ALL;
    }
    if (!filter.isObject()) {
      throw wrong("filter is an object of fields", "/filter");
    }
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : filter.properties()) {
      List<String> values = new ArrayList<>();
      List<JsonNode> given =
          field.getValue().isArray()
              ? List.copyOf(field.getValue().values())
              : List.of(field.getValue());
      for (JsonNode value : given) {
        if (!value.isString()) {
          throw wrong(
              field.getKey() + " is a text or an array of texts", "/filter/" + field.getKey());
        }
        values.add(value.asString());
      }
      fields.put(field.getKey(), values);
    }
    return switch (EventFilter.parse(fields)) {
      case EventFilter.Parsed.Ok ok -> ok.filter();
      case EventFilter.Parsed.Refused refused ->
          throw wrong(refused.detail(), "/filter/" + pointer(refused.field()));
    };
  }

  private String url(@Nullable JsonNode sink) {
    if (sink == null || !sink.isObject() || !sink.path("type").isString()) {
      throw wrong("sink is an object with a type", "/sink");
    }
    String type = sink.get("type").asString();
    if (LATER_SINKS.contains(type)) {
      throw new ProblemException(
          Problem.refused(
                  "sink-not-supported",
                  "This kind of sink is not built yet",
                  "Sinks of type " + type + " come later; webhook is there")
              .at("/sink/type", "not supported yet"));
    }
    if (!type.equals("webhook")) {
      throw wrong(
          "The type of a sink is webhook, kafka or alertmanager, but it is " + Edge.quote(type),
          "/sink/type");
    }
    for (String name : sink.propertyNames()) {
      if (!name.equals("type") && !name.equals("url")) {
        throw wrong(
            "The field " + Edge.quote(name) + " is not known; known are type, url",
            "/sink/" + pointer(name));
      }
    }
    String url = sink.path("url").isString() ? sink.get("url").asString() : null;
    return switch (addresses.check(url)) {
      case AddressRule.Checked.Ok ok -> ok.url();
      case AddressRule.Checked.Malformed malformed -> throw wrong(malformed.detail(), "/sink/url");
      case AddressRule.Checked.Forbidden forbidden ->
          throw new ProblemException(
              Problem.refused(
                      "address-not-allowed",
                      "Webhooks do not call this address",
                      forbidden.detail())
                  .at("/sink/url", "not allowed"));
    };
  }

  private static ProblemException wrong(String detail, String pointer) {
    return new ProblemException(Problem.malformed(detail).at(pointer, detail));
  }

  private static String pointer(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
