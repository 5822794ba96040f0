package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Topics have no order among each other: whatever way their events are interleaved, the cases are
 * the same at the end. What a person says is decided when it is said, so it has its place among
 * what the devices told; and nobody has heard what was told later.
 */
class InterleavingTest {

  private static final int ORDERS = 3;

  /** One input: an event, or what somebody says at some time. */
  private sealed interface Step {

    Instant at();

    record Heard(Event event) implements Step {
      @Override
      public Instant at() {
        return event.time();
      }
    }

    record Said(Instant at, NotifierCommand command) implements Step {}
  }

  private final Told told = new Told("h1");

  @Test
  void everyInterleavingOfASmallStoryEndsTheSame() {
    String id = told.faultId(1);
    String other = told.faultId(2);
    List<List<Step>> topics =
        List.of(
            steps(
                told.corrupted("pmem0", id, 0, 16),
                told.corrupted("pmem0", other, 8, 16),
                told.recovered("pmem0", id, RecoveredData.ZEROED, 0, 16)),
            steps(
                told.volumeCorrupted("vol0", id, "pmem0", 32, 16),
                told.volumeRecovered("vol0", id, RecoveredData.ZEROED, 32, 16)),
            steps(
                told.fileLost("data", id, 1, "/a", 0),
                told.shutdown("data", id, "CORRUPT_ONDISK"),
                told.fileLost("data", other, 2, "/b", 0)));

    assertThat(everyOrder(topics)).isEqualTo(560);
  }

  @Test
  void whatOpensAFaultAgainThatSomebodyCalledDoneIsTheEarliestLossWhicheverIsReadFirst() {
    String id = told.faultId(1);
    List<Step> device = steps(told.corrupted("pmem0", id, 0, 16));
    device.add(new Step.Said(now(), new ResolveFault(id, "ann", "replaced")));
    List<Step> dm = steps(told.volumeCorrupted("vol0", id, "pmem0", 32, 16));
    List<Step> fs =
        steps(told.fileLost("data", id, 1, "/a", 0), told.signalled("data", id, 7, "/a"));
    // Nothing is bad any more; whatever is told later is no news.
    device.addAll(steps(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 16)));
    fs.addAll(steps(told.fileLost("data", id, 2, "/b", 0)));

    everyOrder(List.of(device, dm, fs));
  }

  @Test
  void manyInterleavingsOfLongStoriesEndTheSame() {
    Seeds.forAll(
        1,
        24,
        gen -> {
          List<List<Step>> topics = story(gen);
          NotifierState expected = null;
          for (int i = 0; i < ORDERS; i++) {
            expected = same(expected, shuffle(topics, gen));
          }
        });
  }

  private static List<Step> steps(Event... events) {
    List<Step> steps = new ArrayList<>();
    for (Event event : events) {
      steps.add(new Step.Heard(event));
    }
    return steps;
  }

  /** Later than everything that was told so far. */
  private Instant now() {
    return told.added("clock", 1).time();
  }

  private static NotifierState same(@Nullable NotifierState expected, List<Step> order) {
    CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
        new CoreHarness<>(
            "notifier",
            new NotifierCore(),
            new SealedCodec<>(NotifierCommand.class),
            new SealedCodec<>(NotifierFact.class),
            "h1");
    for (Step step : order) {
      switch (step) {
        case Step.Heard heard -> core.hear(heard.event());
        case Step.Said said -> {
          core.pass(Duration.between(core.now(), said.at()));
          core.command(said.command());
        }
      }
    }
    NotifierState state = core.state();
    if (expected != null && !state.equals(expected)) {
      assertThat(state.toString()).isEqualTo(expected.toString());
      throw new AssertionError("the cases are the same, but not what was made of them");
    }
    assertThat(core.replayed()).isEqualTo(state);
    return state;
  }

  private List<List<Step>> story(Gen gen) {
    List<Step> device = new ArrayList<>();
    List<Step> dm = new ArrayList<>();
    List<Step> fs = new ArrayList<>();
    List<String> opened = new ArrayList<>();
    int faults = 0;
    for (int step = 0; step < gen.size(); step++) {
      String pmem = "pmem" + gen.below(2);
      long sector = gen.below(64);
      String any = opened.isEmpty() ? null : opened.get(gen.below(opened.size()));
      switch (gen.below(any == null ? 3 : 12)) {
        case 0, 1 -> {
          String id = told.faultId(++faults);
          opened.add(id);
          hear(device, told.corrupted(pmem, id, sector, 1 + gen.below(16)));
          hear(dm, told.volumeCorrupted("vol0", id, pmem, 2 * sector, 1 + gen.below(16)));
          hear(fs, told.fileLost("data", id, sector, "/f" + sector, 512 * sector));
          if (gen.onceIn(3)) {
            hear(dm, told.mappingLost("pool", id, pmem, 256));
          }
          if (gen.onceIn(3)) {
            // The other parts of a large set.
            for (int part = 1; part < 4; part++) {
              hear(device, told.corrupted(pmem, id, 100 * part + sector, 3, 100 * part + 90, 2));
              hear(dm, told.volumeCorrupted("vol0", id, pmem, 300 * part + sector, 5));
            }
          }
        }
        case 2 -> {
          String id = told.faultId(++faults);
          opened.add(id);
          hear(device, told.leaving(pmem, id, 128));
          hear(fs, told.shutdown("data", id, "FORCE_UMOUNT"));
          hear(device, told.gone(pmem, id, 128));
          hear(device, told.removed(pmem, id, "planned"));
          if (gen.flip()) {
            hear(device, told.plugged(pmem, 128, step));
            hear(device, told.recovered(pmem, id, RecoveredData.RETURNED, 0, 128));
          } else if (gen.onceIn(3)) {
            hear(device, told.removed(pmem, null, "deleted"));
          }
        }
        case 3, 4 ->
            hear(
                device,
                told.recovered(
                    pmem,
                    null,
                    gen.flip() ? RecoveredData.REWRITTEN : RecoveredData.ZEROED,
                    sector,
                    1 + gen.below(400)));
        case 5 ->
            hear(
                dm,
                told.volumeRecovered(
                    "vol0",
                    null,
                    gen.flip() ? RecoveredData.REWRITTEN : RecoveredData.ZEROED,
                    sector,
                    40));
        case 6 -> {
          hear(dm, told.redundancyLost("vol1", any, pmem, sector, 4));
          hear(fs, told.signalled("data", any, gen.below(5), "/f"));
        }
        case 7 -> hear(device, told.faultOver(pmem, Objects.requireNonNull(any), 0, 64));
        case 8, 9 -> {
          Instant at = now();
          NotifierCommand said =
              gen.flip()
                  ? new AcknowledgeFault(Objects.requireNonNull(any), "ann", null)
                  : new ResolveFault(Objects.requireNonNull(any), "bob", "done");
          device.add(new Step.Said(at, said));
        }
        default ->
            // The same fault again: a table swap, or it came back.
            hear(device, told.corrupted(pmem, any, sector, 4));
      }
    }
    return List.of(device, dm, fs);
  }

  private static void hear(List<Step> topic, Event event) {
    topic.add(new Step.Heard(event));
  }

  private static List<Step> shuffle(List<List<Step>> topics, Gen gen) {
    int[] next = new int[topics.size()];
    List<Step> order = new ArrayList<>();
    int left = topics.stream().mapToInt(List::size).sum();
    while (left > 0) {
      int topic = gen.below(topics.size());
      // Bursts of one topic, as a consumer reads them.
      for (int i = gen.below(6); i >= 0 && mayGoOn(topics, next, topic); i--) {
        order.add(topics.get(topic).get(next[topic]++));
        left--;
      }
    }
    return order;
  }

  /**
   * What was told later than somebody speaks has not been heard by then. Whether there is anything
   * to say for the second time depends on what was heard since the first.
   */
  private static boolean mayGoOn(List<List<Step>> topics, int[] next, int topic) {
    if (next[topic] == topics.get(topic).size()) {
      return false;
    }
    Step step = topics.get(topic).get(next[topic]);
    if (step instanceof Step.Said said) {
      return isFirstOnThat(said, topics.getFirst()) || isAllOlderHeard(said, topics, next);
    }
    // An event that is later than what somebody is about to say has not happened yet.
    List<Step> device = topics.getFirst();
    for (int i = next[0]; i < device.size(); i++) {
      if (device.get(i) instanceof Step.Said said && said.at().isBefore(step.at())) {
        return topic == 0;
      }
    }
    return true;
  }

  private static boolean isFirstOnThat(Step.Said said, List<Step> device) {
    for (Step step : device.subList(0, device.indexOf(said))) {
      if (step instanceof Step.Said before && id(before).equals(id(said))) {
        return false;
      }
    }
    return true;
  }

  private static String id(Step.Said said) {
    return said.command() instanceof AcknowledgeFault acknowledge
        ? acknowledge.id()
        : ((ResolveFault) said.command()).id();
  }

  private static boolean isAllOlderHeard(Step.Said said, List<List<Step>> topics, int[] next) {
    for (int topic = 1; topic < topics.size(); topic++) {
      List<Step> steps = topics.get(topic);
      if (next[topic] < steps.size() && steps.get(next[topic]).at().isBefore(said.at())) {
        return false;
      }
    }
    return true;
  }

  private int everyOrder(List<List<Step>> topics) {
    List<List<Step>> orders = new ArrayList<>();
    interleave(topics, new int[topics.size()], new ArrayDeque<>(), orders);
    NotifierState expected = null;
    for (List<Step> order : orders) {
      expected = same(expected, order);
    }
    return orders.size();
  }

  private static void interleave(
      List<List<Step>> topics, int[] next, Deque<Step> order, List<List<Step>> orders) {
    boolean done = true;
    for (int topic = 0; topic < topics.size(); topic++) {
      done &= next[topic] == topics.get(topic).size();
      if (mayGoOn(topics, next, topic)) {
        order.addLast(topics.get(topic).get(next[topic]++));
        interleave(topics, next, order, orders);
        next[topic]--;
        order.removeLast();
      }
    }
    if (done) {
      orders.add(List.copyOf(order));
    }
  }
}
