package io.faultline.device.core;

/** Persistent memory on the memory bus: its poison is cleared a page at a time. */
record Pmem() implements DeviceKind {

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
    return 4096;
  }
}
