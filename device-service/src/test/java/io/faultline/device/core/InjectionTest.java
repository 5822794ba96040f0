package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The forms in which sectors go bad, and faults that heal by themselves. */
class InjectionTest {

  private static final Limits LIMITS =
      new Limits(4, 1L << 40, 50, 3000, 3, 3, Duration.ofHours(1), 5, 2500, Duration.ofDays(1));

  private final DeviceCore core = new DeviceCore(LIMITS);
  private CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness = harness();

  private CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness() {
    return new CoreHarness<>(
        "device",
        core,
        new SealedCodec<>(DeviceCommand.class),
        new SealedCodec<>(DeviceFact.class),
        "local");
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

  private void create(long logicalBlockBytes, long sectors) {
    done(new DeviceCommand.Create("d", "nvme", sectors * 512, logicalBlockBytes, 16384L), 201);
  }

  private static DeviceCommand.Inject ranges(boolean saturate, long... pairs) {
    return new DeviceCommand.Inject("d", Extents.ofPairs(pairs), null, saturate, null, true, null);
  }

  private static DeviceCommand.Inject scatter(int ranges, Extents window) {
    return new DeviceCommand.Inject(
        "d", window, new Scatter(7, ranges, 1), false, null, true, null);
  }

  private static DeviceCommand.Inject lasting(Duration duration, boolean announce, long... pairs) {
    return new DeviceCommand.Inject(
        "d", Extents.ofPairs(pairs), null, false, duration, announce, null);
  }

  @Test
  void severalRangesAreOneFaultRoundedOutToLogicalBlocks() {
    create(4096, 4096);
    Map<?, ?> answer = done(ranges(false, 9, 1, 100, 9, 17, 1), 202);

    assertThat(device().known()).isEqualTo(Extents.ofPairs(8, 16, 96, 16));
    assertThat(answer.get("ranges")).isEqualTo(2);
    assertThat(answer.get("sectors")).isEqualTo(32L);
    assertThat(answer.get("until")).isNull();
    assertThat(device().faults()).containsOnlyKeys(String.valueOf(answer.get("faultId")));
  }

  @Test
  void saturationPoisonsWholeClearUnits() {
    create(512, 4096 + 8);
    done(ranges(true, 40, 1, 4100, 1), 202);

    // Units of 32 sectors; the last ends with the device.
    assertThat(device().known()).isEqualTo(Extents.ofPairs(32, 32, 4096, 8));
  }

  @Test
  void aScatterIsSpreadOverTheDeviceOrAWindow() {
    create(512, 1 << 20);
    Map<?, ?> everywhere = done(scatter(1000, Extents.EMPTY), 202);
    assertThat(everywhere.get("ranges")).isEqualTo(1000);
    assertThat(everywhere.get("sectors")).isEqualTo(1000L);
    assertThat(device().known().span().sectorCount()).isGreaterThan(1000_000);

    done(new DeviceCommand.Heal("d", 1, Extents.of(0, 1 << 20), RecoveredData.REWRITTEN), 200);
    done(scatter(50, Extents.of(1000, 99)), 202);
    assertThat(device().known().rangeCount()).isEqualTo(50);
    assertThat(device().known().span().startSector()).isEqualTo(1000);
    Problem dense = refused(scatter(51, Extents.of(1000, 99)), 422);
    assertThat(dense.kind()).isEqualTo("scatter-too-dense");
    assertThat(dense.more().get("fitting")).isEqualTo(50L);
    assertThat(dense.detail()).contains("at most 50").contains("1000+99");
  }

  @Test
  void limitsAreNamedAndNothingIsChanged() {
    create(512, 1 << 20);
    assertThat(refused(scatter(2501, Extents.EMPTY), 422).detail())
        .contains("2501")
        .contains("limits.ranges-per-call");
    done(scatter(2500, Extents.EMPTY), 202);
    assertThat(refused(scatter(501, Extents.EMPTY), 507).detail())
        .contains("limits.bad-ranges-per-device");
    done(scatter(500, Extents.EMPTY), 202);
    assertThat(refused(ranges(false, (1 << 20) - 1, 2), 422).kind()).isEqualTo("past-end");
    assertThat(refused(ranges(false, 0, 1, (1 << 20) - 1, 2), 422).detail()).contains("1048575+2");
    for (Duration wrong :
        List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(1).plusMillis(1))) {
      assertThat(refused(lasting(wrong, true, 0, 8), 422).detail())
          .contains("limits.fault-duration");
    }
    assertThat(device().faults()).hasSize(2);
  }

  @Test
  void aTransientFaultIsTakenBackWhenItsTimeIsOverAndWhatOverlapsItStays() {
    create(512, 4096);
    Object lasting = done(ranges(false, 10, 20), 202).get("faultId");
    Map<?, ?> transientFault = done(lasting(Duration.ofSeconds(10), true, 0, 15, 40, 5), 202);
    assertThat(transientFault.get("until")).isEqualTo(harness.now().plusSeconds(10));
    harness.forgetPublished();
    harness.pass(Duration.ofMillis(9_999));
    assertThat(harness.published()).isEmpty();
    harness.restart();

    List<Event> told = harness.pass(Duration.ofMillis(1));

    assertThat(told).hasSize(1);
    assertThat(told.getFirst().faultId()).isEqualTo(transientFault.get("faultId"));
    RangeRecovered over = (RangeRecovered) told.getFirst().data();
    assertThat(over.ranges()).isEqualTo(Extents.ofPairs(0, 15, 40, 5));
    assertThat(over.cause()).isEqualTo(Cause.MEDIA_ERROR);
    assertThat(over.data()).isEqualTo(RecoveredData.RETURNED);
    assertThat(over.whole()).isFalse();
    assertThat(device().known()).isEqualTo(Extents.of(10, 20));
    assertThat(device().faults()).containsOnlyKeys(String.valueOf(lasting));
    assertThat(core.waitsForTime(harness.state())).isFalse();
  }

  @Test
  void whatWasHealedBeforeIsNotTakenBackAgain() {
    create(512, 4096);
    done(lasting(Duration.ofSeconds(10), true, 0, 64), 202);
    done(new DeviceCommand.Heal("d", 1, Extents.of(0, 32), RecoveredData.REWRITTEN), 200);
    List<Event> told = harness.pass(Duration.ofSeconds(10));
    assertThat(((RangeRecovered) told.getFirst().data()).ranges()).isEqualTo(Extents.of(32, 32));

    done(lasting(Duration.ofSeconds(10), true, 0, 64), 202);
    done(new DeviceCommand.Heal("d", 1, Extents.of(0, 64), RecoveredData.REWRITTEN), 200);
    assertThat(core.waitsForTime(harness.state())).isFalse();
    assertThat(harness.pass(Duration.ofSeconds(10))).isEmpty();
  }

  @Test
  void aLatentTransientFaultGoesInSilence() {
    create(512, 4096);
    done(lasting(Duration.ofSeconds(1), false, 0, 64), 202);
    assertThat(harness.pass(Duration.ofSeconds(2))).isEmpty();
    assertThat(device().faults()).isEmpty();
  }

  @Test
  void aDeviceThatIsAwayTellsWhenItIsBack() {
    create(512, 4096);
    done(lasting(Duration.ofSeconds(1), true, 0, 64), 202);
    done(new DeviceCommand.Unplug(List.of("d"), UnplugMode.SURPRISE, Duration.ofSeconds(1)), 202);
    assertThat(harness.pass(Duration.ofSeconds(2))).isEmpty();
    done(new DeviceCommand.Plug("d"), 200);
    List<Event> told = harness.pass(Duration.ofMillis(50));
    assertThat(told).hasSize(1);
    assertThat(((RangeRecovered) told.getFirst().data()).ranges()).isEqualTo(Extents.of(0, 64));
  }

  /** Sets of faults by id against the device, whatever ends when. */
  @Test
  void faultsEndWhenTheyShould() {
    Seeds.forAll(
        1,
        20,
        gen -> {
          harness = harness();
          create(512, 4096);
          Map<String, Extents> open = new TreeMap<>();
          Map<String, Instant> ends = new TreeMap<>();
          for (int step = 0; step < 20; step++) {
            if (gen.flip()) {
              List<Long> pairs = new ArrayList<>();
              for (int i = 0; i <= gen.below(3); i++) {
                pairs.add((long) gen.below(4000));
                pairs.add(gen.between(1, 90));
              }
              long[] numbers = pairs.stream().mapToLong(Long::longValue).toArray();
              Duration duration = gen.flip() ? Duration.ofMillis(gen.between(1, 5000)) : null;
              Map<?, ?> answer = done(lasting(duration, true, numbers), 202);
              String id = String.valueOf(answer.get("faultId"));
              open.put(id, Extents.ofPairs(numbers));
              if (duration != null) {
                ends.put(id, harness.now().plus(duration));
              }
            } else {
              harness.forgetPublished();
              harness.pass(Duration.ofMillis(gen.below(3000)));
              Map<String, Extents> over = new TreeMap<>();
              ends.forEach(
                  (id, end) -> {
                    if (!harness.now().isBefore(end)) {
                      Extents ranges = open.remove(id);
                      if (ranges != null) {
                        over.put(id, ranges);
                      }
                    }
                  });
              assertThat(harness.published()).hasSize(over.size());
              harness
                  .published()
                  .forEach(
                      event ->
                          assertThat(((RangeRecovered) event.data()).ranges())
                              .isEqualTo(over.get(event.faultId())));
            }
            if (gen.onceIn(5)) {
              harness.restart();
            }
            assertThat(device().known())
                .isEqualTo(open.values().stream().reduce(Extents.EMPTY, Extents::union));
          }
        });
  }

  @Test
  void openFaultsArePagedAndLatentOnesToldApart() {
    create(512, 1 << 20);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ids.add(String.valueOf(done(ranges(false, 1000 + 2L * i, 1), 202).get("faultId")));
      harness.pass(Duration.ofMillis(1));
    }
    Object latent = done(lasting(Duration.ofHours(1), false, 0, 8), 202).get("faultId");
    Map<String, @Nullable Object> first = FaultViews.page(device(), 3, null, false);
    assertThat(idsOf(first)).isEqualTo(ids.subList(0, 3));
    assertThat(first.get("next")).isEqualTo(ids.get(2));
    Map<String, @Nullable Object> second = FaultViews.page(device(), 3, ids.get(2), false);
    assertThat(idsOf(second)).isEqualTo(ids.subList(3, 4));
    assertThat(second.get("next")).isNull();
    Map<?, ?> hidden =
        (Map<?, ?>)
            ((List<?>)
                    Objects.requireNonNull(
                        FaultViews.page(device(), 3, ids.get(3), true).get("items")))
                .getFirst();
    assertThat(hidden.get("faultId")).isEqualTo(latent);
    assertThat(hidden.get("latentSectors")).isEqualTo(8L);
    assertThat(hidden.get("sectors")).isEqualTo(0L);
    assertThat(hidden.get("until")).isEqualTo(harness.now().plus(Duration.ofHours(1)));

    done(scatter(300, Extents.EMPTY), 202);
    Map<?, ?> many =
        (Map<?, ?>)
            ((List<?>)
                    Objects.requireNonNull(FaultViews.page(device(), 10, null, false).get("items")))
                .getLast();
    assertThat((long[]) many.get("ranges")).hasSize(512);
    assertThat(many.get("rangeCount")).isEqualTo(300);
    done(new DeviceCommand.Unplug(List.of("d"), UnplugMode.SURPRISE, Duration.ofSeconds(1)), 202);
    assertThat(idsOf(FaultViews.page(device(), 10, null, false))).hasSize(6);
    assertThat(harness.published(CorruptedRange.class)).isNotEmpty();
  }

  private static List<String> idsOf(Map<String, @Nullable Object> page) {
    return ((List<?>) Objects.requireNonNull(page.get("items")))
        .stream().map(item -> String.valueOf(((Map<?, ?>) item).get("faultId"))).toList();
  }
}
