package io.faultline.device.core;

/** An ATA disk: a write of a logical block heals it. */
record Ata() implements DeviceKind {

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
}
