package io.faultline.device.core;

/** An NVMe namespace: a write of a logical block heals it. */
record Nvme() implements DeviceKind {

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
}
