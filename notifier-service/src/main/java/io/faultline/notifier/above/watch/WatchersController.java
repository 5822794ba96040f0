package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.above.watch.Watcher.Definition;
import io.faultline.notifier.above.watch.Watcher.KeptMute;
import io.faultline.notifier.above.watch.Watcher.Replay;
import io.faultline.notifier.above.watch.Watcher.Secret;
import io.faultline.notifier.above.watch.Watcher.SinkType;
import io.faultline.notifier.above.watch.WatcherStore.Change;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
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

/** Durable watchers: who is told when what happens. */
@RestController
public final class WatchersController {

  private static final int MAX_PAGE = 1_000;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_MUTES = 64;
  private static final Duration LONGEST_MUTE = Duration.ofDays(30);

  /** Secrets that a webhook is signed with at a time. */
  private static final int MAX_SECRETS = 5;

  private static final Duration OLD_SECRET = Duration.ofDays(1);
  private static final Duration LONGEST_OLD_SECRET = Duration.ofDays(30);

  private final WatcherStore store;
  private final WatcherViews views;
  private final Places places;
  private final Sinks sinks;
  private final WatchTopics topics;
  private final SecretBox box;
  private final WatcherRequests requests;
  private final NotifierProperties properties;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  WatchersController(
      WatcherStore store,
      WatcherViews views,
      Places places,
      Sinks sinks,
      WatchTopics topics,
      SecretBox box,
      WatcherRequests requests,
      NotifierProperties properties,
      Clock clock) {
    this.store = store;
    this.views = views;
    this.places = places;
    this.sinks = sinks;
    this.topics = topics;
    this.box = box;
    this.requests = requests;
    this.properties = properties;
    this.clock = clock;
  }

  /**
   * What is to be answered.
   *
   * @param secret what was made just now and is shown this once
   */
  private record Answered(int status, @Nullable Watcher watcher, @Nullable String secret) {}

  @PutMapping(path = "/v1/watchers/{watcher}", consumes = "application/json")
  ResponseEntity<Map<String, Object>> put(
      @PathVariable String watcher,
      @RequestBody WatcherRequests.Request request,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    String name = Edge.name("watcher", watcher);
    Definition definition = requests.read(request);
    return answer(
        reachable(
            () -> {
              String start =
                  request.startFrom() == null
                      ? places.now().toString()
                      : places.resolve("startFrom", request.startFrom()).toString();
              if (definition.topic() != null) {
                topics.ensure(definition.topic());
              }
              return store.change(name, known -> put(name, known, definition, start, ifMatch));
            }));
  }

  private Change<Answered> put(
      String name,
      @Nullable Watcher known,
      Definition definition,
      String start,
      @Nullable String ifMatch) {
    if (known == null) {
      if (ifMatch != null) {
        throw new ProblemException(precondition("There is no watcher " + name));
      }
      int max = properties.watchers().max();
      if (store.known().size() >= max) {
        throw new ProblemException(
            new Problem(
                "too-many-watchers",
                507,
                "There are as many watchers as are kept",
                "There are " + max + " watchers, and no more are kept"));
      }
      String id = UUID.randomUUID().toString();
      String secret = secretFor(definition);
      Watcher made =
          new Watcher(
              name,
              id,
              1,
              clock.instant(),
              definition,
              sealed(id, secret),
              start,
              null,
              false,
              List.of());
      return new Change.Keep<>(made, new Answered(201, made, secret));
    }
    boolean same = known.definition().equals(definition);
    if (ifMatch != null) {
      requireMatch(known, ifMatch);
    } else if (!same) {
      throw new ProblemException(
          Problem.conflict(
              "watcher-exists",
              "A watcher of that name is there already",
              name + " is defined otherwise; PUT with If-Match: " + etag(known) + " replaces it"));
    }
    if (same) {
      return new Change.Nothing<>(new Answered(200, known, null));
    }
    boolean newSecret = known.secrets().isEmpty() && definition.type() == SinkType.WEBHOOK;
    String secret = newSecret ? secretFor(definition) : null;
    List<Secret> secrets =
        definition.type() != SinkType.WEBHOOK
            ? List.of()
            : newSecret ? sealed(known.id(), secret) : known.secrets();
    Watcher replaced = known.replacedBy(definition, secrets);
    return new Change.Keep<>(replaced, new Answered(200, replaced, secret));
  }

  private @Nullable String secretFor(Definition definition) {
    return definition.type() == SinkType.WEBHOOK ? WebhookSecret.generate(random) : null;
  }

  private List<Secret> sealed(String watcherId, @Nullable String secret) {
    return secret == null ? List.of() : List.of(new Secret(box.seal(secret, watcherId), null));
  }

  @GetMapping("/v1/watchers")
  Map<String, Object> list(
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    int wanted = limit == null ? DEFAULT_LIMIT : limit;
    if (wanted < 1 || wanted > MAX_PAGE) {
      throw Edge.malformed("limit is a number from 1 to " + MAX_PAGE + ", but it is " + wanted);
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
      items.add(views.of(entry.value()));
      last = entry.value().name();
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("items", items);
    page.put("next", more ? last : null);
    return page;
  }

  @GetMapping("/v1/watchers/{watcher}")
  ResponseEntity<Map<String, Object>> get(@PathVariable String watcher) {
    return answer(new Answered(200, known(watcher), null));
  }

  @DeleteMapping("/v1/watchers/{watcher}")
  ResponseEntity<Map<String, Object>> delete(
      @PathVariable String watcher,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    return change(watcher, ifMatch, known -> new Change.Remove<>(new Answered(204, null, null)));
  }

  @PostMapping("/v1/watchers/{watcher}/pause")
  ResponseEntity<Map<String, Object>> pause(@PathVariable String watcher) {
    return change(watcher, null, known -> paused(known, true));
  }

  /** Also one goes on that was disabled because its receiver wanted no more. */
  @PostMapping("/v1/watchers/{watcher}/resume")
  ResponseEntity<Map<String, Object>> resume(@PathVariable String watcher) {
    return change(
        watcher,
        null,
        known -> {
          boolean disabled = "disabled".equals(views.of(known).get("state"));
          return disabled ? keep(known.pausedNow(false)) : paused(known, false);
        });
  }

  private static Change<Answered> paused(Watcher known, boolean paused) {
    return known.paused() == paused
        ? new Change.Nothing<>(new Answered(200, known, null))
        : keep(known.pausedNow(paused));
  }

  private static Change<Answered> keep(Watcher now) {
    return new Change.Keep<>(now, new Answered(200, now, null));
  }

  /**
   * @param from {@code beginning}, {@code now}, a time, the id of an event, or a cursor
   */
  public record ReplayRequest(@Nullable String from) {}

  /** It begins anew from there; what waits is given up, for it comes again. */
  @PostMapping(path = "/v1/watchers/{watcher}/replay", consumes = "application/json")
  ResponseEntity<Map<String, Object>> replay(
      @PathVariable String watcher, @RequestBody ReplayRequest request) {
    known(watcher);
    if (request.from() == null) {
      throw WatcherRequests.wrong("from says from where to replay, but it is missing", "/from");
    }
    String from = reachable(() -> places.resolve("from", request.from())).toString();
    return change(
        watcher,
        null,
        known -> {
          Watcher now = known.replayed(new Replay(UUID.randomUUID().toString(), from));
          return new Change.Keep<>(now, new Answered(202, now, null));
        });
  }

  /**
   * @param oldExpiresIn how long what was valid until now is signed with as well; a day if left out
   */
  public record RotateRequest(@Nullable String oldExpiresIn) {}

  @PostMapping("/v1/watchers/{watcher}/rotate-secret")
  ResponseEntity<Map<String, Object>> rotate(
      @PathVariable String watcher,
      @RequestBody(required = false) @Nullable RotateRequest request) {
    Duration overlap = overlap(request == null ? null : request.oldExpiresIn());
    return change(
        watcher,
        null,
        known -> {
          if (known.definition().type() != SinkType.WEBHOOK) {
            throw new ProblemException(
                Problem.refused(
                    "no-secret",
                    "Only webhooks have secrets",
                    known.name() + " is no webhook, so there is no secret to rotate"));
          }
          Instant now = clock.instant();
          String secret = WebhookSecret.generate(random);
          List<Secret> secrets = new ArrayList<>(sealed(known.id(), secret));
          for (Secret old : known.secrets()) {
            Instant until = now.plus(overlap);
            Instant expires =
                old.expiresAt() == null || until.isBefore(old.expiresAt())
                    ? until
                    : old.expiresAt();
            if (now.isBefore(expires) && secrets.size() < MAX_SECRETS) {
              secrets.add(new Secret(old.sealed(), expires));
            }
          }
          Watcher rotated = known.replacedBy(known.definition(), secrets);
          return new Change.Keep<>(rotated, new Answered(200, rotated, secret));
        });
  }

  private static Duration overlap(@Nullable String text) {
    if (text == null) {
      return OLD_SECRET;
    }
    try {
      Duration overlap = Duration.parse(text);
      if (!overlap.isNegative() && overlap.compareTo(LONGEST_OLD_SECRET) <= 0) {
        return overlap;
      }
    } catch (DateTimeException e) {
      // Said below.
    }
    throw WatcherRequests.wrong(
        "oldExpiresIn is a duration from PT0S to "
            + LONGEST_OLD_SECRET
            + ", but it is "
            + Edge.quote(text),
        "/oldExpiresIn");
  }

  /** Tells the watcher once, as of any event, that this is a test, and how that ended. */
  @PostMapping("/v1/watchers/{watcher}/test")
  Map<String, Object> test(@PathVariable String watcher) {
    Watcher known = known(watcher);
    String id = "watcher-test:" + UUID.randomUUID();
    TryEnd end = sinks.send(known, Message.test(id, known.name(), clock.instant()));
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("id", id);
    told.put("outcome", end.outcome() == TryEnd.Outcome.TAKEN ? "delivered" : "failed");
    told.put("status", end.status());
    put(told, "error", end.error());
    put(told, "answer", end.answer());
    told.put("durationMillis", end.durationMillis());
    return told;
  }

  private static void put(Map<String, Object> view, String name, @Nullable Object value) {
    if (value != null) {
      view.put(name, value);
    }
  }

  /**
   * @param filter what is not to be told; as a watcher's
   * @param until when that ends, at most 30 days from now
   */
  public record MuteRequest(
      @Nullable JsonNode filter,
      @Nullable String until,
      @Nullable String by,
      @Nullable String reason) {}

  @PutMapping(path = "/v1/watchers/{watcher}/mutes/{mute}", consumes = "application/json")
  ResponseEntity<Map<String, Object>> mute(
      @PathVariable String watcher,
      @PathVariable String mute,
      @RequestBody MuteRequest request,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    String name = Edge.name("mute", mute);
    Map<String, List<String>> filter = WatcherRequests.filter(request.filter()).toFields();
    Instant until = until(request.until());
    requireShort("by", request.by(), 128);
    requireShort("reason", request.reason(), 1_024);
    return change(
        watcher,
        ifMatch,
        known -> {
          Instant now = clock.instant();
          List<KeptMute> mutes =
              new ArrayList<>(known.mutes().stream().filter(old -> !old.isOver(now)).toList());
          KeptMute old =
              mutes.stream().filter(each -> each.name().equals(name)).findFirst().orElse(null);
          KeptMute made =
              new KeptMute(
                  name,
                  filter,
                  old == null ? now : old.since(),
                  until,
                  request.by(),
                  request.reason());
          if (made.equals(old)) {
            return new Change.Nothing<>(new Answered(200, known, null));
          }
          if (old != null && ifMatch == null) {
            throw new ProblemException(
                Problem.conflict(
                    "mute-exists",
                    "A mute of that name is there already",
                    name + " is another one; DELETE it, or PUT with If-Match: " + etag(known)));
          }
          mutes.remove(old);
          if (mutes.size() >= MAX_MUTES) {
            throw new ProblemException(
                new Problem(
                    "too-many-mutes",
                    507,
                    "A watcher has as many mutes as it may",
                    known.name() + " has " + MAX_MUTES + " mutes, and no more are kept"));
          }
          mutes.add(made);
          Watcher muted = known.muted(List.copyOf(mutes));
          return new Change.Keep<>(muted, new Answered(old == null ? 201 : 200, muted, null));
        });
  }

  private Instant until(@Nullable String text) {
    Instant now = clock.instant();
    try {
      Instant until = text == null ? Instant.MIN : Instant.parse(text);
      if (until.isAfter(now) && !until.isAfter(now.plus(LONGEST_MUTE))) {
        return until;
      }
    } catch (DateTimeException e) {
      // Said below.
    }
    throw WatcherRequests.wrong(
        "until is an RFC 3339 time from now to "
            + now.plus(LONGEST_MUTE)
            + ", but it is "
            + Edge.quote(text),
        "/until");
  }

  private static void requireShort(String field, @Nullable String text, int most) {
    if (text != null && (text.length() > most || text.isBlank())) {
      throw WatcherRequests.wrong(
          field + " has 1 to " + most + " characters, but it has " + text.length(), "/" + field);
    }
  }

  @DeleteMapping("/v1/watchers/{watcher}/mutes/{mute}")
  ResponseEntity<Map<String, Object>> unmute(
      @PathVariable String watcher, @PathVariable String mute) {
    String name = Edge.name("mute", mute);
    return change(
        watcher,
        null,
        known -> {
          List<KeptMute> rest =
              known.mutes().stream().filter(each -> !each.name().equals(name)).toList();
          if (rest.size() == known.mutes().size()) {
            throw new ProblemException(
                Problem.notFound("Watcher " + known.name() + " has no mute " + name));
          }
          return new Change.Keep<>(known.muted(rest), new Answered(204, null, null));
        });
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
      String watcher, @Nullable String ifMatch, Function<Watcher, Change<Answered>> decide) {
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
                      if (ifMatch != null) {
                        requireMatch(known, ifMatch);
                      }
                      return decide.apply(known);
                    })));
  }

  static ProblemException unknown(String name) {
    return new ProblemException(Problem.notFound("There is no watcher " + name));
  }

  static <T> T reachable(Supplier<T> work) {
    try {
      return work.get();
    } catch (UnreachableException | KafkaException e) {
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
    Map<String, Object> view = views.of(watcher);
    put(view, "secret", answered.secret());
    return ResponseEntity.status(answered.status())
        .header(HttpHeaders.ETAG, etag(watcher))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .body(view);
  }
}
