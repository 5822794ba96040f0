package io.faultline.ranges.testing;

import org.jspecify.annotations.Nullable;

/**
 * Checks a property for many generated inputs. The seeds are fixed, so that every build checks the
 * same; {@code -Dfaultline.seed=N} adds one in front of them.
 *
 * <p>Sizes grow, and a failure looks for a smaller one under other seeds before it is reported, so
 * the input in the message is about the smallest that breaks the property.
 */
public final class Seeds {

  /** Added to the fixed seeds: a number. */
  public static final String PROPERTY = "faultline.seed";

  private static final int FIXED_SEEDS = 8;
  private static final int MAX_SIZE = 40;
  private static final int SMALLER_TRIES_PER_SIZE = 25;

  private Seeds() {}

  /** What must hold for whatever {@code gen} makes; fails by throwing. */
  @FunctionalInterface
  public interface Property {
    void check(Gen gen) throws Exception;
  }

  /** {@code casesPerSize} inputs for each seed and each size from 0 to {@value #MAX_SIZE}. */
  public static void forAll(int casesPerSize, Property property) {
    forAll(casesPerSize, MAX_SIZE, property);
  }

  /**
   * @param maxSize the largest {@link Gen#size}
   * @throws AssertionError that names seed, size and input, caused by what the property threw
   */
  public static void forAll(int casesPerSize, int maxSize, Property property) {
    for (long seed : seeds()) {
      for (int size = 0; size <= maxSize; size++) {
        for (int number = 0; number < casesPerSize; number++) {
          Failure failure = run(seed, size, number, property);
          if (failure != null) {
            throw smallest(failure, property).asError();
          }
        }
      }
    }
  }

  private static long[] seeds() {
    Long added = Long.getLong(PROPERTY);
    long[] seeds = new long[FIXED_SEEDS + (added == null ? 0 : 1)];
    for (int i = 0; i < seeds.length; i++) {
      seeds[i] = added == null ? i + 1 : i;
    }
    if (added != null) {
      seeds[0] = added;
    }
    return seeds;
  }

  private static Failure smallest(Failure found, Property property) {
    for (int size = 0; size < found.size; size++) {
      for (int i = 0; i < SMALLER_TRIES_PER_SIZE; i++) {
        Failure smaller = run(found.seed + i, size, 0, property);
        if (smaller != null) {
          return smaller;
        }
      }
    }
    return found;
  }

  private static @Nullable Failure run(long seed, int size, int number, Property property) {
    Gen gen = new Gen(seed, size, number);
    try {
      property.check(gen);
      return null;
    } catch (Exception | AssertionError e) {
      return new Failure(seed, size, gen.notes(), e);
    }
  }

  private record Failure(long seed, int size, String input, Throwable cause) {
    AssertionError asError() {
      return new AssertionError(
          "fails for seed %d at size %d (again with -D%s=%d)%n  input: %s%n  %s"
              .formatted(seed, size, PROPERTY, seed, input, cause.getMessage()),
          cause);
    }
  }
}
