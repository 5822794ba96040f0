package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.map.PackedPieces;
import io.faultline.dm.core.map.PieceSink;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Targets whose map is in metadata: what they take, what they show, what they lose. */
class MappedTargetsTest {

  private static int uploads;

  private final TestHost host = new TestHost();

  /** The effects of a bad range, as {@code "volume effect" -> ranges}. */
  private Map<String, Extents> effects(String device, long sector, long count) {
    Answers.Upward answer =
        TestHost.ok(host.core.command(new DmCommand.WhatIf(device, sector, count)));
    Map<String, Extents> effects = new TreeMap<>();
    for (Answers.Touched touched : answer.volumes()) {
      effects.put(touched.volume() + " " + touched.effect(), Extents.ofPairs(touched.ranges()));
    }
    return effects;
  }

  private void thinPool() {
    host.device("meta", 8192).device("data", 1280).device("origin", 300);
    host.volume("pool", "0 1280 thin-pool meta data 128 0 1 skip_block_zeroing");
    host.volume("t0", "0 1000 thin pool 0");
    host.volume("t1", "0 512 thin /dev/mapper/pool 1 origin");
    importMap(
        host,
        "pool",
        map -> {
          map.device(0);
          map.add(0, 3, 2, false);
          map.add(7, 9, 1, false);
          map.device(1);
          map.add(1, 4, 1, false);
        });
  }

  static Answers.ImportDone importMap(TestHost host, String volume, Consumer<PieceSink> map) {
    Answers.ImportTicket ticket =
        TestHost.ok(host.core.command(new DmCommand.BeginImport(volume, "upload" + ++uploads)));
    PackedPieces packed = new PackedPieces();
    map.accept(packed);
    assertThat(
            host.core.command(new DmCommand.ImportPart(ticket.upload(), 0, packed.take())).status())
        .isEqualTo(204);
    return TestHost.ok(host.core.command(new DmCommand.CommitImport(ticket, 1, 1, 0, 0, null)));
  }

  @Test
  void aDataBlockIsLostToEveryThinVolumeThatSharesIt() {
    thinPool();
    assertThat(effects("data", 4 * 128 + 10, 200))
        .isEqualTo(
            Map.of("t0 data_lost", Extents.of(138, 118), "t1 data_lost", Extents.of(138, 118)));
    // The last block of t0 reaches past its end.
    assertThat(effects("data", 9 * 128, 128))
        .isEqualTo(Map.of("t0 data_lost", Extents.of(896, 104)));
    assertThat(effects("data", 0, 3 * 128)).isEmpty();
    assertThat(effects("pool", 3 * 128, 1)).isEqualTo(Map.of("t0 data_lost", Extents.of(0, 1)));
    host.checkReplay();
  }

  @Test
  void whatIsNotProvisionedIsZerosOrTheExternalOrigin() {
    thinPool();
    Answers.Mapped t0 = host.map("t0", 100, 300);
    assertThat(t0.pieces()).containsExactly(new Answers.Piece("data", 484, 156, 100));
    assertThat(t0.holes()).containsExactly(new Answers.Hole(256, 144, "zero"));
    Answers.Mapped t1 = host.map("t1", 0, 512);
    assertThat(t1.pieces())
        .containsExactly(
            new Answers.Piece("origin", 0, 128, 0),
            new Answers.Piece("data", 512, 128, 128),
            new Answers.Piece("origin", 256, 44, 256));
    assertThat(t1.holes()).containsExactly(new Answers.Hole(300, 212, "zero"));
    assertThat(effects("origin", 100, 200))
        .isEqualTo(Map.of("t1 data_lost", Extents.ofPairs(100, 28, 256, 44)));
  }

  @Test
  void withoutItsMetadataAPoolAndAllItsVolumesFail() {
    thinPool();
    host.volume("on-t0", "0 100 linear t0 200");
    assertThat(effects("meta", 0, 1))
        .isEqualTo(
            Map.of(
                "pool target_failed", Extents.of(0, 1280),
                "t0 target_failed", Extents.of(0, 1000),
                "t1 target_failed", Extents.of(0, 512),
                "on-t0 data_lost", Extents.of(0, 100)));
    // The whole data device is not the map: what was never written still reads as zeros.
    assertThat(effects("data", 0, 1280))
        .isEqualTo(
            Map.of(
                "t0 data_lost", Extents.ofPairs(0, 256, 896, 104),
                "t1 data_lost", Extents.of(128, 128),
                "on-t0 data_lost", Extents.of(0, 56)));
  }

  @Test
  void aTargetThatFailsBesideAnotherIsNotTheWholeVolume() {
    host.device("meta", 8192).device("data", 1280);
    host.volume("mixed", "0 64 era meta data 8", "64 64 linear data 64");
    assertThat(host.corrupt("meta", "f1", 5, 1))
        .extracting(event -> (BlockEvent.CorruptedRange) event.data())
        .allMatch(event -> event.cause() == Cause.MAPPING_LOST && !event.whole())
        .extracting(BlockEvent::ranges)
        .containsExactly(Extents.of(0, 64));
  }

  @Test
  void aPoolAndItsVolumesComeBackWithTheirMetadata() {
    thinPool();
    host.corrupt("data", "f1", 3 * 128, 10);
    List<Event> failed = host.corrupt("meta", "f2", 5, 1);
    assertThat(TestHost.told(failed, BlockEvent.CorruptedRange.class))
        .isEqualTo(
            Map.of(
                "pool", Extents.of(0, 1280),
                "t0", Extents.of(0, 1000),
                "t1", Extents.of(0, 512)));
    assertThat(failed)
        .extracting(event -> ((BlockEvent.CorruptedRange) event.data()).cause())
        .containsOnly(Cause.MAPPING_LOST);
    assertThat(failed)
        .extracting(event -> ((BlockEvent.CorruptedRange) event.data()).whole())
        .as("each volume as a whole")
        .containsOnly(true);
    List<Event> back = host.recover("meta", "f2", RecoveredData.REWRITTEN, 5, 1);
    assertThat(TestHost.told(back, BlockEvent.RangeRecovered.class).keySet())
        .containsExactlyInAnyOrder("pool", "t0", "t1");
    // What is bad of the data is so still.
    Claim claim = TestHost.ok(host.claim("t0", "fs:data"));
    assertThat(claim.ranges()).isEqualTo(Extents.of(0, 10));
    host.checkReplay();
  }

  @Test
  void withoutAnImportAThinVolumeIsNew() {
    host.device("meta", 8192).device("data", 1280);
    host.volume("pool", "0 1280 thin-pool meta data 128 0").volume("t", "0 1000 thin pool 5");
    assertThat(effects("data", 0, 1280)).isEmpty();
    assertThat(host.map("t", 0, 1000).holes()).containsExactly(new Answers.Hole(0, 1000, "zero"));
    assertThat(host.get("pool").table()).containsExactly("0 1280 thin-pool meta data 128 0 0");
  }

  private void cache() {
    host.device("meta", 8192).device("fast", 320).device("slow", 1000);
    host.volume("cd", "0 1000 cache meta fast slow 64 1 writeback smq 2 migration_threshold 2048");
    importMap(
        host,
        "cd",
        map -> {
          map.device(0);
          map.add(10, 0, 1, true);
          map.add(3, 1, 1, false);
          map.add(15, 4, 1, true);
        });
  }

  @Test
  void aDirtyBlockIsTheOnlyCopyAndACleanOneIsNot() {
    cache();
    assertThat(effects("fast", 0, 64)).isEqualTo(Map.of("cd data_lost", Extents.of(640, 64)));
    assertThat(effects("fast", 64, 64)).isEmpty();
    assertThat(effects("fast", 128, 128)).isEmpty();
    // The last block of the origin is cut off.
    assertThat(effects("fast", 256, 64)).isEqualTo(Map.of("cd data_lost", Extents.of(960, 40)));
    assertThat(effects("slow", 640, 64)).isEmpty();
    assertThat(effects("slow", 192, 65))
        .isEqualTo(
            Map.of("cd redundancy_lost", Extents.of(192, 64), "cd data_lost", Extents.of(256, 1)));
    assertThat(effects("meta", 8191, 1)).isEqualTo(Map.of("cd target_failed", Extents.of(0, 1000)));
    host.checkReplay();
  }

  @Test
  void aTableIsPrintedAsTheKernelDoes() {
    cache();
    assertThat(host.get("cd").table())
        .containsExactly(
            "0 1000 cache meta fast slow 64 1 writeback smq 2 migration_threshold 2048");
    host.volume("snap", "0 512 snapshot slow fast p 8 1 DISCARD_ZEROES_COW");
    assertThat(host.get("snap").table())
        .containsExactly("0 512 snapshot slow fast P 8 1 discard_zeroes_cow");
    host.volume("wc", "0 512 writecache S slow fast 512 5 max_age 5 cleaner autocommit_blocks 1");
    assertThat(host.get("wc").table())
        .containsExactly(
            "0 512 writecache s slow fast 512 5 autocommit_blocks 1 max_age 5 cleaner");
    host.volume("cl", "0 320 clone meta fast slow 8 1 no_hydration 2 hydration_threshold 5");
    assertThat(host.get("cl").table())
        .containsExactly("0 320 clone meta fast slow 8 1 no_hydration 2 hydration_threshold 5");
    host.volume("v", "0 800 vdo V4 slow 100 4096 32768 16380 deduplication on");
    assertThat(host.get("v").table())
        .containsExactly("0 800 vdo V4 slow 100 4096 32768 16380 deduplication on");
    host.checkReplay();
  }

  @Test
  void aSnapshotReadsWhatChangedFromItsCowDevice() {
    host.device("base", 512).device("cow", 4096);
    host.volume("snap", "0 512 snapshot base cow P 8");
    importMap(
        host,
        "snap",
        map -> {
          map.device(0);
          map.add(0, 2, 2, false);
          map.add(40, 9, 1, false);
        });
    assertThat(effects("base", 0, 20)).isEqualTo(Map.of("snap data_lost", Extents.of(16, 4)));
    assertThat(effects("cow", 17, 2)).isEqualTo(Map.of("snap data_lost", Extents.of(1, 2)));
    assertThat(effects("cow", 72, 8)).isEqualTo(Map.of("snap data_lost", Extents.of(320, 8)));
    assertThat(effects("cow", 80, 1000)).isEmpty();
    // Header and the area of metadata that is in use; the next one, behind 256 chunks, is not.
    assertThat(effects("cow", 0, 1)).containsOnlyKeys("snap target_failed");
    assertThat(effects("cow", 15, 1)).containsOnlyKeys("snap target_failed");
    assertThat(effects("cow", (1 + 257) * 8, 8)).isEmpty();
    assertThat(host.map("snap", 0, 24).pieces())
        .containsExactly(new Answers.Piece("cow", 16, 16, 0), new Answers.Piece("base", 16, 8, 16));
  }

  @Test
  void aWriteCacheHoldsTheNewestBlocksAndAnEntryForEach() {
    host.device("slow", 16384).device("fast", 32768);
    host.volume("wc", "0 16384 writecache p slow fast 4096 0");
    importMap(
        host,
        "wc",
        map -> {
          map.device(0);
          map.add(5, 16, 2, false);
          map.add(100, 16 + 33, 1, false);
        });
    assertThat(effects("fast", 128, 8)).isEqualTo(Map.of("wc data_lost", Extents.of(40, 8)));
    assertThat(effects("slow", 0, 60))
        .isEqualTo(Map.of("wc data_lost", Extents.ofPairs(0, 40, 56, 4)));
    // Sector 1 holds the entries 28 to 59, sector 0 the superblock and the first 28.
    assertThat(effects("fast", 1, 1)).isEqualTo(Map.of("wc data_lost", Extents.of(800, 8)));
    assertThat(effects("fast", 0, 1))
        .isEqualTo(Map.of("wc data_lost", Extents.ofPairs(40, 16, 800, 8)));
    assertThat(effects("fast", 2, 126)).isEmpty();
  }

  @Test
  void aCloneReadsHydratedRegionsFromItsDestination() {
    host.device("meta", 64).device("dest", 320).device("src", 400);
    host.volume("cl", "0 316 clone meta dest src 8");
    importMap(
        host,
        "cl",
        map -> {
          map.device(0);
          map.add(1, 1, 2, false);
        });
    assertThat(effects("src", 0, 32))
        .isEqualTo(Map.of("cl data_lost", Extents.ofPairs(0, 8, 24, 8)));
    assertThat(effects("dest", 0, 32)).isEqualTo(Map.of("cl data_lost", Extents.of(8, 16)));
    assertThat(effects("meta", 0, 1)).isEqualTo(Map.of("cl target_failed", Extents.of(0, 316)));
  }

  @Test
  void oneBlockOfAVdoBacksManyPlaces() {
    host.device("disk", 800);
    host.volume("v", "0 8000 vdo V4 disk 100 4096 32768 16380");
    importMap(
        host,
        "v",
        map -> {
          map.device(0);
          map.add(1, 50, 1, false);
          map.add(7, 50, 1, false);
          map.add(999, 50, 1, false);
        });
    assertThat(effects("disk", 404, 1))
        .isEqualTo(Map.of("v data_lost", Extents.ofPairs(12, 1, 60, 1, 7996, 1)));
  }

  @Test
  void anImportTellsTheDifferenceThatItMakes() {
    host.device("meta", 8192).device("data", 1280);
    host.volume("pool", "0 1280 thin-pool meta data 128 0").volume("t", "0 1000 thin pool 5");
    host.volume("top", "0 500 linear t 100");
    assertThat(TestHost.told(host.corrupt("data", "f1", 0, 300), BlockEvent.CorruptedRange.class))
        .isEmpty();
    host.core.forgetPublished();
    importMap(
        host,
        "pool",
        map -> {
          map.device(5);
          map.add(1, 2, 1, false);
        });
    List<Event> told = List.copyOf(host.core.published());
    assertThat(TestHost.told(told, BlockEvent.CorruptedRange.class))
        .isEqualTo(Map.of("t", Extents.of(128, 44), "top", Extents.of(28, 44)));
    assertThat(told).extracting(Event::faultId).containsOnly("f1");
    host.core.forgetPublished();
    importMap(host, "pool", map -> map.device(5));
    List<Event> undone = List.copyOf(host.core.published());
    assertThat(TestHost.told(undone, BlockEvent.RangeRecovered.class))
        .isEqualTo(Map.of("t", Extents.of(128, 44), "top", Extents.of(28, 44)));
    host.checkReplay();
  }

  @Test
  void nothingIsLiveBeforeTheLastPart() {
    thinPool();
    host.core.command(new DmCommand.BeginImport("pool", "u2"));
    PackedPieces packed = new PackedPieces();
    packed.device(0);
    packed.add(0, 0, 1, false);
    host.core.command(new DmCommand.ImportPart("u2", 1, packed.take()));
    assertThat(effects("data", 0, 128)).isEmpty();
    host.checkReplay();
    Answers.ImportTicket ticket =
        TestHost.ok(host.core.command(new DmCommand.BeginImport("pool", "u2")));
    Answer missing = host.core.command(new DmCommand.CommitImport(ticket, 2, 1, 1, 0, null));
    assertThat(TestHost.refusal(missing).kind()).isEqualTo("incomplete-upload");
    packed.device(0);
    packed.add(5, 6, 1, false);
    host.core.command(new DmCommand.ImportPart("u2", 0, packed.take()));
    assertThat(host.core.command(new DmCommand.CommitImport(ticket, 2, 1, 2, 0, null)).status())
        .isEqualTo(200);
    assertThat(effects("data", 0, 128)).isEqualTo(Map.of("t0 data_lost", Extents.of(0, 128)));
    assertThat(effects("data", 3 * 128, 128)).isEmpty();
    host.checkReplay();
  }

  @Test
  void anUploadOfWhichNothingComesIsDropped() {
    thinPool();
    host.core.command(new DmCommand.BeginImport("pool", "late"));
    host.core.pass(Duration.ofMinutes(11));
    assertThat(
            TestHost.refusal(host.core.command(new DmCommand.ImportPart("late", 0, new byte[0])))
                .kind())
        .isEqualTo("unknown-upload");
    host.checkReplay();
  }

  @Test
  void aMapGoesWithItsVolumeAndWithATableOfAnotherShape() {
    cache();
    host.load("cd", "0 1000 cache meta fast slow 128 1 writeback smq 0");
    host.resume("cd");
    assertThat(effects("fast", 0, 320)).isEmpty();
    importMap(
        host,
        "cd",
        map -> {
          map.device(0);
          map.add(0, 0, 1, true);
        });
    assertThat(effects("fast", 0, 1)).isEqualTo(Map.of("cd data_lost", Extents.of(0, 1)));
    host.delete("cd");
    host.volume("cd", "0 1000 cache meta fast slow 128 1 writeback smq 0");
    assertThat(effects("fast", 0, 320)).isEmpty();
    host.checkReplay();
  }
}
