package io.faultline.runtime.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.Ulids;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Output;
import io.faultline.runtime.core.Stamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Drives a core as the shell does, without Kafka: every command and every fact goes through its
 * codec, the facts are kept as a store keeps them, and published events are numbered.
 */
public final class CoreHarness<S, C, F> {

  private final LayerCore<S, C, F> core;
  private final SealedCodec<C> commands;
  private final SealedCodec<F> facts;
  private final String host;
  private final String layer;
  private final Map<String, byte[]> store = new TreeMap<>();
  private final List<Event> published = new ArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long inputs;
  private long lastSequence;
  private S state;

  public CoreHarness(
      String layer,
      LayerCore<S, C, F> core,
      SealedCodec<C> commands,
      SealedCodec<F> facts,
      String host) {
    this.layer = layer;
    this.core = core;
    this.commands = commands;
    this.facts = facts;
    this.host = host;
    this.state = core.initial(host);
  }

  /** Carries out a command and gives its answer. */
  public Answer command(C command) {
    C decoded = commands.decode(commands.encode(command));
    Decision<F> decision =
        core.decide(state, new Input.Commanded<>(stamp(), "command-" + inputs, decoded));
    List<Answer> answers =
        decision.outputs().stream()
            .filter(Output.Reply.class::isInstance)
            .map(output -> ((Output.Reply) output).answer())
            .toList();
    assertThat(answers).as("a command is answered once").hasSize(1);
    take(decision);
    return answers.getFirst();
  }

  /** Lets the core hear an event and gives what it published because of it. */
  public List<Event> hear(Event event) {
    int before = published.size();
    take(core.decide(state, new Input.Heard<>(stamp(), event)));
    return List.copyOf(published.subList(before, published.size()));
  }

  /** Lets time pass. */
  public List<Event> pass(Duration time) {
    now = now.plus(time);
    int before = published.size();
    if (core.waitsForTime(state)) {
      take(core.decide(state, new Input.Ticked<>(stamp())));
    }
    return List.copyOf(published.subList(before, published.size()));
  }

  public Instant now() {
    return now;
  }

  public S state() {
    return state;
  }

  /** All that was published since the beginning or since {@link #forgetPublished}. */
  public List<Event> published() {
    return List.copyOf(published);
  }

  public <E extends EventData> List<E> published(Class<E> type) {
    return published.stream().map(Event::data).filter(type::isInstance).map(type::cast).toList();
  }

  public void forgetPublished() {
    published.clear();
  }

  /** What a restart makes of the store: the state must be equal wherever it defines equality. */
  public S replayed() {
    S replayed = core.initial(host);
    for (Map.Entry<String, byte[]> entry : store.entrySet()) {
      replayed = core.evolve(replayed, new Fact<>(entry.getKey(), facts.decode(entry.getValue())));
    }
    return replayed;
  }

  /** Goes on from the store, as after a crash. */
  public void restart() {
    state = replayed();
  }

  private Stamp stamp() {
    inputs++;
    return new Stamp(now, host, new Ulids(now, inputs * 7919), layer + ":01TEST", lastSequence);
  }

  private void take(Decision<F> decision) {
    for (Fact<F> fact : decision.facts()) {
      @Nullable F value = fact.value();
      if (value == null) {
        store.remove(fact.key());
        state = core.evolve(state, fact);
      } else {
        byte[] bytes = facts.encode(value);
        store.put(fact.key(), bytes);
        state = core.evolve(state, new Fact<>(fact.key(), facts.decode(bytes)));
      }
    }
    for (Output output : decision.outputs()) {
      if (output instanceof Output.Publish publish) {
        published.add(
            new Event(
                publish.id(),
                publish.source(),
                now,
                publish.faultId(),
                publish.causationId(),
                ++lastSequence,
                layer + ":01TEST",
                null,
                publish.data()));
      }
    }
  }
}
