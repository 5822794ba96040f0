package io.faultline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SealedCodecTest {

  sealed interface Thing {
    record Simple(String name, long number) implements Thing {}

    record Rich(
        Extents ranges,
        Cause cause,
        Instant time,
        Map<String, Long> credits,
        List<Simple> nested,
        @Nullable String absent)
        implements Thing {}

    sealed interface Deeper extends Thing {
      record Bytes(byte[] bytes, long[] numbers) implements Deeper {}
    }
  }

  private final SealedCodec<Thing> codec = new SealedCodec<>(Thing.class);

  @Test
  void everyRecordComesBackAsItWas() {
    Thing rich =
        new Thing.Rich(
            Extents.ofPairs(0, 1, 10, 5),
            Cause.MEDIA_ERROR,
            Instant.parse("2026-01-01T00:00:00.123456789Z"),
            Map.of("fs:data", (1L << 53) - 1),
            List.of(new Thing.Simple("a", 1)),
            null);

    assertThat(codec.decode(codec.encode(rich))).isEqualTo(rich);
    assertThat(codec.decode(codec.encode(new Thing.Simple("x", Long.MAX_VALUE))))
        .isEqualTo(new Thing.Simple("x", Long.MAX_VALUE));
    Thing.Deeper.Bytes bytes =
        (Thing.Deeper.Bytes)
            codec.decode(codec.encode(new Thing.Deeper.Bytes(new byte[] {1, -1}, new long[] {7})));
    assertThat(bytes.bytes()).containsExactly(1, -1);
    assertThat(bytes.numbers()).containsExactly(7);
  }

  @Test
  void manyRangesComeBackAsTheyWere() {
    Extents.Builder many = Extents.builder();
    for (int i = 0; i < 10_000; i++) {
      many.add(3L * i, 1);
    }
    Thing rich =
        new Thing.Rich(many.build(), Cause.MAPPING_LOST, Instant.EPOCH, Map.of(), List.of(), "x");

    assertThat(codec.decode(codec.encode(rich))).isEqualTo(rich);
  }

  @Test
  void whatIsNoRecordOfTheInterfaceIsRefusedWithTheReason() {
    byte[] cutOff = codec.encode(new Thing.Simple("name", 1));

    assertThatThrownBy(() -> codec.decode(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> codec.decode(new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a record of Thing");
    assertThatThrownBy(() -> codec.decode(java.util.Arrays.copyOf(cutOff, cutOff.length - 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new SealedCodec<>(Thing.class)
                    .decode(new SealedCodec<>(Outer.class).encode(new Outer.Unknown())))
        .hasMessageContaining("Thing has no record Unknown");
  }

  sealed interface Outer {
    record Unknown() implements Outer {}
  }

  sealed interface Twice {
    record Same() implements Twice {}

    sealed interface Nested extends Twice {
      record Same() implements Nested {}
    }
  }

  @Test
  void twoRecordsOfOneNameAreRefusedAtOnce() {
    assertThatThrownBy(() -> new SealedCodec<>(Twice.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("same simple name");
  }
}
