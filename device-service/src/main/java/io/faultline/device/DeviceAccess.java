package io.faultline.device;

import io.faultline.runtime.access.AccessRules;

/** Who may do what with hosts and devices. */
public final class DeviceAccess {

  private static final String HOST = "/v1/hosts/{host}";
  private static final String DEVICE = HOST + "/devices/{device}";

  private DeviceAccess() {}

  public static AccessRules rules() {
    return AccessRules.builder()
        .viewer(
            "GET /v1/hosts",
            "GET " + HOST + "/devices",
            "GET " + DEVICE,
            "GET " + DEVICE + "/badblocks",
            "GET " + DEVICE + "/scrub",
            "GET " + DEVICE + "/removal")
        .viewerUnless("latent", "GET " + DEVICE + "/faults")
        .viewerUnless("recover", "GET " + DEVICE + "/data")
        .operator(
            "DELETE " + HOST,
            "POST " + HOST + "/unplug",
            "PUT " + DEVICE,
            "DELETE " + DEVICE,
            "POST " + DEVICE + "/faults",
            "DELETE " + DEVICE + "/faults",
            "POST " + DEVICE + "/scrub",
            "DELETE " + DEVICE + "/scrub",
            "POST " + DEVICE + "/scrub/stop",
            "POST " + DEVICE + "/unplug",
            "POST " + DEVICE + "/plug",
            "PUT " + DEVICE + "/data",
            "PUT " + DEVICE + "/claim",
            "DELETE " + DEVICE + "/claim")
        .build();
  }
}
