package io.faultline.device.core;

import java.util.List;
import java.util.Map;

/** Persistent memory behind CXL: lost, mapped and cleared as pmem is, but listed by its device. */
record Cxl() implements DeviceKind {

  private static final List<BadBlocksReport> REPORTS = List.of(new CxlReport());

  @Override
  public String label() {
    return "cxl";
  }

  @Override
  public boolean dax() {
    return true;
  }

  @Override
  public long defaultClearUnitBytes(long logicalBlockBytes) {
    return Pmem.CLEAR_UNIT_BYTES;
  }

  @Override
  public long poisonGrainBytes(long logicalBlockBytes) {
    return Pmem.CACHE_LINE_BYTES;
  }

  @Override
  public long recoveryUnitBytes(long logicalBlockBytes) {
    return Pmem.PAGE_BYTES;
  }

  @Override
  public Map<String, Object> readError(long firstBadSector, long logicalBlockBytes) {
    return Pmem.machineCheck(firstBadSector);
  }

  @Override
  public List<BadBlocksReport> nativeReports() {
    return REPORTS;
  }
}
