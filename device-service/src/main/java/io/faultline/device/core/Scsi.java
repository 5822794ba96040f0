package io.faultline.device.core;

import java.util.List;
import java.util.Map;

/**
 * A SCSI disk: a read fails with sense 03/11/00, whose INFORMATION names the first bad logical
 * block only; pending defects come one by one, GET LBA STATUS as ranges; a write of a logical block
 * heals it.
 */
record Scsi() implements DeviceKind {

  private static final List<BadBlocksReport> REPORTS =
      List.of(new ScsiPendingDefectsReport(), new ScsiLbaStatusReport());

  @Override
  public String label() {
    return "scsi";
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
    return Map.of("senseKey", 0x03, "asc", 0x11, "ascq", 0x00, "information", lba);
  }

  @Override
  public List<BadBlocksReport> nativeReports() {
    return REPORTS;
  }
}
