package io.faultline.device.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What sort of hardware a device pretends to be. */
public sealed interface DeviceKind permits Pmem, Nvme, Scsi, Ata, Cxl {

  /** Every kind there is. */
  List<DeviceKind> ALL = List.of(new Pmem(), new Nvme(), new Scsi(), new Ata(), new Cxl());

  /** As the interface spells it: {@code pmem}. */
  String label();

  /** Whether processes can map its bytes directly. */
  boolean dax();

  /** The unit in which poison is cleared, where nobody says otherwise. */
  long defaultClearUnitBytes(long logicalBlockBytes);

  /** The kind with that label; null if there is none. */
  static @Nullable DeviceKind labelled(String label) {
    for (DeviceKind kind : ALL) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    return null;
  }
}
