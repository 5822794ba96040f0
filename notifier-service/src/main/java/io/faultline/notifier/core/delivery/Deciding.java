package io.faultline.notifier.core.delivery;

import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Head;
import io.faultline.notifier.core.delivery.DeliveryFact.Tried;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state, and what has been decided since it was last taken: facts, the newest of each key, and
 * outputs. The state has evolved by all of them but the head, of which there is one at the end.
 */
final class Deciding<E> {

  private final DeliveryState state;
  private Map<String, Fact<DeliveryFact>> facts = new LinkedHashMap<>();
  private List<Output<E>> outputs = new ArrayList<>();

  private Place place;
  private final EnumMap<Count, Long> counts = new EnumMap<>(Count.class);
  private @Nullable String replay;
  private @Nullable Long disabled;
  private long failing;
  private @Nullable Instant lastDelivered;
  private @Nullable String lastError;
  private boolean headChanged;

  Deciding(DeliveryState state) {
    this.state = state;
    Head head = state.head();
    place = head.place();
    counts.putAll(head.counts());
    replay = head.replay();
    disabled = head.disabled();
    failing = head.failing();
    lastDelivered = head.lastDelivered();
    lastError = head.lastError();
  }

  DeliveryState state() {
    return state;
  }

  void fact(String key, @Nullable DeliveryFact value) {
    Fact<DeliveryFact> fact = new Fact<>(key, value);
    state.evolve(fact);
    facts.put(key, fact);
  }

  void output(Output<E> output) {
    outputs.add(output);
  }

  Place place() {
    return place;
  }

  void place(Place now) {
    if (!now.equals(place)) {
      place = now;
      headChanged = true;
    }
  }

  void replay(String id) {
    replay = id;
    disabled = null;
    headChanged = true;
  }

  void disable(long revision) {
    disabled = revision;
    headChanged = true;
  }

  /**
   * @return how many there were before
   */
  long count(Count of) {
    headChanged = true;
    long before = counts.getOrDefault(of, 0L);
    counts.put(of, before + 1);
    return before;
  }

  /** A try was made: it is counted and kept for people to see. */
  void tried(Line line, TryEnd end, String outcome, @Nullable Instant next) {
    count(Count.TRIES);
    if (end.outcome() == TryEnd.Outcome.TAKEN) {
      count(Count.DELIVERED);
      failing = 0;
      lastError = null;
      lastDelivered = end.startedAt();
    } else {
      count(Count.FAILED);
      failing++;
      lastError = end.error();
    }
    long number = count(Count.LINES);
    fact(
        DeliveryState.tried(number),
        new Tried(
            number,
            line.id(),
            line.type(),
            line.host(),
            end.startedAt(),
            line.attempt(),
            outcome,
            end.status(),
            end.error(),
            end.answer(),
            end.durationMillis(),
            next));
  }

  /** Something that is no try is kept for people to see. */
  void shown(Line line, Instant now, String outcome, @Nullable String why) {
    long number = count(Count.LINES);
    fact(
        DeliveryState.tried(number),
        new Tried(
            number,
            line.id(),
            line.type(),
            line.host(),
            now,
            line.attempt(),
            outcome,
            null,
            why,
            null,
            0,
            null));
  }

  /** What a line of the log of tries is about. */
  record Line(String id, String type, String host, int attempt) {}

  Deliveries.Decided<E> take() {
    if (headChanged) {
      headChanged = false;
      fact(
          DeliveryState.HEAD,
          new Head(
              state.head().watcherId(),
              replay,
              place,
              new EnumMap<>(counts),
              disabled,
              failing,
              lastDelivered,
              lastError));
    }
    Deliveries.Decided<E> decided = new Deliveries.Decided<>(List.copyOf(facts.values()), outputs);
    facts = new LinkedHashMap<>();
    outputs = new ArrayList<>();
    return decided;
  }
}
