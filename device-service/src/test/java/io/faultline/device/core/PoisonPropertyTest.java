package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Faults of every form that come, are found, heal and end, with scrubs, a patrol, removals and
 * restarts in between, against a bit for each sector of each fault; and what somebody knows who
 * hears the events only.
 */
class PoisonPropertyTest {

  private static final int SECTORS = 4000;
  private static final Limits LIMITS =
      new Limits(4, 1L << 40, 1000, 100_000, 3, 3, Duration.ofHours(1), 5);

  @Test
  void aDeviceIsWhatItsSectorsAreAndWhatItsEventsSay() {
    Seeds.forAll(
        1,
        30,
        gen -> {
          World world = new World(gen);
          for (int step = 0; step < 10 + 3 * gen.size(); step++) {
            world.step();
          }
        });
  }

  private static final class ModelFault {
    final BitSet known = new BitSet();
    final BitSet latent = new BitSet();
    final @Nullable Instant until;

    ModelFault(@Nullable Instant until) {
      this.until = until;
    }
  }

  private static final class World {
    private final Gen gen;
    private final DeviceCore core;
    private final CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness;
    private final TreeMap<String, ModelFault> model = new TreeMap<>();
    private final TreeMap<String, BitSet> heard = new TreeMap<>();
    private boolean away;
    private int scrubs;
    private int ends;

    World(Gen gen) {
      this.gen = gen;
      core =
          new DeviceCore(
              LIMITS, new ScrubPace(gen.between(100, 20_000), gen.flip() ? 0 : gen.below(5000)));
      harness =
          new CoreHarness<>(
              "device",
              core,
              new SealedCodec<>(DeviceCommand.class),
              new SealedCodec<>(DeviceFact.class),
              "local");
      command(new DeviceCommand.Create("d", "pmem", SECTORS * 512L, null, null), 201);
    }

    private Device device() {
      return Objects.requireNonNull(harness.state().device("d"));
    }

    void step() {
      switch (gen.below(9)) {
        case 0, 1, 2 -> inject();
        case 3 -> heal();
        case 4 -> discover();
        case 5 -> scrub();
        case 6 -> unplugOrPlug();
        default -> pass();
      }
      if (gen.onceIn(6)) {
        harness.restart();
      }
      hear();
      check();
    }

    private void inject() {
      boolean announce = gen.flip();
      Duration duration = gen.onceIn(3) ? Duration.ofMillis(gen.between(1, 3000)) : null;
      boolean saturate = gen.onceIn(4);
      Scatter scatter =
          gen.onceIn(3) ? new Scatter(gen.anyLong(), 1 + gen.below(100), gen.between(1, 5)) : null;
      Extents ranges = scatter == null ? some() : Extents.EMPTY;
      Answer answer =
          command(
              new DeviceCommand.Inject("d", ranges, scatter, saturate, duration, announce, null),
              away ? 409 : 202);
      if (away) {
        return;
      }
      Map<?, ?> body = (Map<?, ?>) Objects.requireNonNull(((Answer.Done) answer).body());
      ModelFault fault = new ModelFault(duration == null ? null : harness.now().plus(duration));
      long unit = saturate ? 8 : 1;
      Extents bad = scatter == null ? ranges.roundOut(unit) : scatter.place(device().whole(), unit);
      set(announce ? fault.known : fault.latent, bad, true);
      assertThat(body.get("sectors")).isEqualTo(bad.totalSectors());
      model.put(String.valueOf(body.get("faultId")), fault);
    }

    private void heal() {
      Extents healed = some();
      Answer answer =
          command(
              new DeviceCommand.Heal(
                  "d",
                  device().generation(),
                  healed,
                  gen.pick(RecoveredData.REWRITTEN, RecoveredData.ZEROED)),
              away ? 409 : 200);
      if (answer.status() == 200) {
        for (ModelFault fault : model.values()) {
          set(fault.known, healed, false);
          set(fault.latent, healed, false);
        }
      }
    }

    private void discover() {
      long start = gen.below(SECTORS);
      Extents range = Extents.of(start, gen.between(1, SECTORS - start));
      command(new DeviceCommand.Discover("d", start, range.totalSectors()), 204);
      find(range);
    }

    private void find(Extents range) {
      for (ModelFault fault : model.values()) {
        BitSet found = new BitSet();
        set(found, range, true);
        found.and(fault.latent);
        fault.known.or(found);
        fault.latent.andNot(found);
      }
    }

    private void scrub() {
      ScrubMode mode = gen.pick(ScrubMode.FULL, ScrubMode.SHORT);
      Answer answer = harness.command(gen.noted(new DeviceCommand.Scrub("d", mode, null)));
      if (answer.status() == 202) {
        scrubs++;
      }
      adoptFound();
    }

    private void unplugOrPlug() {
      if (away) {
        command(new DeviceCommand.Plug("d"), 200);
      } else {
        command(
            new DeviceCommand.Unplug(List.of("d"), UnplugMode.SURPRISE, Duration.ofSeconds(1)),
            202);
      }
      away = !away;
    }

    private void pass() {
      harness.pass(Duration.ofMillis(gen.below(1500)));
      if (!away) {
        model
            .values()
            .removeIf(fault -> fault.until != null && !harness.now().isBefore(fault.until));
      }
      adoptFound();
    }

    /** How far a scrub came is another test's; what it may do is make latent sectors known. */
    private void adoptFound() {
      for (Map.Entry<String, ModelFault> entry : model.entrySet()) {
        Fault fault = device().faults().get(entry.getKey());
        if (fault != null) {
          BitSet found = new BitSet();
          set(found, fault.known(), true);
          found.and(entry.getValue().latent);
          entry.getValue().known.or(found);
          entry.getValue().latent.andNot(found);
        }
      }
    }

    private void hear() {
      for (Event event : harness.published()) {
        switch (event.data()) {
          case CorruptedRange bad when bad.cause() == Cause.MEDIA_ERROR -> {
            BitSet before =
                heard.computeIfAbsent(Objects.requireNonNull(event.faultId()), _ -> new BitSet());
            BitSet told = new BitSet();
            set(told, bad.ranges(), true);
            assertThat(told.intersects(before)).as("told once").isFalse();
            before.or(told);
          }
          case RangeRecovered good when good.cause() == Cause.MEDIA_ERROR -> {
            if (good.data() == RecoveredData.RETURNED) {
              set(Objects.requireNonNull(heard.get(event.faultId())), good.ranges(), false);
            } else {
              heard.values().forEach(ranges -> set(ranges, good.ranges(), false));
            }
          }
          case ScrubCompleted _ -> ends++;
          default -> {}
        }
      }
      harness.forgetPublished();
    }

    private void check() {
      BitSet known = new BitSet();
      BitSet latent = new BitSet();
      model.values().removeIf(fault -> fault.known.isEmpty() && fault.latent.isEmpty());
      assertThat(device().faults().keySet()).isEqualTo(model.keySet());
      model.forEach(
          (id, fault) -> {
            Fault found = Objects.requireNonNull(device().faults().get(id));
            assertThat(found.known()).isEqualTo(extents(fault.known));
            assertThat(found.latent()).isEqualTo(extents(fault.latent));
            assertThat(heard.getOrDefault(id, new BitSet())).isEqualTo(fault.known);
            known.or(fault.known);
            latent.or(fault.latent);
          });
      latent.andNot(known);
      assertThat(device().known()).isEqualTo(extents(known));
      assertThat(device().knownSectors()).isEqualTo(known.cardinality());
      assertThat(device().latent()).isEqualTo(extents(latent));
      heard.values().removeIf(BitSet::isEmpty);
      assertThat(model.keySet()).containsAll(heard.keySet());
      boolean runs =
          device().scrub() != null
              && Objects.requireNonNull(device().scrub()).state() == ScrubState.RUNNING;
      assertThat(ends).as("every scrub ends once").isEqualTo(runs ? scrubs - 1 : scrubs);
      assertThat(harness.replayed()).isEqualTo(harness.state());
    }

    private Extents some() {
      Extents.Builder some = Extents.builder();
      for (int i = 0; i <= gen.below(3); i++) {
        long start = gen.below(SECTORS);
        some.add(start, gen.between(1, Math.min(300, SECTORS - start)));
      }
      return some.build();
    }

    private Answer command(DeviceCommand command, int status) {
      Answer answer = harness.command(gen.noted(command));
      assertThat(answer.status()).as("%s", answer).isEqualTo(status);
      return answer;
    }
  }

  private static void set(BitSet bits, Extents ranges, boolean value) {
    ranges.forEach((start, count) -> bits.set((int) start, (int) (start + count), value));
  }

  private static Extents extents(BitSet bits) {
    Extents.Builder ranges = Extents.builder();
    for (int start = bits.nextSetBit(0); start >= 0; ) {
      int end = bits.nextClearBit(start);
      ranges.add(start, end - start);
      start = bits.nextSetBit(end);
    }
    return ranges.build();
  }
}
