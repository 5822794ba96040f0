package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DeviceKindTest {

  @Test
  void memoryIsMappedAndClearedByPagesAndDisksByBlocks() {
    for (DeviceKind kind : DeviceKind.ALL) {
      boolean memory = kind.label().equals("pmem") || kind.label().equals("cxl");
      assertThat(kind.dax()).as(kind.label()).isEqualTo(memory);
      assertThat(kind.defaultClearUnitBytes(512)).isEqualTo(memory ? 4096 : 512);
      assertThat(kind.recoveryUnitBytes(512)).isEqualTo(memory ? 4096 : 512);
      assertThat(kind.recoveryUnitBytes(4096)).isEqualTo(4096);
      assertThat(kind.poisonGrainBytes(512)).isEqualTo(memory ? 64 : 512);
    }
  }

  @Test
  void everyKindListsInSysfsFormAndInItsOwn() {
    assertThat(formats("pmem"))
        .containsExactly("sysfs", "sysfs-unacknowledged", "ndctl", "ndctl-region");
    assertThat(formats("cxl")).containsExactly("sysfs", "sysfs-unacknowledged", "cxl");
    assertThat(formats("nvme"))
        .containsExactly(
            "sysfs", "sysfs-unacknowledged", "nvme-lba-status-log", "nvme-get-lba-status");
    assertThat(formats("scsi"))
        .containsExactly("sysfs", "sysfs-unacknowledged", "smartctl", "sg_get_lba_status");
    assertThat(formats("ata")).containsExactly("sysfs", "sysfs-unacknowledged", "smartctl");
  }

  @Test
  void aReadErrorSpeaksTheHardwaresLanguageAndNamesTheFirstBlockOnly() {
    // Sector 24 is logical block 3 of 4096 bytes.
    assertThat(kind("scsi").readError(24, 4096))
        .isEqualTo(Map.of("senseKey", 3, "asc", 0x11, "ascq", 0, "information", 3L));
    assertThat(kind("ata").readError(24, 512)).isEqualTo(Map.of("error", "UNC", "lba", 24L));
    assertThat(kind("nvme").readError(24, 4096))
        .isEqualTo(Map.of("statusCodeType", 2, "statusCode", 0x81, "lba", 3L));
    assertThat(kind("pmem").readError(24, 512))
        .isEqualTo(Map.of("machineCheckOffsetBytes", 24L * 512));
    assertThat(kind("cxl").readError(1, 512)).isEqualTo(Map.of("machineCheckOffsetBytes", 512L));
  }

  @Test
  void bytesThatAreLostTakeTheirWholeBlocksWithThem() {
    assertThat(kind("pmem").sectorsPoisonedBy(0, 1, 512)).isEqualTo(new SectorRange(0, 1));
    assertThat(kind("pmem").sectorsPoisonedBy(511, 2, 512)).isEqualTo(new SectorRange(0, 2));
    assertThat(kind("pmem").sectorsPoisonedBy(512, 64, 4096)).isEqualTo(new SectorRange(0, 8));
    assertThat(kind("ata").sectorsPoisonedBy(4095, 2, 4096)).isEqualTo(new SectorRange(0, 16));
    assertThat(kind("cxl").sectorsPoisonedBy(1024, 512, 512)).isEqualTo(new SectorRange(2, 1));
  }

  @Test
  void roundingIsWhatABlockByBlockModelSays() {
    Seeds.forAll(
        1,
        200,
        gen -> {
          DeviceKind kind = gen.pick(DeviceKind.ALL.toArray(DeviceKind[]::new));
          int blockBytes = gen.pick(512, 4096);
          int offset = gen.below(20_000);
          int length = 1 + gen.below(20_000);
          SectorRange poisoned = kind.sectorsPoisonedBy(offset, length, blockBytes);
          boolean[] bad = new boolean[100];
          for (int at = offset; at < offset + length; at++) {
            int block = at / blockBytes;
            for (int sector = 0; sector < blockBytes / 512; sector++) {
              bad[block * (blockBytes / 512) + sector] = true;
            }
          }
          for (int sector = 0; sector < bad.length; sector++) {
            assertThat(poisoned.contains(sector))
                .as("%s, sector %d", kind, sector)
                .isEqualTo(bad[sector]);
          }
        });
  }

  private static DeviceKind kind(String label) {
    return Objects.requireNonNull(DeviceKind.labelled(label));
  }

  private static List<String> formats(String kind) {
    return Reported.of(kind, 512).reports().stream().map(BadBlocksReport::format).toList();
  }
}
