package io.faultline.device.core;

import java.util.List;
import java.util.Map;

/**
 * An NVMe namespace: a read fails with Unrecovered Read Error (status code type 2h, code 81h), the
 * LBA Status Information log and Get LBA Status list ranges; a write of a logical block heals it.
 */
record Nvme() implements DeviceKind {

  private static final List<BadBlocksReport> REPORTS =
      List.of(new NvmeLbaStatusLogReport(), new NvmeGetLbaStatusReport());

  @Override
  public String label() {
    return "nvme";
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
    return Map.of("statusCodeType", 0x2, "statusCode", 0x81, "lba", lba);
  }

  @Override
  public List<BadBlocksReport> nativeReports() {
    return REPORTS;
  }
}
