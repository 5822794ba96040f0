package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code nvme get-lba-status -o json} prints for the whole namespace: one descriptor for each
 * range of logical blocks that cannot be read. Names of fields and their texts are those of
 * nvme-cli's {@code nvme-print-json.c}. That program puts the fields of a descriptor on an array,
 * which json-c does not do; here they stand in one object in that array. The status byte is zero:
 * no public source was found for its values.
 */
record NvmeGetLbaStatusReport() implements BadBlocksReport {

  /** Descriptors that one answer has at most: what a mebibyte of data holds. */
  private static final int MAX_DESCRIPTORS = 65_535;

  private static final String COMPLETE =
      "Completed the specified action over the number of LBAs specified"
          + "in the Range Length field and transferred all available LBA Status"
          + "Descriptor Entries";

  private static final String INCOMPLETE =
      "Completed transferring the amount of data specified in the"
          + "MNDW field. But, additional LBA Status Descriptor Entries are"
          + "available to transfer or scan did not complete (if ATYPE = 10h)";

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
    List<Map<String, Object>> descriptors =
        bad.inLogicalBlocks(
            (start, count) -> {
              Map<String, Object> descriptor = new LinkedHashMap<>();
              descriptor.put("DSLBA", String.format(Locale.ROOT, "0x%016x", start));
              descriptor.put("NLB", String.format(Locale.ROOT, "0x%08x", count));
              descriptor.put("status", "0x00");
              return descriptor;
            });
    int shown = Math.min(descriptors.size(), MAX_DESCRIPTORS);
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("Number of LBA Status Descriptors (NLSD)", shown);
    boolean complete = shown == descriptors.size();
    status.put("Completion Condition (CMPC)", complete ? 2 : 1);
    status.put("cmpc-definition", complete ? COMPLETE : INCOMPLETE);
    for (int i = 0; i < shown; i++) {
      status.put("LSD entry " + i, List.of(descriptors.get(i)));
    }
    return status;
  }
}
