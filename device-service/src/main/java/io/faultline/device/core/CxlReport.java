package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code cxl list -m … -L} prints of a memory device: a list of one; with {@code -u} the
 * device itself. Offsets are device physical addresses in bytes, lengths are bytes. Fields and
 * their order are those of {@code cxl-list(1)} and {@code util_cxl_memdev_to_json} of ndctl 81
 * ({@code cxl/json.c}). The source of all poison here is {@code Injected}; flags (More, Scanning,
 * Overflow) are missing because a list is always whole.
 */
record CxlReport() implements BadBlocksReport {

  @Override
  public String format() {
    return "cxl";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_C;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    Map<String, Object> memdev = new LinkedHashMap<>();
    memdev.put("memdev", "mem" + bad.deviceNumber());
    memdev.put("pmem_size", NdctlNumbers.size(bad.bound().sizeBytes(), human));
    memdev.put("serial", NdctlNumbers.address(bad.bound().createdGeneration(), human));
    memdev.put("host", bad.device());
    if (bad.isRemoved()) {
      memdev.put("state", "disabled");
    }
    if (!bad.known().isEmpty()) {
      memdev.put("media_errors", mediaErrors(bad, human));
    }
    return human ? memdev : List.of(memdev);
  }

  private static List<Map<String, Object>> mediaErrors(BadBlocks bad, boolean human) {
    return bad.inSectors(
        (start, count) -> {
          Map<String, Object> error = new LinkedHashMap<>();
          error.put("offset", NdctlNumbers.address(start * Device.SECTOR_BYTES, human));
          error.put("length", NdctlNumbers.size(count * Device.SECTOR_BYTES, human));
          error.put("source", "Injected");
          return error;
        });
  }
}
