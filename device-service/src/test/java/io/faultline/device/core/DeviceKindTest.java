package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

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
  void whatIsLostTakesItsWholeBlocksWithIt() {
    for (DeviceKind kind : DeviceKind.ALL) {
      assertThat(kind.poisonUnitBytes(512)).as(kind.label()).isEqualTo(512);
      assertThat(kind.poisonUnitBytes(4096)).as(kind.label()).isEqualTo(4096);
    }
  }

  private static DeviceKind kind(String label) {
    return Objects.requireNonNull(DeviceKind.labelled(label));
  }

  private static List<String> formats(String kind) {
    return Reported.of(kind, 512).reports().stream().map(BadBlocksReport::format).toList();
  }
}
