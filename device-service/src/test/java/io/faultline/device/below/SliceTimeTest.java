package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.core.DeviceCommand;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens in a slice when time passes, restarts in between. */
class SliceTimeTest {

  private static final String HOST = "local";
  private static final Duration TICK = Duration.ofMillis(50);

  /** At the usual pace a scrub of it takes 20 seconds. */
  private static final long SECTORS = 1L << 32;

  @TempDir private Path folder;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private Slice slice;
  private final List<Event> heard = new ArrayList<>();

  @BeforeEach
  void open() {
    slice = Slices.open(folder.resolve("slice"), 1 << 20, () -> now);
  }

  @AfterEach
  void close() {
    slice.close();
  }

  private void restart() {
    slice.close();
    open();
  }

  private Reply command(DeviceCommand command) {
    Reply reply = slice.command(HOST, command, null, null);
    assertThat(reply.status()).as(new String(reply.body())).isBetween(200, 204);
    return reply;
  }

  private void create() {
    command(new DeviceCommand.Create("d", "nvme", SECTORS * 512, null, null));
  }

  private void inject(long sector, boolean announce, Duration duration) {
    command(
        new DeviceCommand.Inject(
            "d", Extents.of(sector, 8), null, false, duration, announce, null));
  }

  private void run(Duration time) {
    for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plus(TICK)) {
      now = now.plus(TICK);
      slice.tick();
    }
  }

  /** Takes what waits to be published, and answers the number of the last entry. */
  private long drain() throws InterruptedException {
    long last = 0;
    while (true) {
      List<Backlog.Unpublished> next = slice.backlog().next(1000, Duration.ZERO);
      if (next.isEmpty()) {
        return last;
      }
      next.forEach(entry -> heard.addAll(entry.events()));
      last = next.getLast().number();
      slice.backlog().published(last);
    }
  }

  private <E extends EventData> List<E> heard(Class<E> type) {
    return heard.stream().map(Event::data).filter(type::isInstance).map(type::cast).toList();
  }

  @Test
  void aScrubGoesOnFromItsRestartPoint() throws Exception {
    create();
    for (long sector = 1000; sector < SECTORS; sector += SECTORS / 64) {
      inject(sector, false, null);
    }
    command(new DeviceCommand.Scrub("d"));
    for (int round = 0; round < 12; round++) {
      run(Duration.ofMillis(1700));
      drain();
      restart();
      now = now.plus(Duration.ofMinutes(5));
    }
    run(Duration.ofSeconds(5));
    drain();

    assertThat(heard(CorruptedRange.class)).hasSize(64);
    assertThat(heard.stream().filter(event -> event.data() instanceof CorruptedRange))
        .extracting(Event::faultId)
        .doesNotHaveDuplicates();
    assertThat(heard(ScrubCompleted.class))
        .containsExactly(new ScrubCompleted(HOST, "d", SECTORS, 512, "completed", "full"));
  }

  @Test
  void aTickThatFindsNothingWritesNothing() throws Exception {
    create();
    inject(0, true, null);
    long before = drain();
    run(Duration.ofSeconds(10));
    inject(16, true, null);
    assertThat(drain()).isEqualTo(before + 1);

    command(new DeviceCommand.Scrub("d"));
    long started = drain();
    run(Duration.ofSeconds(10));
    inject(32, true, null);
    assertThat(drain()).as("a restart point every two seconds").isEqualTo(started + 6);
  }

  @Test
  void aTransientFaultEndsAlsoAfterARestart() throws Exception {
    create();
    inject(0, true, Duration.ofSeconds(3));
    inject(4, true, null);
    drain();
    restart();
    run(Duration.ofSeconds(2));
    drain();
    assertThat(heard(RangeRecovered.class)).isEmpty();
    restart();
    now = now.plus(Duration.ofHours(1));
    run(TICK);
    drain();
    assertThat(heard(RangeRecovered.class))
        .extracting(RangeRecovered::ranges)
        .containsExactly(Extents.of(0, 8));
    restart();
    run(TICK);
    assertThat(slice.<Extents>read(HOST, state -> state.devices().getFirst().known()))
        .isEqualTo(Extents.of(4, 8));
    drain();
    assertThat(heard(RangeRecovered.class)).hasSize(1);
  }
}
