package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.testing.Awaiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RangeGateTest {

  private final RangeGate gate = new RangeGate();

  @Test
  void readsGoTogetherAndSoDoesWhatSharesNoSector() {
    try (var _ = gate.reading(new SectorRange(0, 10));
        var _ = gate.reading(new SectorRange(5, 10));
        var _ = gate.changing(new SectorRange(15, 5));
        var _ = gate.changing(new SectorRange(20, 5))) {
      assertThat(gate).isNotNull();
    }
  }

  @Test
  void whoChangesWaitsForWhoReadsAndALaterReaderForHim() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch changes = new CountDownLatch(1);
      Future<?> changer;
      Future<?> reader;
      try (var _ = gate.reading(new SectorRange(0, 10))) {
        changer =
            threads.submit(
                () -> {
                  try (var _ = gate.changing(new SectorRange(9, 2))) {
                    return changes.await(10, TimeUnit.SECONDS);
                  }
                });
        awaitAtGate(2);
        reader = threads.submit(() -> gate.reading(new SectorRange(10, 1)).close());
        awaitAtGate(3);
        assertThat(changer.isDone()).isFalse();
        assertThat(reader.isDone()).isFalse();
      }
      assertThat(reader.isDone()).as("the changer is inside").isFalse();
      changes.countDown();
      assertThat(changer.get()).isEqualTo(true);
      reader.get();
    }
  }

  @Test
  void nobodyMeetsAChangeUnderManyThreads() {
    Seeds.forAll(
        1,
        5,
        gen -> {
          int sectors = 16;
          AtomicIntegerArray inside = new AtomicIntegerArray(sectors);
          try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
              int start = gen.below(sectors);
              SectorRange range = new SectorRange(start, 1 + gen.below(sectors - start));
              boolean changes = gen.flip();
              all.add(threads.submit(() -> pass(range, changes, inside)));
            }
            for (Future<?> each : all) {
              each.get();
            }
          }
        });
  }

  /** Readers count up by one, whoever changes by a thousand and must be alone. */
  private void pass(SectorRange range, boolean changes, AtomicIntegerArray inside) {
    int weight = changes ? 1000 : 1;
    try (var _ = changes ? gate.changing(range) : gate.reading(range)) {
      for (int sector = (int) range.startSector(); sector < range.endSector(); sector++) {
        int now = inside.addAndGet(sector, weight);
        assertThat(changes ? now == 1000 : now < 1000).as("%d", now).isTrue();
      }
      for (int sector = (int) range.startSector(); sector < range.endSector(); sector++) {
        inside.addAndGet(sector, -weight);
      }
    }
  }

  private void awaitAtGate(int passes) {
    Awaiting.await(passes + " are at the gate", gate::size, size -> size >= passes);
  }
}
