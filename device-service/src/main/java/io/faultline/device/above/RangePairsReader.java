package io.faultline.device.above;

import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;

/**
 * Reads ranges as a request gives them: start, count, start, count. Number by number, so that a
 * body costs 8 bytes a number however it is written.
 */
final class RangePairsReader extends ValueDeserializer<long[]> {

  /** Numbers that are read at all: 64 MiB. The limit of a call is below. */
  static final int MAX_NUMBERS = 1 << 23;

  @Override
  public long[] deserialize(JsonParser in, DeserializationContext context) {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      return context.reportInputMismatch(
          long[].class, "ranges are an array of pairs, [start, count, …]");
    }
    long[] numbers = new long[16];
    int length = 0;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        return context.reportInputMismatch(
            long[].class, "ranges are whole numbers, but number %d is none", length);
      }
      if (length == MAX_NUMBERS) {
        return context.reportInputMismatch(
            long[].class, "more than %d numbers are too many", MAX_NUMBERS);
      }
      if (length == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * length);
      }
      numbers[length++] = in.getLongValue();
    }
    return Arrays.copyOf(numbers, length);
  }
}
