package io.faultline.device.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@code smartctl -j -l defects} that tells the Pending Defects log page (15h/01h,
 * SBC-4): one logical block each. Fields are those of smartmontools' {@code scsiprint.cpp}, which
 * puts an entry at the place of its parameter code; those begin at 1, so the first place is null.
 * The hours are zero: an emulated disk counts none. The page ends somewhere, as on a disk; {@code
 * sysfs} has all, and {@code count} counts all.
 */
record ScsiPendingDefectsReport() implements BadBlocksReport {

  /** The highest parameter code of a defect (F000h). */
  private static final int ENTRIES = 0xF000;

  @Override
  public String format() {
    return "smartctl";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_TWO_SPACES;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("count", bad.logicalBlocks());
    if (!bad.known().isEmpty()) {
      List<@Nullable Map<String, Object>> table = new ArrayList<>();
      table.add(null);
      for (long block : PendingBlocks.first(bad, ENTRIES)) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("lba", block);
        entry.put("accum_power_on_hours", 0);
        table.add(entry);
      }
      page.put("table", table);
    }
    return SmartctlOutput.of(bad, "scsi", "SCSI", "scsi_pending_defects", page);
  }
}
