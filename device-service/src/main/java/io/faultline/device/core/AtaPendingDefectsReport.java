package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of {@code smartctl -j -l defects} that tells the Pending Defects log (General Purpose
 * log 0Ch, ACS-4 9.26): one logical block each. Fields are those of smartmontools' {@code
 * ataprint.cpp}; {@code power_on_hours} is missing, as it is for a drive that does not know them.
 * The log ends somewhere, as on a drive; {@code sysfs} has all.
 */
record AtaPendingDefectsReport() implements BadBlocksReport {

  /** Pages of 32 entries, the first of which holds one entry less. */
  private static final int ENTRIES = 2048 * 32 - 1;

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
    List<Long> blocks = PendingBlocks.first(bad, ENTRIES);
    Map<String, Object> log = new LinkedHashMap<>();
    log.put("size", ENTRIES);
    log.put("count", blocks.size());
    if (!blocks.isEmpty()) {
      log.put("table", blocks.stream().map(block -> Map.of("lba", block)).toList());
    }
    return SmartctlOutput.of(bad, "ata", "ATA", "ata_pending_defects_log", log);
  }
}
