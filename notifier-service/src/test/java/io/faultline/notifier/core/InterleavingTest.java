package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.notifier.Told;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.testing.CoreHarness;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Topics have no order among each other: whatever way their events are interleaved, the cases are
 * the same at the end.
 */
class InterleavingTest {

  private final Told told = new Told("h1");

  @Test
  void everyInterleavingOfASmallStoryEndsTheSame() {
    String id = told.faultId(1);
    String other = told.faultId(2);
    List<List<Event>> topics =
        List.of(
            List.of(
                told.corrupted("pmem0", id, 0, 16),
                told.corrupted("pmem0", other, 8, 16),
                told.recovered("pmem0", id, RecoveredData.ZEROED, 0, 16)),
            List.of(
                told.volumeCorrupted("vol0", id, "pmem0", 32, 16),
                told.volumeRecovered("vol0", id, RecoveredData.ZEROED, 32, 16)),
            List.of(
                told.fileLost("data", id, 1, "/a", 0),
                told.shutdown("data", id, "CORRUPT_ONDISK"),
                told.fileLost("data", other, 2, "/b", 0)));

    NotifierState expected = null;
    List<List<Event>> orders = new ArrayList<>();
    interleave(topics, new int[topics.size()], new ArrayDeque<>(), orders);
    assertThat(orders).hasSize(560);
    for (List<Event> order : orders) {
      expected = same(expected, order);
    }
  }

  @Test
  void manyInterleavingsOfLongStoriesEndTheSame() {
    for (long seed = 1; seed <= 40; seed++) {
      Random random = new Random(seed);
      List<List<Event>> topics = story(random);
      NotifierState expected = null;
      for (int i = 0; i < 6; i++) {
        try {
          expected = same(expected, shuffle(topics, random));
        } catch (AssertionError e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    }
  }

  private static NotifierState same(@Nullable NotifierState expected, List<Event> order) {
    CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
        new CoreHarness<>(
            "notifier",
            new NotifierCore(),
            new SealedCodec<>(NotifierCommand.class),
            new SealedCodec<>(NotifierFact.class),
            "h1");
    order.forEach(core::hear);
    if (expected != null) {
      assertThat(core.state()).isEqualTo(expected);
    }
    return core.state();
  }

  private List<List<Event>> story(Random random) {
    List<Event> device = new ArrayList<>();
    List<Event> dm = new ArrayList<>();
    List<Event> fs = new ArrayList<>();
    List<String> opened = new ArrayList<>();
    int faults = 0;
    for (int step = 0; step < 40; step++) {
      String pmem = "pmem" + random.nextInt(2);
      long sector = random.nextInt(64);
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          String id = told.faultId(++faults);
          opened.add(id);
          device.add(told.corrupted(pmem, id, sector, 1 + random.nextInt(16)));
          dm.add(told.volumeCorrupted("vol0", id, pmem, 2 * sector, 1 + random.nextInt(16)));
          fs.add(told.fileLost("data", id, sector, "/f" + sector, 512 * sector));
          if (random.nextInt(3) == 0) {
            dm.add(told.mappingLost("pool", id, pmem, 256));
          }
        }
        case 2 -> {
          String id = told.faultId(++faults);
          opened.add(id);
          device.add(told.leaving(pmem, id, 128));
          fs.add(told.shutdown("data", id, "FORCE_UMOUNT"));
          device.add(told.gone(pmem, id, 128));
          device.add(told.removed(pmem, id, "planned"));
          if (random.nextBoolean()) {
            device.add(told.plugged(pmem, 128, step));
            device.add(told.recovered(pmem, id, RecoveredData.RETURNED, 0, 128));
          }
        }
        case 3, 4 ->
            device.add(
                told.recovered(
                    pmem,
                    null,
                    random.nextBoolean() ? RecoveredData.REWRITTEN : RecoveredData.ZEROED,
                    sector,
                    1 + random.nextInt(40)));
        case 5 -> dm.add(told.volumeRecovered("vol0", null, RecoveredData.REWRITTEN, sector, 40));
        case 6 -> {
          if (!opened.isEmpty()) {
            String id = opened.get(random.nextInt(opened.size()));
            dm.add(told.redundancyLost("vol1", id, pmem, sector, 4));
            fs.add(told.signalled("data", id, random.nextInt(5), "/f"));
          }
        }
        default -> {
          if (!opened.isEmpty()) {
            // The same fault again: a table swap, or it came back.
            String id = opened.get(random.nextInt(opened.size()));
            device.add(told.corrupted(pmem, id, sector, 4));
          }
        }
      }
    }
    return List.of(device, dm, fs);
  }

  private static List<Event> shuffle(List<List<Event>> topics, Random random) {
    int[] next = new int[topics.size()];
    int left = topics.stream().mapToInt(List::size).sum();
    List<Event> order = new ArrayList<>();
    while (left > 0) {
      int topic = random.nextInt(topics.size());
      // Bursts of one topic, as a consumer reads them.
      for (int i = random.nextInt(6); i >= 0 && next[topic] < topics.get(topic).size(); i--) {
        order.add(topics.get(topic).get(next[topic]++));
        left--;
      }
    }
    return order;
  }

  private static void interleave(
      List<List<Event>> topics, int[] next, Deque<Event> order, List<List<Event>> orders) {
    boolean done = true;
    for (int topic = 0; topic < topics.size(); topic++) {
      if (next[topic] < topics.get(topic).size()) {
        done = false;
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
