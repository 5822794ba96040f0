package io.faultline.runtime.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitingTest {

  private static final Duration SHORT = Duration.ofMillis(50);

  private final AtomicInteger looks = new AtomicInteger();

  @Test
  void looksAgainUntilItIsSo() {
    Awaiting.await("it was looked at five times", () -> looks.incrementAndGet() == 5);
    assertThat(looks).hasValue(5);

    assertThat(Awaiting.await("ten times", looks::incrementAndGet, seen -> seen == 10))
        .isEqualTo(10);

    Awaiting.awaitAsserted(() -> assertThat(looks.incrementAndGet()).isEqualTo(20));
    assertThat(looks).hasValue(20);
  }

  @Test
  void saysWhatItWaitedForAndWhatItSawLast() {
    assertThatThrownBy(
            () -> Awaiting.patiently("it is blue", SHORT).until(() -> "green", "blue"::equals))
        .hasMessageContaining("it is blue")
        .hasMessageContaining("green");
    assertThatThrownBy(
            () ->
                Awaiting.patiently(null, SHORT)
                    .untilAsserted(() -> assertThat("green").isEqualTo("blue")))
        .hasMessageContaining("green")
        .hasMessageContaining("blue");
  }

  @Test
  void doesNotWaitForWhatHasBroken() {
    assertThatThrownBy(
            () ->
                Awaiting.await(
                    "never",
                    () -> {
                      looks.incrementAndGet();
                      throw new IllegalStateException("it broke");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("it broke");
    assertThat(looks).hasValue(1);
  }
}
