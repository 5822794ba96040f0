package io.faultline.runtime;

import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.Topics;
import io.faultline.events.VolumeEvent;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Map;

/**
 * The smallest layer with every kind of behaviour: it adds numbers up and counts plugged devices.
 */
final class Tally implements LayerCore<Tally.State, Tally.Command, Tally.Counted> {

  static final class State {
    long sum;
  }

  sealed interface Command {
    record Add(long amount) implements Command {}

    record Sum() implements Command {}

    record Explode() implements Command {}

    /** Keeps a note, and answers as many characters. */
    record Note(int keptCharacters, int answeredCharacters) implements Command {}
  }

  record HostSum(String host, long sum) {}

  sealed interface Counted {
    record Total(long sum) implements Counted {}

    record Kept(String text) implements Counted {}
  }

  static LayerDefinition<State, Command, Counted> definition(String layer) {
    return new LayerDefinition<>(
        layer,
        new Tally(),
        new SealedCodec<>(Command.class),
        new SealedCodec<>(Counted.class),
        List.of(Topics.DEVICE_EVENTS));
  }

  @Override
  public State initial(String host) {
    return new State();
  }

  @Override
  public Decision<Counted> decide(State state, Input<Command> input) {
    return switch (input) {
      case Input.Heard<Command>(var stamp, Event event) -> {
        if (!(event.data() instanceof DeviceEvent.DevicePlugged plugged)) {
          throw new IllegalStateException("this layer understands device_plugged only");
        }
        Decision.Builder<Counted> decision = Decision.builder(stamp);
        decision.fact("total", new Counted.Total(state.sum + 1));
        decision.publish(
            "/hosts/" + stamp.host(),
            new VolumeEvent.VolumeRemoved(stamp.host(), plugged.device()),
            event.faultId(),
            event.id());
        yield decision.build();
      }
      case Input.Commanded<Command>(var stamp, var id, Command.Add(long amount)) -> {
        if (amount < 0) {
          yield Decision.refuse(
              Problem.refused("negative", "Only upwards", amount + " is negative"));
        }
        yield Decision.<Counted>builder(stamp)
            .fact("total", new Counted.Total(state.sum + amount))
            .reply(Answer.ok(Map.of("sum", state.sum + amount)))
            .build();
      }
      case Input.Commanded<Command>(var stamp, var id, Command.Sum()) ->
          Decision.reply(Answer.ok(new HostSum(stamp.host(), state.sum)));
      case Input.Commanded<Command>(var stamp, var id, Command.Explode()) ->
          throw new IllegalStateException("on purpose");
      case Input.Commanded<Command>(var stamp, var id, Command.Note(int kept, int answered)) ->
          Decision.<Counted>builder(stamp)
              .fact("note", new Counted.Kept("x".repeat(kept)))
              .reply(Answer.ok("y".repeat(answered)))
              .build();
      case Input.Ticked<Command> ticked -> Decision.nothing();
    };
  }

  @Override
  public State evolve(State state, Fact<Counted> fact) {
    switch (fact.value()) {
      case Counted.Total(long sum) -> state.sum = sum;
      case Counted.Kept kept -> {}
      case null -> state.sum = 0;
    }
    return state;
  }
}
