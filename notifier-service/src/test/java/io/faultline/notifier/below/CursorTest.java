package io.faultline.notifier.below;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CursorTest {

  @Test
  void aCursorIsTheSameAfterItWasWrittenDown() {
    Random random = new Random(3);
    for (int i = 0; i < 1_000; i++) {
      long[] next =
          random.longs(random.nextInt(1, 40)).map(n -> n >>> 1 >>> random.nextInt(63)).toArray();
      Cursor cursor = new Cursor(random.nextInt(), next);

      assertThat(Cursor.parse(cursor.toString())).isEqualTo(cursor);
      assertThat(cursor.toString()).matches("[A-Za-z0-9_-]+");
    }
  }

  @Test
  void whatWasNeverACursorIsRefused() {
    String good = new Cursor(77, new long[] {1, 300, 5}).toString();
    for (String bad :
        new String[] {
          "",
          "x",
          "!!!",
          "AAAA",
          "a".repeat(60_000),
          good.substring(0, 6),
          // A number that is cut off, and one of more than 63 bits.
          "AQAAAE2A",
          "AQAAAE3" + "_".repeat(20)
        }) {
      assertThatThrownBy(() -> Cursor.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aCursorThatWasCutOrChangedNeverBreaksAnything() {
    Random random = new Random(5);
    String good = new Cursor(77, new long[] {1, 300, 5, 123_456_789}).toString();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(good);
      text.setCharAt(random.nextInt(text.length()), (char) ('-' + random.nextInt(70)));
      text.setLength(1 + random.nextInt(text.length()));
      try {
        Cursor.parse(text.toString());
      } catch (IllegalArgumentException expected) {
        assertThat(expected).hasMessageNotContaining("Exception");
      }
    }
  }

  @Test
  void aBeginningIsAWordATimeOrACursor() {
    assertThat(From.parse("beginning")).isEqualTo(new From.Beginning());
    assertThat(From.parse("now")).isEqualTo(new From.Now());
    assertThat(From.parse("2026-01-01T00:00:00Z"))
        .isEqualTo(new From.At(Instant.parse("2026-01-01T00:00:00Z")));
    assertThat(From.parse("2026-01-01T01:00:00 01:00"))
        .isEqualTo(new From.At(Instant.parse("2026-01-01T00:00:00Z")));
    Cursor cursor = new Cursor(1, new long[] {9});
    assertThat(From.parse(cursor.toString())).isEqualTo(new From.After(cursor));
    for (String bad : new String[] {"", "yesterday", "12:30", "2026-13-01T00:00:00Z"}) {
      assertThatThrownBy(() -> From.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
