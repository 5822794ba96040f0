package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Seeds;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

class JsonTest {

  record Answer(
      Extents ranges, Cause cause, Instant since, Duration deadline, @Nullable String holder) {}

  record Request(long sector, String holder, boolean dax) {}

  @Test
  void answersHaveRangesAsPairsHoweverManyTheyAre() {
    Seeds.forAll(
        1,
        gen -> {
          Extents ranges = gen.extents(50 * gen.size());
          String json = Json.LENIENT.writeValueAsString(ranges);
          assertThat(Json.LENIENT.readValue(json, long[].class)).isEqualTo(ranges.toPairs());
          assertThat(Json.STRICT.writeValueAsString(ranges)).isEqualTo(json);
          assertThat(Json.STRICT.readValue(json, Extents.class)).isEqualTo(ranges);
        });
  }

  @Test
  void nullsAreLeftOutEnumsAreInLowerCaseAndTimesAreText() {
    Answer answer =
        new Answer(
            Extents.of(8, 8),
            Cause.MEDIA_ERROR,
            Instant.parse("2026-11-20T08:00:00Z"),
            Duration.ofSeconds(10),
            null);
    assertThat(Json.LENIENT.writeValueAsString(answer))
        .isEqualTo(
            "{\"ranges\":[8,8],\"cause\":\"media_error\",\"since\":\"2026-11-20T08:00:00Z\","
                + "\"deadline\":\"PT10S\"}");
  }

  @Test
  void onlyRequestsRefuseAFieldThatIsNotKnown() {
    String json = "{\"sector\":1,\"holder\":\"dm:v\",\"dax\":true,\"later\":1}";
    assertThat(Json.LENIENT.readValue(json, Request.class)).isEqualTo(new Request(1, "dm:v", true));
    assertThatThrownBy(() -> Json.STRICT.readValue(json, Request.class))
        .isInstanceOf(JacksonException.class)
        .hasMessageContaining("later");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"sector\":\"1\",\"holder\":\"h\",\"dax\":true}",
        "{\"sector\":1.0,\"holder\":\"h\",\"dax\":true}",
        "{\"sector\":1,\"holder\":7,\"dax\":true}",
        "{\"sector\":1,\"holder\":\"h\",\"dax\":1}",
        "{\"sector\":1,\"holder\":\"h\",\"dax\":\"true\"}",
        "{\"sector\":null,\"holder\":\"h\",\"dax\":true}",
        "{\"holder\":\"h\",\"dax\":true}",
        "{\"sector\":1,\"holder\":\"h\",\"dax\":true}}",
      })
  void nothingIsTakenForAnotherTypeAndNoNumberIsInvented(String json) {
    assertThatThrownBy(() -> Json.STRICT.readValue(json, Request.class))
        .isInstanceOf(JacksonException.class);
    assertThatThrownBy(() -> Json.LENIENT.readValue(json, Request.class))
        .isInstanceOf(JacksonException.class);
  }
}
