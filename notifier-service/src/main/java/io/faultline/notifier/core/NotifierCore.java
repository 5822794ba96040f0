package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.FindFaults;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.GetFaultPath;
import io.faultline.notifier.core.NotifierCommand.GetFaults;
import io.faultline.notifier.core.NotifierCommand.GetOverview;
import io.faultline.notifier.core.NotifierCommand.GetStrip;
import io.faultline.notifier.core.NotifierCommand.GetTopology;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.ranges.SectorRange;
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
import java.util.function.Consumer;

/** The notifier's rules for one host: fault cases and the topology, and what is told of faults. */
public final class NotifierCore implements LayerCore<NotifierState, NotifierCommand, NotifierFact> {

  /** Ranges that one page of cases shows together. */
  private static final int PAGE_RANGES = Limits.SHOWN_RANGES_TOGETHER;

  private final Capacity capacity;

  public NotifierCore() {
    this(Capacity.DEFAULT);
  }

  public NotifierCore(Capacity capacity) {
    this.capacity = capacity;
  }

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
        List<FaultChange> changes = FaultRules.heard(state, heard.event(), capacity, decision);
        tell(state, changes, decision);
        yield decision.build();
      }
      case Input.Commanded<NotifierCommand> commanded ->
          carryOut(state, commanded.stamp(), commanded.command());
      case Input.Ticked<NotifierCommand> _ -> Decision.nothing();
    };
  }

  /** What happened to faults, for whoever is told about faults and not about events. */
  private static void tell(
      NotifierState state, List<FaultChange> changes, Decision.Builder<NotifierFact> decision) {
    for (FaultChange change : changes) {
      decision.publish(
          "/hosts/" + state.host + "/faults",
          change.event(state.host),
          change.faultId(),
          change.eventId());
    }
  }

  private static Decision<NotifierFact> carryOut(
      NotifierState state, Stamp stamp, NotifierCommand command) {
    return switch (command) {
      case ListFaults list -> Decision.reply(Answer.ok(page(state, list)));
      case FindFaults find -> Decision.reply(Answer.ok(places(state, find)));
      case GetFaults get -> Decision.reply(Answer.ok(faults(state, get)));
      case GetFaultPath get -> {
        FaultCase found = state.faultCase(get.id());
        yield found == null
            ? Decision.refuse(unknown(get.id()))
            : Decision.reply(Answer.ok(FaultPath.of(state, found)));
      }
      case GetFault get -> {
        FaultCase found = state.faultCase(get.id());
        yield found == null
            ? Decision.refuse(unknown(get.id()))
            : Decision.reply(Answer.ok(Views.whole(state.host, found)));
      }
      case AcknowledgeFault acknowledge -> acknowledge(state, stamp, acknowledge);
      case ResolveFault resolve -> resolve(state, stamp, resolve);
      case GetTopology _ -> Decision.reply(Answer.ok(TopologyView.of(state)));
      case GetStrip get -> strip(state, get);
      case GetOverview _ -> Decision.reply(Answer.ok(Views.overview(state)));
    };
  }

  private static Problem unknown(String id) {
    return Problem.notFound("There is no fault " + id);
  }

  private static Decision<NotifierFact> strip(NotifierState state, GetStrip get) {
    Long sectors = TopologyView.sectors(state, get.device());
    if (sectors == null) {
      return Decision.refuse(
          Problem.notFound("Nothing is known of a device or volume " + get.device()));
    }
    long from = Math.min(get.sector(), sectors);
    long count = get.count() == null ? Long.MAX_VALUE : get.count();
    long end = count > sectors - from ? sectors : from + count;
    return Decision.reply(
        Answer.ok(
            TopologyView.strip(state, get.device(), SectorRange.between(from, end), get.bins())));
  }

  private static Map<String, Object> page(NotifierState state, ListFaults list) {
    FaultIndex.Found found = state.find(list.query(), list.after(), list.limit());
    List<Map<String, Object>> items = new ArrayList<>();
    FaultPlace next = found.next();
    int ranges = 0;
    for (FaultPlace place : found.found()) {
      if (ranges > PAGE_RANGES) {
        next = found.found().get(items.size() - 1);
        break;
      }
      FaultCase fault = Objects.requireNonNull(state.faultCase(place.id()));
      items.add(Views.inList(state.host, fault));
      ranges += fault.devices.values().stream().mapToInt(part -> part.hit().rangeCount()).sum();
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("items", items);
    page.put("next", next == null ? null : next.text());
    return page;
  }

  private static Map<String, Object> places(NotifierState state, FindFaults find) {
    FaultIndex.Found found = state.find(find.query(), find.after(), find.limit());
    FaultPlace next = found.next();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("host", state.host);
    answer.put("places", found.found().stream().map(FaultPlace::text).toList());
    answer.put("next", next == null ? null : next.text());
    return answer;
  }

  private static Map<String, Object> faults(NotifierState state, GetFaults get) {
    List<Map<String, Object>> items = new ArrayList<>();
    for (String id : get.ids()) {
      FaultCase found = state.faultCase(id);
      if (found != null) {
        items.add(Views.inList(state.host, found));
      }
    }
    return Map.of("items", items);
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
                      + found.head().resolvedAt()
                      + "; only an open fault can be acknowledged"));
      case ACKNOWLEDGED -> Decision.reply(Answer.ok(Views.whole(state.host, found)));
      case OPEN ->
          byHand(
              state,
              stamp,
              found,
              draft -> draft.say(false, stamp.now(), acknowledge.by(), acknowledge.reason()));
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
        state, stamp, found, draft -> draft.say(true, stamp.now(), resolve.by(), resolve.reason()));
  }

  private static Decision<NotifierFact> byHand(
      NotifierState state, Stamp stamp, FaultCase found, Consumer<CaseDraft> saying) {
    CaseDraft draft = CaseDraft.of(found);
    saying.accept(draft);
    Decision.Builder<NotifierFact> decision = Decision.builder(stamp);
    FaultChange change = draft.decide(null, decision);
    tell(state, change == null ? List.of() : List.of(change), decision);
    return decision.reply(Answer.ok(Views.whole(state.host, after(found, decision)))).build();
  }

  /** The case as the facts of the decision will make it. */
  private static FaultCase after(FaultCase found, Decision.Builder<NotifierFact> decision) {
    FaultCase copy = found.copy();
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
