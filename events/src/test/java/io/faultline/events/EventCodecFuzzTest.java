package io.faultline.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** {@link EventCodec#decode} answers whatever it is given, and never throws. */
class EventCodecFuzzTest {

  private static final List<GoldenSample> SAMPLES = GoldenSample.all();

  /** Pieces of JSON that are valid somewhere and mostly not where they land. */
  private static final List<String> PIECES =
      List.of(
          "null",
          "{}",
          "[]",
          "{",
          "]",
          ",",
          ":",
          "\"",
          "-1",
          "1e999999999",
          "0.1",
          "9223372036854775807",
          "9223372036854775808",
          "1" + "0".repeat(40),
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"ranges\":null,",
          "\"packedRanges\":\"" + "gA".repeat(20) + "\",",
          "\"deadline\":9999999999999999,",
          "\"deadline\":1e99,",
          "\"credits\":{\"ranges\":\"\"},",
          "\"origin\":{\"ranges\":[[]]},",
          "\"host\":\"\",",
          "[".repeat(40));

  @Test
  void randomBytesAreAnswered() {
    Seeds.forAll(
        40,
        gen -> {
          RecordHeaders headers = headersOf(gen.pick(SAMPLES.toArray(GoldenSample[]::new)));
          byte[] value = gen.bytes(gen.below(2 + 4 * gen.size()));
          gen.noted(HexFormat.of().formatHex(value));
          assertThat(EventCodec.decode("local", headers, value)).isNotNull();
        });
  }

  @Test
  void damagedSamplesAreAnswered() {
    int[] outcomes = new int[2];
    Seeds.forAll(
        300,
        gen -> {
          GoldenSample sample = gen.pick(SAMPLES.toArray(GoldenSample[]::new));
          byte[] value = sample.value();
          for (int damages = 1 + gen.below(1 + gen.size() / 8); damages > 0; damages--) {
            value = damage(gen, value);
          }
          gen.noted(sample.name());
          gen.noted(new String(value, UTF_8));
          RecordHeaders headers = headersOf(sample);
          if (gen.onceIn(4)) {
            damageAHeader(gen, headers);
          }
          switch (EventCodec.decode(sample.key(), headers, value)) {
            case Decoded.Ok(Event event) -> {
              outcomes[0]++;
              // What was read can be told on.
              assertThat(
                      EventCodec.decode(
                          event.host(), EventCodec.headers(event), EventCodec.data(event)))
                  .isEqualTo(new Decoded.Ok(event));
            }
            case Decoded.Malformed(String reason) -> {
              outcomes[1]++;
              assertThat(reason).isNotBlank().hasSizeLessThan(400);
            }
          }
        });
    // Both must come up often, or the damage is not of the kind that tests anything.
    assertThat(outcomes[0]).isGreaterThan(5_000);
    assertThat(outcomes[1]).isGreaterThan(20_000);
  }

  private static byte[] damage(Gen gen, byte[] value) {
    if (value.length == 0) {
      return gen.bytes(3);
    }
    int at = gen.below(value.length);
    int end = Math.min(value.length, at + 1 + gen.below(12));
    return switch (gen.below(6)) {
      case 0 -> splice(value, at, end, new byte[0]);
      case 1 -> splice(value, at, at + 1, gen.bytes(1));
      case 2 -> splice(value, at, at, gen.pick(PIECES.toArray(String[]::new)).getBytes(UTF_8));
      case 3 -> splice(value, at, end, gen.pick(PIECES.toArray(String[]::new)).getBytes(UTF_8));
      case 4 -> splice(value, at, at, Arrays.copyOfRange(value, at, end));
      default -> Arrays.copyOf(value, gen.onceIn(3) ? at : value.length);
    };
  }

  private static byte[] splice(byte[] value, int from, int to, byte[] with) {
    ByteArrayOutputStream spliced = new ByteArrayOutputStream();
    spliced.write(value, 0, from);
    spliced.writeBytes(with);
    spliced.write(value, to, value.length - to);
    return spliced.toByteArray();
  }

  private static RecordHeaders headersOf(GoldenSample sample) {
    return new RecordHeaders(sample.headers().toArray());
  }

  private static void damageAHeader(Gen gen, RecordHeaders headers) {
    Header[] all = headers.toArray();
    String name = all[gen.below(all.length)].key();
    headers.remove(name);
    if (gen.onceIn(4)) {
      return;
    }
    headers.add(name, gen.onceIn(5) ? null : gen.flip() ? gen.bytes(gen.size()) : text(gen));
  }

  private static byte[] text(Gen gen) {
    return gen.pick(
            "-1", "1e9", "2026-11-20", "+999999999-12-31T23:59:59Z", "io.faultline.log_lost", "/")
        .getBytes(UTF_8);
  }
}
