package io.faultline.notifier.core.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FaultEvent.Fault;
import io.faultline.events.FaultEvent.FaultAcknowledged;
import io.faultline.events.FaultEvent.FaultGrew;
import io.faultline.events.FaultEvent.FaultOpened;
import io.faultline.events.FaultEvent.FaultResolved;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.notifier.core.delivery.Deliveries.Settings;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.runtime.core.Fact;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A watcher that is told of faults as a whole, over simulated time. */
class FaultDeliveriesTest {

  private static final Grouping GROUPING =
      new Grouping(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(4));
  private static final Instant START = Instant.parse("2026-11-20T08:00:00Z");

  private final Map<String, DeliveryFact> kept = new TreeMap<>();
  private final List<Notice> told = new ArrayList<>();
  private Instant now = START;
  private long offset;
  private boolean taken = true;
  private List<Mute> mutes = List.of();
  private Deliveries<String> core = begun();

  private Deliveries<String> begun() {
    if (kept.isEmpty()) {
      Deliveries.begin("w", null, new Place(1, new long[1]))
          .forEach(fact -> kept.put(fact.key(), Objects.requireNonNull(fact.value())));
    }
    DeliveryState state = new DeliveryState();
    kept.forEach((key, value) -> state.evolve(new Fact<>(key, value)));
    return new Deliveries<>(
        state,
        new Settings(
            Granularity.FAULT,
            EventFilter.ALL,
            mutes,
            new RetrySchedule(List.of(Duration.ofSeconds(5), Duration.ofMinutes(5))),
            GROUPING,
            4,
            1),
        1);
  }

  @Test
  void whatBelongsToANewFaultComesAlongAndLaterChangesAreGathered() {
    hear("f1", new FaultOpened("h", fault("open", "error", "pmem0"), List.of("sectors")));
    pass(Duration.ofSeconds(20));
    hear("f1", new FaultGrew("h", fault("open", "error", "pmem0"), List.of("files")));
    assertThat(told).isEmpty();
    pass(Duration.ofSeconds(10));
    assertThat(changes()).containsExactly(List.of("opened", "grew"));

    hear("f1", new FaultGrew("h", fault("open", "critical", "pmem0"), List.of("severity")));
    pass(Duration.ofMinutes(4));
    hear("f1", new FaultGrew("h", fault("open", "critical", "pmem0"), List.of("files")));
    assertThat(told).hasSize(1);
    pass(Duration.ofMinutes(1));
    assertThat(changes().get(1)).containsExactly("grew");
    assertThat(told.get(1).content().severityBefore()).isEqualTo("error");
  }

  @Test
  void anOpenFaultIsRepeatedUntilSomebodyHasSeenIt() {
    hear("f1", new FaultOpened("h", fault("open", "error", "pmem0"), List.of()));
    pass(Duration.ofSeconds(30));
    pass(Duration.ofHours(4));
    pass(Duration.ofHours(4));
    assertThat(changes().subList(1, 3)).containsExactly(List.of("repeated"), List.of("repeated"));
    hear(
        "f1",
        new FaultAcknowledged(
            "h", fault("acknowledged", "error", "pmem0"), List.of(), "ann", "ok"));
    pass(Duration.ofMinutes(5));
    assertThat(told.getLast().content().by()).isEqualTo("ann");
    pass(Duration.ofDays(2));
    assertThat(told).hasSize(4);
    hear("f1", resolved("pmem0"));
    pass(Duration.ofMinutes(5));
    assertThat(changes().getLast()).containsExactly("resolved");
    assertThat(told.stream().map(Notice::id)).doesNotHaveDuplicates();
    assertThat(kept.keySet()).noneMatch(key -> key.startsWith("group/"));
  }

  private static FaultResolved resolved(String device) {
    return new FaultResolved("h", fault("resolved", "error", device), List.of(), null, null);
  }

  @Test
  void aNotificationThatIsNotTakenIsTriedAgainUnderTheSameIdOverRestarts() {
    hear("f1", new FaultOpened("h", fault("open", "error", "pmem0"), List.of()));
    taken = false;
    pass(Duration.ofSeconds(30));
    assertThat(told).hasSize(1);
    core = begun();
    hear("f1", resolved("pmem0"));
    pass(Duration.ofSeconds(7));
    core = begun();
    taken = true;
    pass(Duration.ofMinutes(7));
    assertThat(told.subList(0, 3).stream().map(Notice::id).distinct()).hasSize(1);
    assertThat(told.get(2).tries()).isEqualTo(2);
    assertThat(changes().getLast()).containsExactly("resolved");
  }

  @Test
  void aRemovalIsToldOnceAndSilencesWhatIsOnItsDevice() {
    hear("old", new FaultOpened("h", fault("open", "error", "pmem0"), List.of()));
    pass(Duration.ofSeconds(30));
    Fault gone = removal("open");
    hear("gone", new FaultOpened("h", gone, List.of("sectors")));
    pass(Duration.ofSeconds(30));
    for (int i = 0; i < 5; i++) {
      hear("gone", new FaultGrew("h", gone, List.of("volumes")));
    }
    hear("old", new FaultGrew("h", fault("open", "error", "pmem0"), List.of("files")));
    pass(Duration.ofMinutes(30));
    assertThat(told.stream().map(Notice::faultId)).containsExactly("old", "gone");
    assertThat(counted(Count.INHIBITED)).isPositive();

    hear("gone", new FaultResolved("h", removal("resolved"), List.of(), null, null));
    pass(Duration.ofMinutes(11));
    assertThat(told.stream().map(Notice::faultId)).contains("old", "gone").hasSize(4);
  }

  @Test
  void aMuteHoldsUntilItsEndOrUntilTheFaultGrows() {
    hear("f1", new FaultOpened("h", fault("open", "error", "pmem0"), List.of()));
    mutes = List.of(new Mute("m", EventFilter.ALL, START.plus(Duration.ofHours(10))));
    core = begun();
    pass(Duration.ofMinutes(5));
    assertThat(told).isEmpty();
    assertThat(counted(Count.MUTED)).isEqualTo(1);
    hear("f1", new FaultGrew("h", fault("open", "error", "pmem0"), List.of("files")));
    core = begun();
    pass(Duration.ofSeconds(1));
    assertThat(changes()).containsExactly(List.of("opened", "grew"));

    hear("f2", new FaultOpened("h", fault("open", "error", "pmem1"), List.of()));
    pass(Duration.ofHours(3));
    assertThat(told).hasSize(1);
    pass(Duration.ofHours(7));
    assertThat(told.stream().map(Notice::faultId)).contains("f2");
  }

  private List<List<String>> changes() {
    return told.stream().map(notice -> notice.content().changes()).toList();
  }

  private long counted(Count of) {
    return ((DeliveryFact.Head) Objects.requireNonNull(kept.get("head"))).count(of);
  }

  private static Fault fault(String state, String severity, String device) {
    return new Fault(
        state,
        severity,
        Cause.MEDIA_ERROR,
        START,
        List.of(device),
        List.of(),
        List.of(),
        List.of(),
        8,
        0);
  }

  private static Fault removal(String state) {
    return new Fault(
        state,
        "critical",
        Cause.DEVICE_REMOVED,
        START,
        List.of("pmem0"),
        List.of(),
        List.of(),
        List.of(),
        8,
        0);
  }

  private void hear(String fault, FaultEvent data) {
    Event event = new Event("e" + offset, "s", now, fault, null, offset, "notifier", null, data);
    Place after = new Place(1, new long[] {++offset});
    core.heard(
        new Waiting<>("h", 0, offset - 1, event.id(), "t", after.of(0, 1), "e"),
        Layer.NOTIFIER,
        event,
        after,
        now);
    take();
  }

  /** In steps of a second at most, as it is asked to be. */
  private void pass(Duration time) {
    Instant end = now.plus(time);
    while (true) {
      core.tick(now);
      take();
      Instant due = core.nextDue(now);
      if (due == null || due.isAfter(end)) {
        now = end;
        return;
      }
      now = due.isAfter(now) ? due : now;
    }
  }

  private void take() {
    Deliveries.Decided<String> decided = core.take();
    for (Fact<DeliveryFact> fact : decided.facts()) {
      if (fact.value() == null) {
        kept.remove(fact.key());
      } else {
        kept.put(fact.key(), fact.value());
      }
    }
    for (Output<String> output : decided.outputs()) {
      if (output instanceof Output.SendNotice<String> send) {
        told.add(send.notice());
        core.noticed(
            send.notice(),
            new TryEnd(taken ? Outcome.TAKEN : Outcome.FAILED, now, 1, 200, "no", null, null),
            0.5,
            now);
        take();
      }
    }
  }
}
