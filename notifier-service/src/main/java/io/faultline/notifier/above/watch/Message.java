package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Json;
import io.faultline.notifier.below.HeardEvent;
import io.faultline.notifier.core.delivery.DeliveryFact.Content;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a sink is given: a CloudEvent, in each of the forms that sinks want.
 *
 * @param id the same for every try
 * @param structured CloudEvents structured JSON
 * @param headers of binary mode, for Kafka
 * @param data of binary mode
 * @param content of a notification of a fault; null for everything else
 * @param traceparent the trace of the event; null for what no one event caused
 */
record Message(
    String id,
    String type,
    String host,
    @Nullable String faultId,
    Instant time,
    byte[] structured,
    Headers headers,
    byte[] data,
    @Nullable Content content,
    @Nullable String traceparent) {

  static Message of(HeardEvent heard) {
    Event event = heard.event();
    return new Message(
        event.id(),
        event.type().ceType(),
        event.host(),
        event.faultId(),
        event.time(),
        heard.structured(),
        EventCodec.headers(event),
        EventCodec.data(event),
        null,
        event.traceparent());
  }

  /** Of what is in no log. */
  static Message of(Notice notice, Content content, String watcher) {
    ObjectNode data = Json.LENIENT.createObjectNode();
    data.put("host", notice.host());
    data.put("watcher", watcher);
    if (content.fault() != null) {
      data.set("fault", Json.LENIENT.valueToTree(content.fault()));
      data.set("changes", Json.LENIENT.valueToTree(content.changes()));
      data.put("notification", content.number());
      if (content.by() != null) {
        data.put("by", content.by());
      }
      if (content.reason() != null) {
        data.put("reason", content.reason());
      }
    } else {
      data.put("detail", content.gap());
    }
    return made(
        notice.id(),
        notice.type(),
        "/watchers/" + watcher,
        notice.host(),
        notice.faultId(),
        notice.time(),
        data,
        content,
        null);
  }

  /** What says that it is only a test. */
  static Message test(String id, String watcher, Instant now) {
    ObjectNode data = Json.LENIENT.createObjectNode();
    data.put("watcher", watcher);
    data.put("test", true);
    return made(
        id,
        "io.faultline.watcher_test",
        "/watchers/" + watcher,
        "test",
        null,
        now,
        data,
        null,
        null);
  }

  private static Message made(
      String id,
      String type,
      String source,
      String host,
      @Nullable String faultId,
      Instant time,
      ObjectNode data,
      @Nullable Content content,
      @Nullable String traceparent) {
    RecordHeaders headers = new RecordHeaders();
    ObjectNode event = Json.LENIENT.createObjectNode();
    attribute(event, headers, "specversion", "1.0");
    attribute(event, headers, "id", id);
    attribute(event, headers, "source", source);
    attribute(event, headers, "type", type);
    attribute(event, headers, "time", time.toString());
    if (faultId != null) {
      attribute(event, headers, "faultid", faultId);
    }
    event.put("datacontenttype", "application/json");
    headers.add("content-type", "application/json".getBytes(UTF_8));
    event.set("data", data);
    return new Message(
        id,
        type,
        host,
        faultId,
        time,
        Json.LENIENT.writeValueAsBytes(event),
        headers,
        Json.LENIENT.writeValueAsBytes(data),
        content,
        traceparent);
  }

  private static void attribute(ObjectNode event, Headers headers, String name, String value) {
    event.put(name, value);
    headers.add("ce_" + name, value.getBytes(UTF_8));
  }

  /** The same without its data, which is too large, and with the way to it. */
  Message cut(int bytes) {
    ObjectNode data = Json.LENIENT.createObjectNode();
    data.put("host", host);
    data.put("tooLarge", bytes);
    String where =
        faultId == null
            ? "/v1/events?host=" + host + "&from=" + time
            : "/v1/events?fault=" + faultId + "&from=" + time;
    data.put("all", where);
    return made(id, type, "/hosts/" + host, host, faultId, time, data, content, traceparent);
  }
}
