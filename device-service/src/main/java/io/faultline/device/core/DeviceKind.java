package io.faultline.device.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What sort of hardware a device pretends to be: everything in which kinds differ. */
public sealed interface DeviceKind permits Pmem, Nvme, Scsi, Ata, Cxl {

  /** Every kind there is. */
  List<DeviceKind> ALL = List.of(new Pmem(), new Nvme(), new Scsi(), new Ata(), new Cxl());

  /** As the interface spells it: {@code pmem}. */
  String label();

  /** Whether processes can map its bytes directly, and so store without a block write. */
  boolean dax();

  /** The unit in which poison is cleared, where nobody says otherwise. */
  long defaultClearUnitBytes(long logicalBlockBytes);

  /** The unit in which the hardware itself loses content. */
  long poisonGrainBytes(long logicalBlockBytes);

  /** Where a write that recovers poison must begin and end. */
  long recoveryUnitBytes(long logicalBlockBytes);

  /**
   * What the hardware itself says to a read that met poison. Of all that is bad it names the first
   * place only.
   *
   * @param firstBadSector in sectors of 512 bytes; blocks of the answer are logical blocks
   */
  Map<String, Object> readError(long firstBadSector, long logicalBlockBytes);

  /** The forms in which the tools for this hardware list what is bad. */
  List<BadBlocksReport> nativeReports();

  /**
   * The unit in which that shows to who reads blocks: whole logical blocks, because one with a lost
   * byte cannot be read. What goes bad is rounded out to it; what is cleared is rounded in to clear
   * units (Linux {@code block/badblocks.c}).
   */
  default long poisonUnitBytes(long logicalBlockBytes) {
    return Math.ceilDiv(poisonGrainBytes(logicalBlockBytes), logicalBlockBytes) * logicalBlockBytes;
  }

  /** The labels of all kinds, as they are told. */
  static String labels() {
    return String.join(", ", ALL.stream().map(DeviceKind::label).toList());
  }

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
