package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code nvme get-lba-status -o json} prints for the whole namespace: one descriptor for each
 * range of logical blocks that cannot be read. Names of fields and their texts are those of
 * nvme-cli's {@code nvme-print-json.c}. That program puts the fields of a descriptor on an array,
 * which json-c does not do; here they stand in one object in that array. The status byte is zero:
 * no public source was found for its values.
 */
record NvmeGetLbaStatusReport() implements BadBlocksReport {

  /** Completion condition: everything that was asked for is told. */
  private static final int COMPLETE = 2;

  @Override
  public String format() {
    return "nvme-get-lba-status";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_C;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    Map<String, @Nullable Object> status = new LinkedHashMap<>();
    status.put("Number of LBA Status Descriptors (NLSD)", 0);
    status.put("Completion Condition (CMPC)", COMPLETE);
    status.put(
        "cmpc-definition",
        "Completed the specified action over the number of LBAs specified"
            + "in the Range Length field and transferred all available LBA Status"
            + "Descriptor Entries");
    int fields = status.size();
    bad.forEachInLogicalBlocks(
        (start, count) -> {
          Map<String, Object> descriptor = new LinkedHashMap<>();
          descriptor.put("DSLBA", String.format(Locale.ROOT, "0x%016x", start));
          descriptor.put("NLB", String.format(Locale.ROOT, "0x%08x", count));
          descriptor.put("status", "0x00");
          status.put("LSD entry " + (status.size() - fields), List.of(descriptor));
        });
    status.put("Number of LBA Status Descriptors (NLSD)", status.size() - fields);
    return status;
  }
}
