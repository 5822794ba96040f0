package io.faultline.device.core;

import java.util.List;
import java.util.Map;

/**
 * An ATA disk: a read fails with UNC and the first bad logical block, the pending defects log has
 * one block an entry, and a write of a logical block heals it.
 */
record Ata() implements DeviceKind {

  private static final List<BadBlocksReport> REPORTS = List.of(new AtaPendingDefectsReport());

  @Override
  public String label() {
    return "ata";
  }

  @Override
  public boolean dax() {
    return false;
  }

  @Override
  public long defaultClearUnitBytes(long logicalBlockBytes) {
    return logicalBlockBytes;
  }

  @Override
  public long poisonGrainBytes(long logicalBlockBytes) {
    return logicalBlockBytes;
  }

  @Override
  public long recoveryUnitBytes(long logicalBlockBytes) {
    return logicalBlockBytes;
  }

  @Override
  public Map<String, Object> readError(long firstBadSector, long logicalBlockBytes) {
    long lba = firstBadSector * Device.SECTOR_BYTES / logicalBlockBytes;
    return Map.of("error", "UNC", "lba", lba);
  }

  @Override
  public List<BadBlocksReport> nativeReports() {
    return REPORTS;
  }
}
