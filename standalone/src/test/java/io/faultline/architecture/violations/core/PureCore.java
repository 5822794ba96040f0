package io.faultline.architecture.violations.core;

import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Stamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a core may do; nothing here is to be reported. */
record PureCore(Extents ranges, Map<String, long[]> bounds, @Nullable UUID known) {

  sealed interface Shape {
    record Square(long side) implements Shape {}

    record Circle(long radius) implements Shape {}
  }

  Instant deadline(Stamp stamp) {
    return stamp.now().plus(Duration.ofSeconds(30));
  }

  static long width(Shape shape) {
    return switch (shape) {
      case Shape.Square(long side) -> side;
      case Shape.Circle(long radius) -> 2 * radius;
    };
  }

  static String name(Cause cause) {
    return switch (cause) {
      case MEDIA_ERROR -> "lost";
      case DEVICE_REMOVED -> "gone";
      case MAPPING_LOST -> "unknown";
    };
  }

  TreeMap<String, Integer> lengths(List<String> words) {
    long[] copy = new long[1];
    System.arraycopy(new long[] {7}, 0, copy, 0, 1);
    return words.stream()
        .collect(Collectors.toMap(Function.identity(), String::length, Integer::sum, TreeMap::new));
  }
}
