package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.Event;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Scrubs and patrols, at a pace that can be watched. */
class ScrubTest {

  private static final Limits LIMITS =
      new Limits(4, 1L << 40, 1000, 100_000, 3, 3, Duration.ofHours(1), 5);
  private static final long SECTORS = 100_000;
  private static final Duration TICK = Duration.ofMillis(50);

  /** 1,000 sectors a second: 50 are read at once, the device takes 100 seconds. */
  private static final ScrubPace SLOW = new ScrubPace(1000, 0);

  private DeviceCore core = new DeviceCore(LIMITS, SLOW);
  private CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness = harness();

  private CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness() {
    return new CoreHarness<>(
        "device",
        core,
        new SealedCodec<>(DeviceCommand.class),
        new SealedCodec<>(DeviceFact.class),
        "local");
  }

  private void startOver(ScrubPace pace) {
    core = new DeviceCore(LIMITS, pace);
    harness = harness();
    done(new DeviceCommand.Create("d", "pmem", SECTORS * 512, null, null), 201);
  }

  @AfterEach
  void aReplayGivesTheSameState() {
    assertThat(harness.replayed()).isEqualTo(harness.state());
  }

  private Device device() {
    return Objects.requireNonNull(harness.state().device("d"));
  }

  private Map<?, ?> done(DeviceCommand command, int status) {
    Answer answer = harness.command(command);
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    return (Map<?, ?>) Objects.requireNonNull(((Answer.Done) answer).body());
  }

  private Problem refused(DeviceCommand command, int status) {
    Answer answer = harness.command(command);
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    return ((Answer.Refused) answer).problem();
  }

  private String hide(long... pairs) {
    return String.valueOf(
        done(
                new DeviceCommand.Inject(
                    "d", Extents.ofPairs(pairs), null, false, null, false, null),
                202)
            .get("faultId"));
  }

  private Map<?, ?> view() {
    return ScrubViews.scrub(device(), core.pace(), harness.now());
  }

  private void unplug() {
    done(new DeviceCommand.Unplug(List.of("d"), UnplugMode.SURPRISE, Duration.ofSeconds(1)), 202);
  }

  /** As the shell ticks: often, and only when something is due. */
  private void run(Duration time) {
    for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plus(TICK)) {
      harness.pass(TICK);
    }
  }

  @Test
  void aScrubGoesThroughAndTellsAsItFinds() {
    startOver(SLOW);
    String near = hide(10_000, 8);
    String far = hide(90_000, 16);
    assertThat(view().get("state")).isEqualTo("idle");
    Map<?, ?> started = done(new DeviceCommand.Scrub("d"), 202);
    assertThat(started.get("state")).isEqualTo("running");
    assertThat(started.get("mode")).isEqualTo("full");
    assertThat(started.get("sectors")).isEqualTo(SECTORS);
    harness.forgetPublished();

    run(Duration.ofSeconds(9));
    assertThat(harness.published()).isEmpty();
    assertThat((long) view().get("sector")).isBetween(9000L, 9100L);
    assertThat((double) view().get("fraction")).isBetween(0.09, 0.092);
    run(Duration.ofSeconds(1));
    assertThat(harness.published().getFirst().faultId()).isEqualTo(near);
    assertThat(view().get("foundSectors")).isEqualTo(8L);
    run(Duration.ofSeconds(85));
    assertThat(harness.published().getLast().faultId()).isEqualTo(far);
    assertThat(harness.published(ScrubCompleted.class)).isEmpty();
    run(Duration.ofSeconds(10));

    assertThat(harness.published(ScrubCompleted.class))
        .containsExactly(new ScrubCompleted("local", "d", SECTORS, 24, "completed", "full"));
    assertThat(view().get("state")).isEqualTo("completed");
    assertThat(view().get("fraction")).isEqualTo(1.0);
    assertThat(view().get("finishedAt")).isNotNull();
    assertThat(core.waitsForTime(harness.state())).isFalse();
  }

  @Test
  void oneRunsAtATime() {
    startOver(SLOW);
    done(new DeviceCommand.Scrub("d"), 202);
    Problem running = refused(new DeviceCommand.Scrub("d"), 409);
    assertThat(running.kind()).isEqualTo("scrub-running");
    assertThat(((Map<?, ?>) running.more().get("scrub")).get("state")).isEqualTo("running");
    refused(new DeviceCommand.Scrub("d", ScrubMode.SHORT, null), 409);
  }

  @Test
  void oneThatIsStoppedHasReadUpToThere() {
    startOver(SLOW);
    hide(4000, 8, 6000, 8);
    done(new DeviceCommand.Scrub("d"), 202);
    run(Duration.ofSeconds(3));
    harness.pass(Duration.ofSeconds(1).plusMillis(500));
    Map<?, ?> stopped = done(new DeviceCommand.StopScrub("d"), 200);

    assertThat(stopped.get("state")).isEqualTo("stopped");
    assertThat(device().known()).isEqualTo(Extents.of(4000, 8));
    assertThat(harness.published(ScrubCompleted.class))
        .extracting(ScrubCompleted::outcome, ScrubCompleted::foundSectors)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("stopped", 8L));
    assertThat(core.waitsForTime(harness.state())).isFalse();
    assertThat(done(new DeviceCommand.StopScrub("d"), 200).get("state")).isEqualTo("stopped");
    assertThat(harness.published(ScrubCompleted.class)).hasSize(1);
    done(new DeviceCommand.Scrub("d"), 202);
  }

  @Test
  void aDeviceThatLeavesEndsIt() {
    startOver(SLOW);
    hide(50_000, 8);
    done(new DeviceCommand.Scrub("d"), 202);
    run(Duration.ofSeconds(5));
    unplug();
    assertThat(view().get("state")).isEqualTo("interrupted");
    refused(new DeviceCommand.Scrub("d"), 409);
    run(TICK);
    done(new DeviceCommand.Plug("d"), 200);
    run(Duration.ofSeconds(120));

    assertThat(view().get("state")).isEqualTo("interrupted");
    assertThat(harness.published(ScrubCompleted.class))
        .extracting(ScrubCompleted::outcome)
        .containsExactly("interrupted");
    assertThat(device().known()).isEqualTo(Extents.EMPTY);
  }

  @Test
  void alsoIfItIsBackBeforeAnybodyLooked() {
    startOver(SLOW);
    done(new DeviceCommand.Scrub("d"), 202);
    unplug();
    done(new DeviceCommand.Plug("d"), 200);
    assertThat(view().get("state")).isEqualTo("interrupted");
    assertThat(done(new DeviceCommand.Scrub("d"), 202).get("state")).isEqualTo("running");
    assertThat(harness.published(ScrubCompleted.class))
        .extracting(ScrubCompleted::outcome)
        .containsExactly("interrupted");
  }

  @Test
  void aProcessThatWasDownDoesNotPretendToHaveRead() {
    startOver(SLOW);
    done(new DeviceCommand.Scrub("d"), 202);
    run(Duration.ofSeconds(10));
    harness.restart();
    harness.pass(Duration.ofHours(1));
    assertThat((long) view().get("sector")).isBetween(9000L, 12_100L);
  }

  @Test
  void aRangeOfTheDevice() {
    startOver(SLOW);
    hide(100, 8, 2000, 8, 5000, 8);
    refused(new DeviceCommand.Scrub("d", ScrubMode.FULL, new SectorRange(SECTORS - 1, 2)), 422);
    done(new DeviceCommand.Scrub("d", ScrubMode.FULL, new SectorRange(1000, 3000)), 202);
    run(Duration.ofSeconds(4));
    assertThat(device().known()).isEqualTo(Extents.of(2000, 8));
    assertThat(harness.published(ScrubCompleted.class))
        .containsExactly(new ScrubCompleted("local", "d", 3000, 8, "completed", "full"));
  }

  @Test
  void aShortScrubReadsAroundWhatIsKnownAtOnce() {
    startOver(SLOW);
    done(new DeviceCommand.Inject("d", 10_000, 8, true, null), 202);
    // Known poison lies in the huge page [8192, 12288).
    hide(8192, 8, 12_280, 16, 50_000, 8);
    Map<?, ?> answer = done(new DeviceCommand.Scrub("d", ScrubMode.SHORT, null), 202);

    assertThat(answer.get("state")).isEqualTo("completed");
    assertThat(answer.get("sectors")).isEqualTo(4096L);
    assertThat(device().known()).isEqualTo(Extents.ofPairs(8192, 8, 10_000, 8, 12_280, 8));
    assertThat(harness.published(ScrubCompleted.class))
        .containsExactly(new ScrubCompleted("local", "d", 4096, 16, "completed", "short"));
  }

  @Test
  void whereverItIsInterruptedItFindsAllThatIsLatentOnce() {
    Seeds.forAll(
        1,
        15,
        gen -> {
          startOver(new ScrubPace(gen.between(1, 50_000), 0));
          Map<String, Extents> hidden = new TreeMap<>();
          for (int i = 0; i <= gen.below(6); i++) {
            Extents ranges =
                new Scatter(gen.anyLong(), 1 + gen.below(50), gen.between(1, 20))
                    .place(device().whole(), 1);
            hidden.put(hide(ranges.toPairs()), ranges);
          }
          done(new DeviceCommand.Scrub("d"), 202);
          boolean wasStopped = false;
          for (int step = 0; step < 300 && core.waitsForTime(harness.state()); step++) {
            harness.pass(Duration.ofMillis(gen.below(4000)));
            if (gen.onceIn(4)) {
              harness.restart();
            }
            if (step == 250) {
              done(new DeviceCommand.StopScrub("d"), 200);
              wasStopped = true;
            }
          }
          assertThat(core.waitsForTime(harness.state())).isFalse();
          assertThat(harness.published(ScrubCompleted.class)).hasSize(1);
          long end = (long) view().get("sector");
          assertThat(wasStopped || end == SECTORS).isTrue();
          SectorRange read = SectorRange.between(0, end);
          Map<String, Extents> found = new TreeMap<>();
          long told = 0;
          for (Event event : harness.published()) {
            if (event.data() instanceof CorruptedRange bad) {
              found.merge(String.valueOf(event.faultId()), bad.ranges(), Extents::union);
              told += bad.ranges().totalSectors();
            }
          }
          long inAll = 0;
          Extents union = Extents.EMPTY;
          for (Map.Entry<String, Extents> fault : hidden.entrySet()) {
            Extents wanted = fault.getValue().clip(read);
            assertThat(found.getOrDefault(fault.getKey(), Extents.EMPTY)).isEqualTo(wanted);
            inAll += wanted.totalSectors();
            union = union.union(wanted);
          }
          assertThat(told).as("every sector of every fault is told once").isEqualTo(inAll);
          assertThat(device().known()).isEqualTo(union);
          assertThat(harness.published(ScrubCompleted.class).getFirst().foundSectors())
              .isEqualTo(union.totalSectors());
        });
  }

  @Test
  void aPatrolReadsAllTheTimeAndGoesOnAfterARestart() {
    startOver(new ScrubPace(1000, 1000));
    hide(30_000, 8);
    run(Duration.ofSeconds(29));
    assertThat(harness.published(CorruptedRange.class)).isEmpty();
    run(Duration.ofSeconds(2));
    assertThat(harness.published(CorruptedRange.class)).hasSize(1);
    hide(10_000, 8);
    run(Duration.ofSeconds(60));
    harness.restart();
    assertThat(harness.published(CorruptedRange.class)).hasSize(1);
    // Round the end of the device.
    run(Duration.ofSeconds(30));
    assertThat(harness.published(CorruptedRange.class)).hasSize(2);
    assertThat(harness.published(ScrubCompleted.class)).isEmpty();
    assertThat(device().latent()).isEqualTo(Extents.EMPTY);
  }

  @Test
  void aPatrolWritesDownLittleAndStaysOutOfAScrubsWay() {
    startOver(new ScrubPace(500, 1000));
    run(TICK);
    long sector = Objects.requireNonNull(device().patrol()).sector();
    run(Duration.ofSeconds(59));
    assertThat(Objects.requireNonNull(device().patrol()).sector()).isEqualTo(sector);
    hide(80_000, 8);
    done(new DeviceCommand.Scrub("d"), 202);
    run(Duration.ofSeconds(50));
    assertThat(harness.published(CorruptedRange.class)).isEmpty();
    unplug();
    run(Duration.ofSeconds(50));
    assertThat(harness.published(CorruptedRange.class)).hasSize(1);
    assertThat(harness.published(CorruptedRange.class).getFirst().whole()).isTrue();
  }

  @Test
  void withoutAPatrolNothingWaits() {
    startOver(SLOW);
    hide(30_000, 8);
    assertThat(core.waitsForTime(harness.state())).isFalse();
  }
}
