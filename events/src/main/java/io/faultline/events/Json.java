package io.faultline.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.faultline.ranges.Extents;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * How values of this project look as JSON: nulls left out, times as RFC 3339, enums in lower case,
 * sets of ranges as flat arrays of pairs (or packed text where they are many).
 */
public final class Json {

  /** Up to this many ranges stand readable; more are packed. */
  public static final int MAX_READABLE_RANGES = 256;

  /** For events and answers: fields that are not known are ignored. */
  public static final JsonMapper LENIENT =
      configure(JsonMapper.builder(factory()))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** For requests: a field that is not known is an error that names it. */
  public static final JsonMapper STRICT =
      configure(JsonMapper.builder(factory()))
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Json() {}

  /** The same conventions for a mapper of another format (CBOR). */
  public static <B extends MapperBuilder<?, B>> B configure(B builder) {
    return builder
        .addModule(module())
        .changeDefaultPropertyInclusion(
            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS);
  }

  private static JsonFactory factory() {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(32)
                .maxStringLength(16 * 1024 * 1024)
                .maxNumberLength(32)
                .build())
        .build();
  }

  private static SimpleModule module() {
    return new SimpleModule("faultline")
        .addSerializer(Extents.class, new ExtentsWriter())
        .addDeserializer(Extents.class, new ExtentsReader());
  }

  private static final class ExtentsWriter extends ValueSerializer<Extents> {
    @Override
    public void serialize(Extents ranges, JsonGenerator out, SerializationContext context) {
      if (ranges.rangeCount() > MAX_READABLE_RANGES) {
        out.writeString(PackedRanges.toText(ranges));
        return;
      }
      long[] pairs = ranges.toPairs();
      out.writeArray(pairs, 0, pairs.length);
    }
  }

  private static final class ExtentsReader extends ValueDeserializer<Extents> {
    @Override
    public Extents deserialize(JsonParser in, DeserializationContext context) {
      try {
        return switch (in.currentToken()) {
          case VALUE_STRING -> PackedRanges.fromText(in.getString());
          case START_ARRAY -> readPairs(in, context);
          default ->
              context.<Extents>reportInputMismatch(
                  Extents.class, "ranges are an array of pairs, [start, count, …]");
        };
      } catch (IllegalArgumentException e) {
        return context.reportInputMismatch(Extents.class, String.valueOf(e.getMessage()));
      }
    }

    private static Extents readPairs(JsonParser in, DeserializationContext context) {
      Extents.Builder ranges = Extents.builder();
      while (in.nextToken() != JsonToken.END_ARRAY) {
        long start = number(in, context);
        if (in.nextToken() == JsonToken.END_ARRAY) {
          return context.reportInputMismatch(
              Extents.class, "ranges come as pairs of start and count, but a count is missing");
        }
        ranges.add(start, number(in, context));
      }
      return ranges.build();
    }

    private static long number(JsonParser in, DeserializationContext context) {
      if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        context.reportInputMismatch(
            Extents.class,
            "ranges are whole numbers, not %s",
            String.valueOf(in.currentToken()).toLowerCase(Locale.ROOT));
      }
      return in.getLongValue();
    }
  }
}
