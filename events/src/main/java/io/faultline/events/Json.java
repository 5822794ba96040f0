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
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/**
 * How values of this project look as JSON: nulls left out, times as RFC 3339, enums in lower case,
 * sets of ranges as flat arrays of pairs. Nothing is read as another type than it was written as.
 */
public final class Json {

  /** Up to this many ranges stand readable in an event; more are packed. */
  public static final int MAX_READABLE_RANGES = 256;

  /** For answers: fields that are not known are ignored. */
  public static final JsonMapper LENIENT =
      conventions(JsonMapper.builder(factory()), Integer.MAX_VALUE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** For requests: a field that is not known is an error that names it. */
  public static final JsonMapper STRICT =
      conventions(JsonMapper.builder(factory()), Integer.MAX_VALUE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** For the data of events: as {@link #LENIENT}, but many ranges are written as packed text. */
  static final JsonMapper EVENTS =
      configure(JsonMapper.builder(factory()))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Json() {}

  /**
   * The same conventions for a mapper of another format (CBOR), with many ranges as packed text.
   */
  public static <B extends MapperBuilder<?, B>> B configure(B builder) {
    return conventions(builder, MAX_READABLE_RANGES);
  }

  private static <B extends MapperBuilder<?, B>> B conventions(B builder, int readableRanges) {
    return builder
        .addModule(module(readableRanges))
        .changeDefaultPropertyInclusion(
            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .withCoercionConfig(
            LogicalType.Textual,
            text ->
                text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
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

  private static SimpleModule module(int readableRanges) {
    return new SimpleModule("faultline")
        .addSerializer(Extents.class, new ExtentsWriter(readableRanges))
        .addDeserializer(Extents.class, new ExtentsReader());
  }

  private static final class ExtentsWriter extends ValueSerializer<Extents> {
    private final int readableRanges;

    ExtentsWriter(int readableRanges) {
      this.readableRanges = readableRanges;
    }

    @Override
    public void serialize(Extents ranges, JsonGenerator out, SerializationContext context) {
      if (ranges.rangeCount() > readableRanges) {
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
