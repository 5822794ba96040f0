package io.faultline.notifier.core.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.DeviceEvent.DevicePlugged;
import io.faultline.events.Event;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.notifier.core.delivery.Deliveries.Scan;
import io.faultline.notifier.core.delivery.Deliveries.Settings;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.core.Fact;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A watcher's deliveries over a simulated log, with a receiver that fails as it likes and a process
 * that dies at any moment, against the naive model: a list for each host.
 */
class DeliverySimulationTest {

  private static final int PARTITIONS = 2;
  private static final int TOPICS = 2;
  private static final RetrySchedule SCHEDULE =
      new RetrySchedule(List.of(Duration.ofSeconds(5), Duration.ofMinutes(5)));

  @Test
  void everyHostHasItsEventsAtLeastOnceAndInOrderWhateverFailsAndDies() {
    Seeds.forAll(4, gen -> new World(gen, 3).play());
  }

  @Test
  void aHostThatFailsForEverHoldsNobodyElse() {
    Seeds.forAll(
        1,
        gen -> {
          World world = new World(gen, 4);
          world.deadHost = "h0";
          world.playWithoutTime();
          for (int host = 1; host < 4; host++) {
            assertThat(world.received("h" + host)).isEqualTo(world.expected("h" + host));
          }
        });
  }

  /** One record of the log. */
  private record Line(int slot, long offset, String host, Event event, Place after) {}

  /** A call that was begun. */
  private record Call(Output.SendEvent<Line> send, Instant due) {}

  private static final class World {
    private final Gen gen;
    private final int hosts;
    private final List<Line> log = new ArrayList<>();
    private final long[] ends = new long[PARTITIONS * TOPICS];
    private final Map<String, DeliveryFact> kept = new TreeMap<>();
    private final List<String> calls = new ArrayList<>();
    private final List<Call> underWay = new ArrayList<>();
    private final List<Fact<DeliveryFact>> unsaved = new ArrayList<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final List<String> dead = new ArrayList<>();
    private Deliveries<Line> core;
    private Instant now = Instant.parse("2026-11-20T08:00:00Z");
    private int read;
    private int deaths;
    @Nullable String deadHost;

    World(Gen gen, int hosts) {
      this.gen = gen;
      this.hosts = hosts;
      Deliveries.begin("w", null, new Place(1, new long[PARTITIONS * TOPICS]))
          .forEach(fact -> kept.put(fact.key(), Objects.requireNonNull(fact.value())));
      core = revived();
    }

    private Deliveries<Line> revived() {
      DeliveryState state = new DeliveryState();
      kept.forEach((key, value) -> state.evolve(new Fact<>(key, value)));
      Place place = state.head().place();
      read = 0;
      while (read < log.size() && log.get(read).offset() < place.next()[log.get(read).slot()]) {
        read++;
      }
      underWay.clear();
      unsaved.clear();
      return new Deliveries<>(
          state,
          new Settings(
              Granularity.EVENT,
              EventFilter.ALL,
              List.of(),
              SCHEDULE,
              new Grouping(Duration.ZERO, Duration.ZERO, Duration.ofHours(1)),
              1 + gen.below(4),
              1),
          PARTITIONS);
    }

    void play() {
      int toWrite = 3 * gen.size();
      while (toWrite > 0 || gen.below(30) > 0) {
        switch (gen.below(12)) {
          case 0, 1 -> {
            if (toWrite-- > 0) {
              write();
            }
          }
          case 2, 3, 4 -> readOne();
          case 5 -> scan(1 + gen.below(8));
          case 6, 7, 8 -> answer();
          case 9 -> now = now.plusSeconds(gen.below(400));
          case 10 -> save();
          default -> {
            if (gen.onceIn(6)) {
              deaths++;
              core = revived();
            }
          }
        }
      }
      finish(true);
      for (int host = 0; host < hosts; host++) {
        for (int topic = 0; topic < TOPICS; topic++) {
          int of = topic;
          String prefix = "h" + host + "/" + of;
          assertThat(distinct(calls, prefix)).as(calls.toString()).isEqualTo(of(prefix));
        }
      }
    }

    void playWithoutTime() {
      for (int i = 0; i < 4 * gen.size(); i++) {
        write();
      }
      finish(false);
    }

    private List<String> of(String prefix) {
      return log.stream()
          .map(line -> line.event().id())
          .filter(id -> id.startsWith(prefix))
          .toList();
    }

    List<String> expected(String host) {
      return of(host + "/").stream().sorted().toList();
    }

    List<String> received(String host) {
      return distinct(calls, host + "/").stream().sorted().toList();
    }

    private static List<String> distinct(List<String> ids, String prefix) {
      return List.copyOf(
          new LinkedHashSet<>(ids.stream().filter(id -> id.startsWith(prefix)).toList()));
    }

    private void write() {
      String host = "h" + gen.below(hosts);
      int topic = gen.below(TOPICS);
      int slot = topic * PARTITIONS + host.charAt(1) % PARTITIONS;
      long offset = ends[slot]++;
      Event event =
          new Event(
              "%s/%d/%06d".formatted(host, topic, log.size()),
              "s",
              now,
              null,
              null,
              0,
              "s",
              null,
              new DevicePlugged(host, "d", 1, 1));
      log.add(new Line(slot, offset, host, event, new Place(1, ends.clone())));
    }

    private Waiting<Line> waiting(Line line, Place after) {
      return new Waiting<>(
          line.host(),
          line.slot(),
          line.offset(),
          line.event().id(),
          "t",
          after.of(line.host().charAt(1) % PARTITIONS, PARTITIONS),
          line);
    }

    private void readOne() {
      if (read < log.size() && core.wantsMore(now)) {
        Line line = log.get(read++);
        core.heard(waiting(line, line.after()), Layer.DEVICE, line.event(), line.after(), now);
        take();
      } else {
        core.passed(read == 0 ? core.main() : core.main());
      }
    }

    private boolean scan(int records) {
      Scan scan = core.scan(now);
      if (scan == null) {
        return false;
      }
      long[] at = scan.from().next().clone();
      int left = records;
      for (Line line : log) {
        boolean within =
            line.offset() >= at[line.slot()] && line.offset() < scan.to().next()[line.slot()];
        if (within && left-- > 0) {
          at[line.slot()] = line.offset() + 1;
          if (scan.hosts().contains(line.host())) {
            core.scanned(waiting(line, new Place(1, at.clone())), Layer.DEVICE, line.event(), now);
          }
        }
      }
      core.scanEnded(scan, new Place(1, at));
      take();
      return true;
    }

    private void take() {
      Deliveries.Decided<Line> decided = core.take();
      unsaved.addAll(decided.facts());
      for (Output<Line> output : decided.outputs()) {
        switch (output) {
          case Output.SendEvent<Line> send -> {
            begun(send);
            underWay.add(new Call(send, now));
          }
          case Output.BuryEvent<Line> bury -> dead.add(bury.waiting().id());
          case Output.SendNotice<Line> _, Output.BuryNotice<Line> _ ->
              throw new AssertionError("nothing is noticed");
        }
      }
    }

    /** A try is not made before its time, nor counted from the beginning again. */
    private void begun(Output.SendEvent<Line> send) {
      if (kept.get("held/" + send.waiting().host()) instanceof DeliveryFact.Held held
          && send.waiting().id().equals(held.id())) {
        assertThat(send.attempt()).isGreaterThanOrEqualTo(held.tries() + 1);
        boolean newest = send.attempt() == held.tries() + 1;
        if (newest && held.due() != null) {
          assertThat(now).isAfterOrEqualTo(held.due());
        }
      }
    }

    private boolean answer() {
      if (underWay.isEmpty()) {
        return false;
      }
      Call call = underWay.remove(gen.below(underWay.size()));
      Waiting<Line> event = call.send().waiting();
      calls.add(event.id());
      int made = attempts.merge(event.id(), 1, Integer::sum);
      boolean fails = event.host().equals(deadHost) || (deadHost == null && gen.onceIn(3));
      boolean last = call.send().attempt() > SCHEDULE.waits().size();
      // Only then are all events expected to come through.
      boolean taken = !fails || (last && deadHost == null);
      assertThat(made).isLessThanOrEqualTo(SCHEDULE.waits().size() + 1 + 2 * deaths);
      core.sent(event, end(taken), gen.below(100) / 100.0, now);
      take();
      return true;
    }

    private TryEnd end(boolean taken) {
      return new TryEnd(
          taken ? Outcome.TAKEN : Outcome.FAILED, now, 1, taken ? 200 : 500, "no", null, null);
    }

    private void save() {
      unsaved.forEach(
          fact -> {
            if (fact.value() == null) {
              kept.remove(fact.key());
            } else {
              kept.put(fact.key(), fact.value());
            }
          });
      unsaved.clear();
    }

    /** Until nothing is left to do; with time, until nothing waits for it either. */
    private void finish(boolean withTime) {
      while (true) {
        int before = read;
        readOne();
        boolean busy = read > before | scan(1_000) | answer();
        save();
        if (!busy) {
          Instant due = core.nextDue(now);
          if (due == null || !withTime) {
            assertThat(core.underWay()).isZero();
            return;
          }
          assertThat(due).isAfter(now);
          now = due;
        }
      }
    }
  }
}
