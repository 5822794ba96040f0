package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.events.RecoveredData;
import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.Stamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Faults of very many ranges: what is written, and what is read back. */
class FaultPartsTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Limits LIMITS =
      new Limits(4, 1L << 40, 100, 1 << 24, 3, 3, Duration.ofHours(1), 5);

  private final DeviceCore core = new DeviceCore(LIMITS);
  private final TreeMap<String, DeviceFact> store = new TreeMap<>();
  private DeviceHost host = core.initial("local");
  private int inputs;

  private Decision<DeviceFact> carryOut(DeviceCommand command) {
    Stamp stamp = new Stamp(NOW, "local", new Ulids(NOW, ++inputs), "slice", 0);
    Decision<DeviceFact> decision =
        core.decide(host, new Input.Commanded<>(stamp, "c" + inputs, command));
    apply(decision);
    return decision;
  }

  private void apply(Decision<DeviceFact> decision) {
    for (Fact<DeviceFact> fact : decision.facts()) {
      host = core.evolve(host, fact);
      if (fact.value() == null) {
        store.remove(fact.key());
      } else {
        store.put(fact.key(), fact.value());
      }
    }
  }

  private Device device() {
    return Objects.requireNonNull(host.device("d"));
  }

  private void createWithFault(FaultPart all) {
    carryOut(new DeviceCommand.Create("d", "ata", 1L << 34, null, null));
    Stamp stamp = new Stamp(NOW, "local", new Ulids(NOW, ++inputs), "slice", 0);
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    FaultParts.open(decision, "d", stamp.newId(), new MediaFault(NOW, null), all);
    apply(decision.build());
  }

  private void checkReplay() {
    for (Map<String, DeviceFact> order :
        List.<Map<String, DeviceFact>>of(store, store.descendingMap())) {
      DeviceHost replayed = core.initial("local");
      for (Map.Entry<String, DeviceFact> fact : order.entrySet()) {
        replayed = core.evolve(replayed, new Fact<>(fact.getKey(), fact.getValue()));
      }
      assertThat(replayed).isEqualTo(host);
      Device same = Objects.requireNonNull(replayed.device("d"));
      assertThat(same.known()).isEqualTo(device().known());
      assertThat(same.latent()).isEqualTo(device().latent());
      assertThat(same.faultRanges()).isEqualTo(device().faultRanges());
    }
  }

  @Test
  void aSectorThatHealsRewritesOnePartOfAMillionRanges() {
    Extents.Builder many = Extents.builder();
    for (long i = 0; i < 1_000_000; i++) {
      many.add(32 * i, 8);
    }
    Extents all = many.build();
    createWithFault(new FaultPart(all, Extents.EMPTY));
    assertThat(store.keySet().stream().filter(key -> key.startsWith("part/")).count())
        .isEqualTo(977);
    assertThat(device().known()).isEqualTo(all);

    Extents one = Extents.of(32 * 500_000, 1);
    Decision<DeviceFact> healed =
        carryOut(new DeviceCommand.Heal("d", 1, one, RecoveredData.REWRITTEN));

    assertThat(healed.facts()).hasSize(1);
    assertThat(device().known(new SectorRange(32 * 500_000, 8)))
        .isEqualTo(Extents.of(32 * 500_000 + 1, 7));
    assertThat(device().knownSectors()).isEqualTo(8_000_000 - 1);
    for (long i = 0; i < 2000; i++) {
      carryOut(new DeviceCommand.Heal("d", 1, Extents.of(16_000 * i, 8), RecoveredData.REWRITTEN));
    }
    assertThat(device().knownSectors()).isEqualTo(8_000_000 - 2000 * 8);
    checkReplay();
  }

  @Test
  void aPartThatBreaksIntoTooManyRangesIsCut() {
    createWithFault(new FaultPart(Extents.of(0, 100_000), Extents.EMPTY));
    Extents.Builder holes = Extents.builder();
    for (int i = 0; i < 20_000; i++) {
      holes.add(5L * i, 1);
    }
    carryOut(new DeviceCommand.Heal("d", 1, holes.build(), RecoveredData.REWRITTEN));

    Fault fault = device().faults().values().iterator().next();
    assertThat(fault.parts()).hasSize(20);
    assertThat(fault.parts().values())
        .allMatch(part -> part.rangeCount() <= FaultParts.PART_RANGES);
    assertThat(fault.known()).isEqualTo(Extents.of(0, 100_000).subtract(holes.build()));
    checkReplay();
    carryOut(new DeviceCommand.Heal("d", 1, Extents.of(0, 100_000), RecoveredData.REWRITTEN));
    assertThat(device().faults()).isEmpty();
    assertThat(store.keySet()).noneMatch(key -> key.startsWith("part/"));
  }

  /** Whoever has a sector in a range is found by it, however long his parts are. */
  @Test
  void faultsAreFoundByWhereTheyAre() {
    Seeds.forAll(
        2,
        20,
        gen -> {
          host = core.initial("local");
          int sectors = 20_000;
          carryOut(new DeviceCommand.Create("d", "ata", sectors * 512L, null, null));
          for (int i = 0; i < gen.between(1, 30); i++) {
            long start = gen.below(sectors);
            long most = Math.min(sectors - start, gen.pick(1L, 10L, 1000L, 20_000L));
            carryOut(new DeviceCommand.Inject("d", start, gen.between(1, most), gen.flip(), null));
          }
          for (int i = 0; i < 10; i++) {
            SectorRange range = new SectorRange(gen.below(sectors), gen.between(1, 3000));
            List<String> there =
                device().faults().entrySet().stream()
                    .filter(
                        fault ->
                            fault.getValue().parts().values().stream()
                                .anyMatch(part -> part.span().overlaps(range)))
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(device().faultsIn(range).keySet()).containsExactlyElementsOf(there);
            if (gen.flip()) {
              carryOut(new DeviceCommand.Heal("d", 1, Extents.of(range), RecoveredData.REWRITTEN));
              assertThat(device().poison(range)).isEqualTo(Extents.EMPTY);
            }
          }
        });
  }

  @Test
  void whateverHappensToAFaultItIsItsSectors() {
    Seeds.forAll(
        1,
        6,
        gen -> {
          store.clear();
          host = core.initial("local");
          int sectors = 9000 * (1 + gen.size());
          Extents.Builder some = Extents.builder();
          for (int at = gen.below(3); at + 2 <= sectors; at += 3) {
            some.add(at, 1 + gen.below(2));
          }
          boolean isLatent = gen.flip();
          Extents all = some.build();
          createWithFault(
              isLatent ? new FaultPart(Extents.EMPTY, all) : new FaultPart(all, Extents.EMPTY));
          Extents known = isLatent ? Extents.EMPTY : all;
          Extents latent = isLatent ? all : Extents.EMPTY;
          for (int step = 0; step < 10; step++) {
            long start = gen.below(sectors);
            SectorRange range = new SectorRange(start, gen.between(1, sectors));
            if (gen.flip()) {
              carryOut(new DeviceCommand.Discover("d", start, range.sectorCount()));
              known = known.union(latent.clip(range));
              latent = latent.subtract(Extents.of(range));
            } else {
              Extents.Builder comb = Extents.builder();
              int stride = 2 + gen.below(5);
              for (long at = start; at < start + sectors / 4; at += stride) {
                comb.add(at, 1);
              }
              Extents healed = comb.build();
              carryOut(new DeviceCommand.Heal("d", 1, healed, RecoveredData.ZEROED));
              known = known.subtract(healed);
              latent = latent.subtract(healed);
            }
            assertThat(device().known()).isEqualTo(known);
            assertThat(device().latent()).isEqualTo(latent);
            for (Fault fault : device().faults().values()) {
              assertThat(fault.known()).isEqualTo(known);
              assertThat(fault.latent()).isEqualTo(latent);
              assertThat(fault.knownSectors()).isEqualTo(known.totalSectors());
              assertThat(fault.parts().values())
                  .allMatch(part -> part.rangeCount() <= FaultParts.PART_RANGES);
            }
          }
          checkReplay();
        });
  }
}
