package io.faultline.runtime.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketsTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** Java's clock begins anywhere, also just before it passes its end. */
  @ParameterizedTest
  @ValueSource(longs = {0, -5, 1L << 40, Long.MAX_VALUE - 5, Long.MIN_VALUE})
  void aFullBucketGivesItsBurstAndThenOneForEachInterval(long now) {
    TokenBuckets buckets = new TokenBuckets(600, 3, 100);
    for (int i = 0; i < 3; i++) {
      assertThat(buckets.take("a", now)).isZero();
    }
    assertThat(buckets.take("a", now)).isEqualTo(Duration.ofMillis(100));
    assertThat(buckets.take("a", now + SECOND / 10 - 1)).isEqualTo(Duration.ofNanos(1));
    assertThat(buckets.take("a", now + SECOND / 10)).isZero();
    assertThat(buckets.take("a", now + SECOND / 10)).isEqualTo(Duration.ofMillis(100));
    // Never more than full, however long nobody asks.
    for (int i = 0; i < 3; i++) {
      assertThat(buckets.take("a", now + 1_000 * SECOND)).isZero();
    }
    assertThat(buckets.take("a", now + 1_000 * SECOND)).isPositive();
  }

  @Test
  void eachKeyHasItsOwn() {
    TokenBuckets buckets = new TokenBuckets(60, 1, 100);
    assertThat(buckets.take("a", 0)).isZero();
    assertThat(buckets.take("b", 0)).isZero();
    assertThat(buckets.take("a", 0)).isPositive();
  }

  @Test
  void noRateIsNoLimit() {
    TokenBuckets buckets = new TokenBuckets(0, 1, 100);
    for (int i = 0; i < 10; i++) {
      assertThat(buckets.take("a", 0)).isZero();
    }
    assertThat(buckets.size()).isZero();
  }

  @Test
  void onlySoManyAreRemembered() {
    TokenBuckets buckets = new TokenBuckets(60, 1, 10);
    assertThat(buckets.take("asks again and again", 0)).isZero();
    for (int i = 0; i < 1_000; i++) {
      assertThat(buckets.take("key " + i, 0)).isZero();
      assertThat(buckets.take("asks again and again", 0)).isPositive();
    }
    assertThat(buckets.size()).isEqualTo(10);
  }
}
