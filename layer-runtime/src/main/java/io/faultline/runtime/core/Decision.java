package io.faultline.runtime.core;

import io.faultline.events.EventData;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be: facts in the order in which they apply, and what others are told.
 *
 * @param <F> the facts' values
 */
public record Decision<F>(List<Fact<F>> facts, List<Output> outputs) {

  /** Nothing changes and nobody is told. */
  public static <F> Decision<F> nothing() {
    return new Decision<>(List.of(), List.of());
  }

  /** Nothing changes; the one who asked gets an answer. */
  public static <F> Decision<F> reply(Answer answer) {
    return new Decision<>(List.of(), List.of(new Output.Reply(answer)));
  }

  public static <F> Decision<F> refuse(Problem problem) {
    return reply(problem.asAnswer());
  }

  public static <F> Builder<F> builder(Stamp stamp) {
    return new Builder<>(stamp);
  }

  /** Collects a decision step by step. */
  public static final class Builder<F> {
    private final Stamp stamp;
    private final List<Fact<F>> facts = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();

    private Builder(Stamp stamp) {
      this.stamp = stamp;
    }

    public Builder<F> fact(String key, F value) {
      facts.add(new Fact<>(key, value));
      return this;
    }

    public Builder<F> gone(String key) {
      facts.add(Fact.gone(key));
      return this;
    }

    /** Publishes an event and answers the id that it will have. */
    public String publish(
        String source, EventData data, @Nullable String faultId, @Nullable String causationId) {
      String id = stamp.newId();
      outputs.add(new Output.Publish(id, source, data, faultId, causationId));
      return id;
    }

    public Builder<F> reply(Answer answer) {
      outputs.add(new Output.Reply(answer));
      return this;
    }

    public Decision<F> build() {
      return new Decision<>(List.copyOf(facts), List.copyOf(outputs));
    }
  }
}
