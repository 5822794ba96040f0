package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.GetOverview;
import io.faultline.notifier.core.NotifierCommand.GetTopology;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.notifier.core.NotifierFact.Hand;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The notifier's rules for one host: fault cases and the topology. It publishes nothing. */
public final class NotifierCore implements LayerCore<NotifierState, NotifierCommand, NotifierFact> {

  /** Ranges that one page of cases shows together. */
  private static final int PAGE_RANGES = Limits.SHOWN_RANGES_TOGETHER;

  @Override
  public NotifierState initial(String host) {
    return new NotifierState(host);
  }

  @Override
  public NotifierState evolve(NotifierState state, Fact<NotifierFact> fact) {
    state.apply(fact);
    return state;
  }

  @Override
  public Decision<NotifierFact> decide(NotifierState state, Input<NotifierCommand> input) {
    return switch (input) {
      case Input.Heard<NotifierCommand> heard -> {
        Decision.Builder<NotifierFact> decision = Decision.builder(heard.stamp());
        TopologyRules.heard(state, heard.event(), decision);
        List<FaultChange> changes = FaultRules.heard(state, heard.event(), decision);
        tell(changes);
        yield decision.build();
      }
      case Input.Commanded<NotifierCommand> commanded ->
          carryOut(state, commanded.stamp(), commanded.command());
      case Input.Ticked<NotifierCommand> _ -> Decision.nothing();
    };
  }

  /** What happened to faults, for whoever is told about faults and not about events. */
  private static void tell(List<FaultChange> changes) {
    // Nobody asked for it yet.
    changes.forEach(Objects::requireNonNull);
  }

  private static Decision<NotifierFact> carryOut(
      NotifierState state, Stamp stamp, NotifierCommand command) {
    return switch (command) {
      case ListFaults list -> Decision.reply(Answer.ok(page(state, list)));
      case GetFault get -> {
        FaultCase found = state.faultCase(get.id());
        yield found == null
            ? Decision.refuse(unknown(get.id()))
            : Decision.reply(Answer.ok(Views.whole(state.host, found)));
      }
      case AcknowledgeFault acknowledge -> acknowledge(state, stamp, acknowledge);
      case ResolveFault resolve -> resolve(state, stamp, resolve);
      case GetTopology _ -> Decision.reply(Answer.ok(Views.topology(state)));
      case GetOverview _ -> Decision.reply(Answer.ok(Views.overview(state)));
    };
  }

  private static Problem unknown(String id) {
    return Problem.notFound("There is no fault " + id);
  }

  private static Map<String, Object> page(NotifierState state, ListFaults list) {
    List<Map<String, Object>> items = new ArrayList<>();
    @Nullable String next = null;
    @Nullable String last = null;
    int ranges = 0;
    for (FaultCase found : state.casesAfter(list.after())) {
      if (found.head == null || !wanted(found, list)) {
        continue;
      }
      boolean full = items.size() >= list.limit() || ranges > PAGE_RANGES;
      if (full) {
        next = last;
        break;
      }
      items.add(Views.inList(state.host, found));
      ranges += found.devices.values().stream().mapToInt(part -> part.hit().rangeCount()).sum();
      last = found.id;
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("items", items);
    page.put("next", next);
    return page;
  }

  private static boolean wanted(FaultCase found, ListFaults list) {
    return (list.states().isEmpty() || list.states().contains(found.state().text()))
        && (list.severity() == null || found.head().severity().atLeast(list.severity()))
        && (list.devices().isEmpty()
            || list.devices().stream().anyMatch(found.devices::containsKey));
  }

  private static Decision<NotifierFact> acknowledge(
      NotifierState state, Stamp stamp, AcknowledgeFault acknowledge) {
    FaultCase found = state.faultCase(acknowledge.id());
    if (found == null) {
      return Decision.refuse(unknown(acknowledge.id()));
    }
    return switch (found.state()) {
      case RESOLVED ->
          Decision.refuse(
              Problem.conflict(
                  "fault-resolved",
                  "The fault is resolved",
                  found.id
                      + " was resolved at "
                      + found.resolvedAt()
                      + "; only an open fault can be acknowledged"));
      case ACKNOWLEDGED -> Decision.reply(Answer.ok(Views.whole(state.host, found)));
      case OPEN ->
          byHand(
              state,
              stamp,
              found,
              new Hand(false, stamp.now(), acknowledge.by(), acknowledge.reason()),
              "acknowledged");
    };
  }

  private static Decision<NotifierFact> resolve(
      NotifierState state, Stamp stamp, ResolveFault resolve) {
    FaultCase found = state.faultCase(resolve.id());
    if (found == null) {
      return Decision.refuse(unknown(resolve.id()));
    }
    if (found.state() == CaseState.RESOLVED) {
      return Decision.reply(Answer.ok(Views.whole(state.host, found)));
    }
    return byHand(
        state,
        stamp,
        found,
        new Hand(true, stamp.now(), resolve.by(), resolve.reason()),
        "resolved");
  }

  private static Decision<NotifierFact> byHand(
      NotifierState state, Stamp stamp, FaultCase found, Hand hand, String what) {
    CaseDraft draft = CaseDraft.of(found);
    draft.hand(hand);
    draft.moment(hand.at(), what, hand.by(), hand.reason(), null);
    Decision.Builder<NotifierFact> decision = Decision.builder(stamp);
    FaultChange change = draft.decide(null, decision);
    tell(change == null ? List.of() : List.of(change));
    return decision.reply(Answer.ok(Views.whole(state.host, after(found, decision)))).build();
  }

  /** The case as the facts of the decision will make it. */
  private static FaultCase after(FaultCase found, Decision.Builder<NotifierFact> decision) {
    FaultCase copy = new FaultCase(found.id);
    copy.head = found.head;
    found
        .lists()
        .forEach((kind, entries) -> entries.forEach((key, value) -> copy.put(kind, key, value)));
    for (Fact<NotifierFact> fact : decision.build().facts()) {
      String[] path = fact.key().split("/", 4);
      if (path.length == 2) {
        copy.head = (NotifierFact.CaseHead) fact.value();
      } else {
        copy.put(path[2], path[3], fact.value());
      }
    }
    return copy;
  }
}
