package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RecoveredData;
import io.faultline.notifier.Told;
import io.faultline.ranges.Extents;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeverityTest {

  private final Told told = new Told("h1");

  @Test
  void infoIsWhereNothingIsLost() {
    assertThat(
            List.of(
                told.added("pmem0", 8),
                told.removed("pmem0", null, "deleted"),
                told.removed("pmem0", null, "orderly"),
                told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 8),
                told.volumeAdded("vol0", 8, "pmem0"),
                told.mounted("data", "vol0")))
        .allSatisfy(event -> assertThat(Severity.of(event.data())).isEqualTo(Severity.INFO));
    assertThat(Severity.of(new RangeUnowned("h", "f", "free space", "d", some(), media())))
        .isEqualTo(Severity.INFO);
    assertThat(Severity.of(fileLost(true))).isEqualTo(Severity.INFO);
  }

  @Test
  void warningIsRedundancyOrWhatCanBeMadeAnew() {
    assertThat(Severity.of(told.redundancyLost("vol0", null, "pmem0", 0, 8).data()))
        .isEqualTo(Severity.WARNING);
    assertThat(Severity.of(told.leaving("pmem0", told.faultId(1), 8).data()))
        .isEqualTo(Severity.WARNING);
    assertThat(Severity.of(new MetadataLost("h", "f", "inode btree", "d", some(), true, media())))
        .isEqualTo(Severity.WARNING);
  }

  @Test
  void errorIsData() {
    assertThat(Severity.of(told.corrupted("pmem0", null, 0, 8).data())).isEqualTo(Severity.ERROR);
    assertThat(Severity.of(fileLost(false))).isEqualTo(Severity.ERROR);
    assertThat(Severity.of(new MetadataLost("h", "f", "inodes", "d", some(), false, media())))
        .isEqualTo(Severity.ERROR);
    assertThat(Severity.of(new RangeUnowned("h", "f", "unknown", "d", some(), media())))
        .isEqualTo(Severity.ERROR);
    assertThat(Severity.of(told.signalled("data", null, 7, "/a").data())).isEqualTo(Severity.ERROR);
  }

  @Test
  void criticalIsAFilesystemOrADevice() {
    assertThat(Severity.of(told.shutdown("data", null, "FORCE_UMOUNT").data()))
        .isEqualTo(Severity.CRITICAL);
    assertThat(Severity.of(told.gone("pmem0", told.faultId(1), 8).data()))
        .isEqualTo(Severity.CRITICAL);
    assertThat(Severity.of(told.removed("pmem0", told.faultId(1), "surprise").data()))
        .isEqualTo(Severity.CRITICAL);
  }

  private static FileRangeLost fileLost(boolean unwritten) {
    return new FileRangeLost(
        "h", "f", 1, List.of(), "data", 0, 1, false, unwritten, media(), new Block("d", some()));
  }

  private static Extents some() {
    return Extents.of(0, 8);
  }

  private static Cause media() {
    return Cause.MEDIA_ERROR;
  }
}
