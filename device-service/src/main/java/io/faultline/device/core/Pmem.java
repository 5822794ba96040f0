package io.faultline.device.core;

import java.util.List;
import java.util.Map;

/**
 * Persistent memory: lost by cache line, which the block layer sees as sectors; mapped by
 * processes, cleared in whole units by a block write and never by a processor's store.
 */
record Pmem() implements DeviceKind {

  /** A processor reads and loses memory by cache lines. */
  static final long CACHE_LINE_BYTES = 64;

  /** Linux {@code pmem_recovery_write} refuses what is not made of whole pages. */
  static final long PAGE_BYTES = 4096;

  /** {@code clear_err_unit} as the firmware of real modules tells it is at most a page. */
  static final long CLEAR_UNIT_BYTES = 4096;

  private static final List<BadBlocksReport> REPORTS =
      List.of(new NdctlReport(), new NdctlRegionReport());

  @Override
  public String label() {
    return "pmem";
  }

  @Override
  public boolean dax() {
    return true;
  }

  @Override
  public long defaultClearUnitBytes(long logicalBlockBytes) {
    return CLEAR_UNIT_BYTES;
  }

  @Override
  public long poisonGrainBytes(long logicalBlockBytes) {
    return CACHE_LINE_BYTES;
  }

  @Override
  public long recoveryUnitBytes(long logicalBlockBytes) {
    return PAGE_BYTES;
  }

  @Override
  public Map<String, Object> readError(long firstBadSector, long logicalBlockBytes) {
    return machineCheck(firstBadSector);
  }

  /** A machine check tells the address of the cache line. */
  static Map<String, Object> machineCheck(long firstBadSector) {
    return Map.of("machineCheckOffsetBytes", firstBadSector * Device.SECTOR_BYTES);
  }

  @Override
  public List<BadBlocksReport> nativeReports() {
    return REPORTS;
  }
}
