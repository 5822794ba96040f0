package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code ndctl list -R -M} prints of a region: the device as a region of its own, on one DIMM,
 * all of it taken by one namespace. Fields and their order are observed (case {@code
 * mce-ao-rebind}), those without bad blocks from ndctl's manual.
 */
record NdctlRegionReport() implements BadBlocksReport {

  /** The alignment of regions that ndctl shows on x86. */
  private static final long ALIGN_BYTES = 16L << 20;

  @Override
  public String format() {
    return "ndctl-region";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_C;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    Map<String, Object> region = new LinkedHashMap<>();
    region.put("dev", "region" + bad.deviceNumber());
    region.put("size", NdctlNumbers.size(bad.bound().sizeBytes(), human));
    region.put("align", NdctlNumbers.size(ALIGN_BYTES, human));
    region.put("available_size", 0L);
    region.put("max_available_extent", 0L);
    region.put("type", "pmem");
    if (!bad.known().isEmpty()) {
      region.put("badblock_count", bad.known().totalSectors());
      region.put("badblocks", badBlocks(bad));
    }
    region.put("persistence_domain", "unknown");
    return human ? region : List.of(region);
  }

  private static List<Map<String, Object>> badBlocks(BadBlocks bad) {
    List<String> dimms = List.of("nmem" + bad.deviceNumber());
    return bad.inSectors(
        (start, count) -> {
          Map<String, Object> block = new LinkedHashMap<>();
          block.put("offset", start);
          block.put("length", count);
          block.put("dimms", dimms);
          return block;
        });
  }
}
