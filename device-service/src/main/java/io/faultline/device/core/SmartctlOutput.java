package io.faultline.device.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The head of every output of {@code smartctl -j}, as far as it tells of a device. */
final class SmartctlOutput {

  private SmartctlOutput() {}

  static Map<String, Object> of(
      BadBlocks bad, String type, String protocol, String section, Map<String, Object> content) {
    String path = "/dev/" + bad.device();
    Map<String, Object> device = new LinkedHashMap<>();
    device.put("name", path);
    device.put("info_name", path);
    device.put("type", type);
    device.put("protocol", protocol);
    Map<String, Object> output = new LinkedHashMap<>();
    output.put("json_format_version", List.of(1, 0));
    output.put("device", device);
    output.put("logical_block_size", bad.bound().logicalBlockBytes());
    output.put(section, content);
    return output;
  }
}
