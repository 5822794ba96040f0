package io.faultline.device.core;

/** Persistent memory behind CXL: mapped and cleared as pmem is. */
record Cxl() implements DeviceKind {

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
    return 4096;
  }
}
