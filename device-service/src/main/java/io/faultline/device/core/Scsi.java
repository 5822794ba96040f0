package io.faultline.device.core;

/** A SCSI disk: a write of a logical block heals it. */
record Scsi() implements DeviceKind {

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
}
