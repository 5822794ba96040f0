package io.faultline.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Between {@link Event} and Kafka records: CloudEvents 1.0, Kafka binding, binary mode. The key is
 * the host. {@code docs/asyncapi.yaml} says the same for readers in other languages.
 */
public final class EventCodec {

  /** A value larger than this is not even parsed. */
  public static final int MAX_DATA_BYTES = 8 * 1024 * 1024;

  private static final String RANGES = "ranges";
  private static final String PACKED_RANGES = "packedRanges";

  private EventCodec() {}

  public static Headers headers(Event event) {
    RecordHeaders headers = new RecordHeaders();
    put(headers, "ce_specversion", "1.0");
    put(headers, "ce_id", event.id());
    put(headers, "ce_source", event.source());
    put(headers, "ce_type", event.type().ceType());
    put(headers, "ce_time", event.time().toString());
    put(headers, "ce_faultid", event.faultId());
    put(headers, "ce_causationid", event.causationId());
    put(headers, "ce_sequence", Long.toString(event.sequence()));
    put(headers, "ce_sliceid", event.sliceId());
    put(headers, "content-type", "application/json");
    put(headers, "traceparent", event.traceparent());
    return headers;
  }

  /** The record's value: the data as JSON. */
  public static byte[] data(Event event) {
    return Json.EVENTS.writeValueAsBytes(dataNode(event.data()));
  }

  /** The whole event as CloudEvents structured JSON. */
  public static String structured(Event event) {
    ObjectNode node = Json.EVENTS.createObjectNode();
    node.put("specversion", "1.0");
    node.put("id", event.id());
    node.put("source", event.source());
    node.put("type", event.type().ceType());
    node.put("time", event.time().toString());
    node.put("datacontenttype", "application/json");
    putOptional(node, "faultid", event.faultId());
    putOptional(node, "causationid", event.causationId());
    node.put("sequence", event.sequence());
    node.put("sliceid", event.sliceId());
    putOptional(node, "traceparent", event.traceparent());
    node.set("data", dataNode(event.data()));
    return Json.EVENTS.writeValueAsString(node);
  }

  /** Reads a record; whatever is wrong with it becomes a reason, never an exception. */
  public static Decoded decode(@Nullable String key, Headers headers, byte @Nullable [] value) {
    try {
      return new Decoded.Ok(read(key, headers, value));
    } catch (MalformedException e) {
      return new Decoded.Malformed(String.valueOf(e.getMessage()));
    }
  }

  private static Event read(@Nullable String key, Headers headers, byte @Nullable [] value) {
    if (!"1.0".equals(required(headers, "ce_specversion"))) {
      throw new MalformedException("ce_specversion is not 1.0");
    }
    String typeName = required(headers, "ce_type");
    EventType type = EventType.byName(typeName);
    if (type == null) {
      throw new MalformedException("unknown type " + abbreviate(typeName));
    }
    if (value == null || value.length == 0) {
      throw new MalformedException("no data");
    }
    if (value.length > MAX_DATA_BYTES) {
      throw new MalformedException(
          "data of " + value.length + " bytes, the limit is " + MAX_DATA_BYTES);
    }
    EventData data = readData(type, value);
    if (!data.host().equals(key)) {
      throw new MalformedException("the key is not the host of the data");
    }
    String source = required(headers, "ce_source");
    String sliceId = optional(headers, "ce_sliceid");
    return new Event(
        required(headers, "ce_id"),
        source,
        time(required(headers, "ce_time")),
        optional(headers, "ce_faultid"),
        optional(headers, "ce_causationid"),
        sequence(required(headers, "ce_sequence")),
        sliceId == null ? layerOfHost(source) : sliceId,
        header(headers, "traceparent"),
        data);
  }

  /**
   * {@code /hosts/local/devices} of {@code /hosts/local/devices/pmem0}: what sequences count in
   * where a foreign producer names no slice.
   */
  private static String layerOfHost(String source) {
    int end = source.lastIndexOf('/');
    return end <= 0 ? source : source.substring(0, end);
  }

  private static long sequence(String text) {
    try {
      long sequence = Long.parseLong(text);
      if (sequence >= 0 && sequence <= RecordCheck.MAX_NUMBER) {
        return sequence;
      }
    } catch (NumberFormatException e) {
      // Said below, with the same words as a negative one.
    }
    throw new MalformedException(
        "ce_sequence is no number from 0 to 2^53 - 1: " + abbreviate(text));
  }

  private static EventData readData(EventType type, byte[] value) {
    try {
      if (!(Json.EVENTS.readTree(value) instanceof ObjectNode node)) {
        throw new MalformedException("data: is no JSON object");
      }
      namePackedRanges(node, PACKED_RANGES, RANGES);
      EventData data = Json.EVENTS.treeToValue(node, type.record());
      String wrong = RecordCheck.firstWrong(data);
      if (wrong != null) {
        throw new MalformedException("data: " + abbreviate(wrong));
      }
      return data;
    } catch (JacksonException e) {
      throw new MalformedException("data: " + abbreviate(path(e) + e.getOriginalMessage()));
    }
  }

  /**
   * More than {@link Json#MAX_READABLE_RANGES} ranges come out packed, under a name of their own.
   */
  private static JsonNode dataNode(EventData data) {
    ObjectNode node = Json.EVENTS.valueToTree(data);
    namePackedRanges(node, RANGES, PACKED_RANGES);
    return node;
  }

  /** Ranges that are text move to the other name, here and in objects inside. */
  private static void namePackedRanges(ObjectNode node, String from, String to) {
    JsonNode ranges = node.get(from);
    if (ranges instanceof StringNode) {
      if (node.has(to)) {
        throw new MalformedException("data: has both ranges and packedRanges");
      }
      node.remove(from);
      node.set(to, ranges);
    }
    for (JsonNode inner : node.values()) {
      if (inner instanceof ObjectNode object) {
        namePackedRanges(object, from, to);
      }
    }
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new MalformedException("ce_time is no RFC 3339 time: " + abbreviate(text));
    }
  }

  private static void put(RecordHeaders headers, String name, @Nullable String value) {
    if (value != null) {
      headers.add(name, value.getBytes(UTF_8));
    }
  }

  private static void putOptional(ObjectNode node, String name, @Nullable String value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  /** The newest header of that name; null if there is none. */
  public static @Nullable String header(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
  }

  private static String required(Headers headers, String name) {
    String value = optional(headers, name);
    if (value == null) {
      throw new MalformedException("header " + name + " is missing");
    }
    return value;
  }

  private static @Nullable String optional(Headers headers, String name) {
    String value = header(headers, name);
    if (value != null && value.isEmpty()) {
      throw new MalformedException("header " + name + " is empty");
    }
    return value;
  }

  /**
   * {@code origin.ranges: } where the trouble is with that field; nothing where it is with none.
   */
  private static String path(JacksonException e) {
    String path =
        e.getPath().stream()
            .map(JacksonException.Reference::getPropertyName)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("."));
    return path.isEmpty() ? "" : path + ": ";
  }

  private static String abbreviate(@Nullable String text) {
    String known = String.valueOf(text);
    return known.length() <= 200 ? known : known.substring(0, 200) + "…";
  }

  private static final class MalformedException extends RuntimeException {
    MalformedException(String reason) {
      super(reason, null, false, false);
    }
  }
}
