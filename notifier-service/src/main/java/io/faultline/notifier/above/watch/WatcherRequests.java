package io.faultline.notifier.above.watch;

import io.faultline.events.EventType;
import io.faultline.events.FaultEvent;
import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.above.watch.Watcher.Definition;
import io.faultline.notifier.above.watch.Watcher.SinkType;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.notifier.core.delivery.RetrySchedule;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads what a watcher is asked to be; whatever is wrong names the value and the rule. */
final class WatcherRequests {

  /** What holds of an Alertmanager where nobody says otherwise: it groups and repeats by itself. */
  private static final Duration ALERTS_WAIT = Duration.ZERO;

  private static final Duration ALERTS_INTERVAL = Duration.ofSeconds(15);
  private static final Duration ALERTS_REPEAT = Duration.ofMinutes(1);

  private static final Duration LONGEST_REPEAT = Duration.ofDays(30);
  private static final int MAX_CONNECTIONS = 64;
  private static final int MAX_RATE = 10_000;

  private final NotifierProperties properties;
  private final AddressRule addresses;

  WatcherRequests(NotifierProperties properties, AddressRule addresses) {
    this.properties = properties;
    this.addresses = addresses;
  }

  /**
   * @param filter the fields of the stream's query, each a value or an array of values
   * @param sink {@code {"type":"webhook","url":…}}, {@code {"type":"kafka","topic":…}} or {@code
   *     {"type":"alertmanager","url":…}}
   * @param granularity {@code event} or {@code fault}
   * @param startFrom {@code now}, {@code beginning}, a time, an event or a cursor; only looked at
   *     where the watcher is new
   * @param tries waits between tries, ISO 8601
   * @param limits {@code {"timeout":…,"connections":…,"ratePerSecond":…}}
   */
  public record Request(
      @Nullable JsonNode filter,
      @Nullable JsonNode sink,
      @Nullable String granularity,
      @Nullable String startFrom,
      @Nullable List<String> tries,
      @Nullable String groupWait,
      @Nullable String groupInterval,
      @Nullable String repeatInterval,
      @Nullable Limits limits) {}

  /** What may be said of the calls to one watcher. */
  public record Limits(
      @Nullable String timeout, @Nullable Integer connections, @Nullable Integer ratePerSecond) {}

  Definition read(Request request) {
    SinkType type = sinkType(request.sink());
    boolean alerts = type == SinkType.ALERTMANAGER;
    Granularity granularity = granularity(request.granularity(), alerts);
    EventFilter filter = filter(request.filter());
    if (granularity == Granularity.FAULT) {
      requireOfFaults(filter);
    }
    NotifierProperties.Watchers defaults = properties.watchers();
    Limits limits = request.limits() == null ? new Limits(null, null, null) : request.limits();
    Duration maxTimeout = properties.webhooks().maxTimeout();
    return new Definition(
        filter.toFields(),
        type,
        type == SinkType.KAFKA ? null : url(request.sink()),
        type == SinkType.KAFKA ? topic(request.sink()) : null,
        granularity,
        request.tries() == null ? defaults.tries() : tries(request.tries()),
        duration(
            "groupWait",
            request.groupWait(),
            alerts ? ALERTS_WAIT : defaults.groupWait(),
            Duration.ZERO,
            Duration.ofHours(1)),
        duration(
            "groupInterval",
            request.groupInterval(),
            alerts ? ALERTS_INTERVAL : defaults.groupInterval(),
            Duration.ofMillis(100),
            Duration.ofDays(1)),
        duration(
            "repeatInterval",
            request.repeatInterval(),
            alerts ? ALERTS_REPEAT : defaults.repeatInterval(),
            Duration.ofSeconds(1),
            LONGEST_REPEAT),
        duration(
            "limits/timeout",
            limits.timeout(),
            properties.webhooks().timeout(),
            Duration.ofMillis(100),
            maxTimeout),
        number("limits/connections", limits.connections(), defaults.connections(), MAX_CONNECTIONS),
        number("limits/ratePerSecond", limits.ratePerSecond(), defaults.ratePerSecond(), MAX_RATE));
  }

  private static Granularity granularity(@Nullable String text, boolean alerts) {
    if (text == null) {
      return alerts ? Granularity.FAULT : Granularity.EVENT;
    }
    for (Granularity granularity : Granularity.values()) {
      if (granularity.name().toLowerCase(Locale.ROOT).equals(text)) {
        if (alerts && granularity == Granularity.EVENT) {
          throw wrong("An Alertmanager is told of faults, not of events", "/granularity");
        }
        return granularity;
      }
    }
    throw wrong("granularity is event or fault, but it is " + Edge.quote(text), "/granularity");
  }

  /** A filter of layers that tell of events only would let no fault through. */
  private static void requireOfFaults(EventFilter filter) {
    if (!filter.layer().isEmpty() && !filter.layer().contains(Layer.NOTIFIER)) {
      throw wrong("With granularity fault, layer is notifier or is not given", "/filter/layer");
    }
    for (EventType type : filter.type()) {
      if (!FaultEvent.class.isAssignableFrom(type.record())) {
        throw wrong(
            "With granularity fault, type is one of fault_…, but it is " + type.shortName(),
            "/filter/type");
      }
    }
  }

  private static List<Duration> tries(List<String> texts) {
    if (texts.size() > RetrySchedule.MAX_WAITS) {
      throw wrong(
          "tries has at most " + RetrySchedule.MAX_WAITS + " waits, but it has " + texts.size(),
          "/tries");
    }
    List<Duration> waits = new ArrayList<>();
    for (String text : texts) {
      waits.add(
          duration("tries", text, Duration.ZERO, Duration.ofMillis(10), RetrySchedule.LONGEST));
    }
    return waits;
  }

  private static Duration duration(
      String field, @Nullable String text, Duration otherwise, Duration least, Duration most) {
    if (text == null) {
      return otherwise;
    }
    try {
      Duration duration = Duration.parse(text);
      if (duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // Said below, with the same words as one out of bounds.
    }
    throw wrong(
        field
            + " is a duration as PT30S, from "
            + least
            + " to "
            + most
            + ", but it is "
            + Edge.quote(text),
        "/" + field);
  }

  private static int number(String field, @Nullable Integer given, int otherwise, int most) {
    if (given == null) {
      return otherwise;
    }
    if (given < 1 || given > most) {
      throw wrong(field + " is a number from 1 to " + most + ", but it is " + given, "/" + field);
    }
    return given;
  }

  static EventFilter filter(@Nullable JsonNode filter) {
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
        // What is no field at all is told as that, whatever it holds.
        if (!value.isString() && EventFilter.FIELDS.contains(field.getKey())) {
          throw wrong(
              field.getKey() + " is a text or an array of texts", "/filter/" + field.getKey());
        }
        values.add(value.isString() ? value.asString() : value.toString());
      }
      fields.put(field.getKey(), values);
    }
    return switch (EventFilter.parse(fields)) {
      case EventFilter.Parsed.Ok ok -> ok.filter();
      case EventFilter.Parsed.Refused refused ->
          throw wrong(refused.detail(), "/filter/" + pointer(refused.field()));
    };
  }

  private static SinkType sinkType(@Nullable JsonNode sink) {
    if (sink == null || !sink.isObject() || !sink.path("type").isString()) {
      throw wrong("sink is an object with a type", "/sink");
    }
    String text = sink.get("type").asString();
    for (SinkType type : SinkType.values()) {
      if (type.name().toLowerCase(Locale.ROOT).equals(text)) {
        requireKnown(sink, type == SinkType.KAFKA ? "topic" : "url");
        return type;
      }
    }
    throw wrong(
        "The type of a sink is webhook, kafka or alertmanager, but it is " + Edge.quote(text),
        "/sink/type");
  }

  private static void requireKnown(JsonNode sink, String field) {
    for (String name : sink.propertyNames()) {
      if (!Set.of("type", field).contains(name)) {
        throw wrong(
            "The field " + Edge.quote(name) + " is not known; known are type, " + field,
            "/sink/" + pointer(name));
      }
    }
  }

  private static String topic(@Nullable JsonNode sink) {
    String topic =
        sink != null && sink.path("topic").isString() ? sink.get("topic").asString() : null;
    if (topic == null) {
      throw wrong("sink has a topic, a text", "/sink/topic");
    }
    if (!WatchTopics.isName(topic)) {
      throw new ProblemException(
          Problem.refused(
                  "topic-not-allowed",
                  "Watchers are told in topics of their own only",
                  "topic begins with "
                      + WatchTopics.PREFIX
                      + " and goes on with letters, digits, dots, dashes and underscores, but it is"
                      + " "
                      + Edge.quote(topic))
              .at("/sink/topic", "not allowed"));
    }
    return topic;
  }

  private String url(@Nullable JsonNode sink) {
    String url = sink != null && sink.path("url").isString() ? sink.get("url").asString() : null;
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

  static ProblemException wrong(String detail, String pointer) {
    return new ProblemException(Problem.malformed(detail).at(pointer, detail));
  }

  private static String pointer(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
