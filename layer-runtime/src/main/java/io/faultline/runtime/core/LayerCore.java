package io.faultline.runtime.core;

/**
 * The rules of one layer, for one host at a time.
 *
 * <p>{@link #decide} looks at the state and an input and says what is to be: facts about the state
 * and outputs to others. It changes nothing. {@link #evolve} applies one fact, and is the only
 * thing that changes the state. The state is the fold of the newest value of each fact's key over
 * {@link #initial}, so facts that were kept can be replayed in any order of their keys and give the
 * same state.
 *
 * @param <S> the state of a host. {@code evolve} may change it in place and return it; {@code
 *     decide} may not.
 * @param <C> the commands, a sealed interface of records
 * @param <F> the facts' values, a sealed interface of records
 */
public interface LayerCore<S, C, F> {

  /** The state of a host of which nothing is known. */
  S initial(String host);

  /**
   * What follows from {@code input}. An expected failure is an {@link Answer.Refused}; an exception
   * is a bug, and the input is then put aside with nothing changed.
   */
  Decision<F> decide(S state, Input<C> input);

  /** Applies one fact; must not fail for a fact that {@link #decide} made. */
  S evolve(S state, Fact<F> fact);

  /** Whether the host waits for time to pass; only then does it get {@link Input.Ticked}. */
  default boolean waitsForTime(S state) {
    return false;
  }
}
