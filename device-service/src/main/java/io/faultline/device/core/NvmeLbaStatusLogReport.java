package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code nvme lba-status-log -o json} prints of the LBA Status Information log (page 0Eh): the
 * ranges of logical blocks that cannot be read any more, for one namespace. Fields are those of
 * nvme-cli's {@code nvme-print-json.c}; lengths of the page in bytes as in the NVM Express base
 * specification: 16 for the header, each namespace element and each range.
 */
record NvmeLbaStatusLogReport() implements BadBlocksReport {

  private static final long PAGE_PART_BYTES = 16;

  /** Recommended action: Get LBA Status of tracked, potentially unrecoverable blocks. */
  private static final int TRACKED = 0x11;

  @Override
  public String format() {
    return "nvme-lba-status-log";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_C;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    List<Map<String, Object>> ranges =
        bad.inLogicalBlocks(
            (start, count) -> {
              Map<String, Object> range = new LinkedHashMap<>();
              range.put("rslba", start);
              range.put("rnlb", count);
              return range;
            });
    Map<String, Object> element = new LinkedHashMap<>();
    element.put("neid", 1);
    element.put("nlrd", ranges.size());
    element.put("ratype", TRACKED);
    element.put("descs", ranges);
    List<Map<String, Object>> elements = ranges.isEmpty() ? List.of() : List.of(element);
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("lslplen", PAGE_PART_BYTES * (1 + elements.size() + ranges.size()));
    page.put("nlslne", elements.size());
    page.put("estulb", bad.logicalBlocks());
    page.put("lsgc", 0);
    page.put("ns_elements", elements);
    return page;
  }
}
