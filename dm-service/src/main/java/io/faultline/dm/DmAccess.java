package io.faultline.dm;

import io.faultline.runtime.access.AccessRules;

/** Who may do what with volumes. */
public final class DmAccess {

  private static final String HOST = "/v1/hosts/{host}";
  private static final String VOLUME = HOST + "/volumes/{volume}";

  private DmAccess() {}

  public static AccessRules rules() {
    return AccessRules.builder()
        .viewer(
            "GET " + HOST + "/volumes",
            "GET " + VOLUME,
            "GET " + VOLUME + "/map",
            "GET " + VOLUME + "/resync",
            "GET " + VOLUME + "/writeback",
            "GET " + HOST + "/block-devices/{device}/upward")
        .viewerUnless("recover", "GET " + VOLUME + "/data")
        .operator(
            "POST " + HOST + "/import",
            "PUT " + VOLUME,
            "DELETE " + VOLUME,
            "PUT " + VOLUME + "/table",
            "PUT " + VOLUME + "/mappings",
            "POST " + VOLUME + "/suspend",
            "POST " + VOLUME + "/resume",
            "POST " + VOLUME + "/message",
            "POST " + VOLUME + "/resync",
            "PUT " + VOLUME + "/data",
            "PUT " + VOLUME + "/claim",
            "DELETE " + VOLUME + "/claim")
        .build();
  }
}
