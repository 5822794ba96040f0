package io.faultline.runtime.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ThrowingRunnable;
import org.awaitility.pollinterval.IterativePollInterval;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what comes about by itself: looks at once, again a moment later, then less and less
 * often, and fails when it has not come within {@link #PATIENCE}. What the condition throws fails
 * the test at once.
 */
public final class Awaiting {

  /** So long that only what never comes is missed, on a busy machine too. */
  public static final Duration PATIENCE = Duration.ofSeconds(120);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(32);

  private Awaiting() {}

  /**
   * @param what as it will be: {@code "the device is gone"}
   */
  public static void await(String what, BooleanSupplier condition) {
    patiently(what, PATIENCE).until(condition::getAsBoolean);
  }

  /**
   * Says at the end what it saw last.
   *
   * @param what as it will be: {@code "the device is gone"}
   * @return what was seen when it was as wanted
   */
  public static <T> T await(String what, Supplier<T> seen, Predicate<? super T> wanted) {
    return patiently(what, PATIENCE).until(seen::get, wanted::test);
  }

  /** Until it does not fail any more; says at the end how it failed last. */
  public static void awaitAsserted(ThrowingRunnable assertion) {
    patiently(null, PATIENCE).untilAsserted(assertion);
  }

  /** For who has to wait longer, or to look at something besides. */
  public static ConditionFactory patiently(@Nullable String what, Duration patience) {
    return Awaitility.await(what)
        .dontCatchUncaughtExceptions()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(IterativePollInterval.iterative(Awaiting::next, FIRST_PAUSE))
        .atMost(patience);
  }

  private static Duration next(Duration pause) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }
}
