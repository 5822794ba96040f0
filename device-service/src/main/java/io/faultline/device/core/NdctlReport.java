package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code ndctl list -M} prints of a namespace: a list of one; with {@code -u} the namespace
 * itself. Offsets and lengths of bad blocks are sectors from its beginning. Fields and their order
 * are those of ndctl 81 ({@code util_namespace_to_json} in {@code ndctl/json.c}) for a namespace
 * whose memory map the kernel made by itself, as of {@code memmap=} memory: {@code fsdax}, map
 * {@code mem}. Without bad blocks both fields of them are missing, there as here.
 */
record NdctlReport() implements BadBlocksReport {

  @Override
  public String format() {
    return "ndctl";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_C;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    Map<String, Object> namespace = new LinkedHashMap<>();
    namespace.put("dev", "namespace" + bad.deviceNumber() + ".0");
    namespace.put("mode", "fsdax");
    namespace.put("map", "mem");
    namespace.put("size", NdctlNumbers.size(bad.bound().sizeBytes(), human));
    namespace.put("sector_size", bad.bound().logicalBlockBytes());
    if (bad.isRemoved()) {
      namespace.put("state", "disabled");
    } else {
      namespace.put("blockdev", bad.device());
    }
    if (!bad.known().isEmpty()) {
      namespace.put("badblock_count", bad.known().totalSectors());
      namespace.put("badblocks", badBlocks(bad));
    }
    return human ? namespace : List.of(namespace);
  }

  private static List<Map<String, Object>> badBlocks(BadBlocks bad) {
    return bad.inSectors(
        (start, count) -> {
          Map<String, Object> block = new LinkedHashMap<>();
          block.put("offset", start);
          block.put("length", count);
          return block;
        });
  }
}
