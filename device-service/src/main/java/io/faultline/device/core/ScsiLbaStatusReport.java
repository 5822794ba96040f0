package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code sg_get_lba_status --json --report-type=1} prints of the answer to GET LBA STATUS: the
 * ranges of logical blocks that may have unrecovered errors. Fields, texts and the spelling {@code
 * provisoning_status} are those of sg3_utils' {@code sg_get_lba_status.c} (1.46 20260613); what
 * that program says about how it was called is left out.
 */
record ScsiLbaStatusReport() implements BadBlocksReport {

  @Override
  public String format() {
    return "sg_get_lba_status";
  }

  @Override
  public Printing printing() {
    return Printing.JSON_FOUR_SPACES;
  }

  @Override
  public Object body(BadBlocks bad, boolean human) {
    List<Map<String, Object>> descriptors =
        bad.inLogicalBlocks(
            (start, count) -> {
              Map<String, Object> descriptor = new LinkedHashMap<>();
              descriptor.put("lba", start);
              descriptor.put("blocks", count);
              descriptor.put("lba_accessibility", meaning(0, "LBA accessibility is not reported"));
              descriptor.put("provisoning_status", meaning(0, "mapped (or unknown)"));
              descriptor.put("additional_status", meaning(1, "may contain unrecovered errors"));
              return descriptor;
            });
    Map<String, Object> data = new LinkedHashMap<>();
    data.put(
        "completion_condition", meaning(3, "Command completed due to meeting capacity of medium"));
    data.put("rtp", 1);
    data.put("lba_status_descriptor", descriptors);
    Map<String, Object> output = new LinkedHashMap<>();
    output.put("json_format_version", List.of(1, 0));
    output.put("get_lba_status_parameter_data", data);
    output.put("exit_status", meaning(0, "no errors"));
    return output;
  }

  private static Map<String, Object> meaning(int code, String text) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("i", code);
    value.put("meaning", text);
    return value;
  }
}
