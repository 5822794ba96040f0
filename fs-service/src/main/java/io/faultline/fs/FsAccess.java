package io.faultline.fs;

import io.faultline.runtime.access.AccessRules;

/** Who may do what with filesystems, their files, and the processes that map them. */
public final class FsAccess {

  private static final String HOST = "/v1/hosts/{host}";
  private static final String FILESYSTEM = HOST + "/filesystems/{filesystem}";
  private static final String FILES = FILESYSTEM + "/files";
  private static final String FILE = FILESYSTEM + "/files/{*path}";
  private static final String PROCESS = HOST + "/processes/{pid}";

  private FsAccess() {}

  public static AccessRules rules() {
    return AccessRules.builder()
        .viewer(
            "GET " + HOST + "/filesystems",
            "GET " + FILESYSTEM,
            "GET " + FILESYSTEM + "/owners",
            "GET " + HOST + "/impact",
            "GET " + PROCESS,
            "GET " + HOST + "/kernel")
        .viewerUnless("recover", "GET " + FILES)
        .viewerUnless("recover", "GET " + FILE)
        .operator(
            "PUT " + FILESYSTEM,
            "DELETE " + FILESYSTEM,
            "POST " + FILESYSTEM + "/mount",
            "POST " + FILESYSTEM + "/unmount",
            "POST " + FILESYSTEM + "/freeze",
            "POST " + FILESYSTEM + "/thaw",
            "PUT " + FILESYSTEM + "/fsmap",
            "PUT " + FILESYSTEM + "/paths",
            "PUT " + FILES,
            "POST " + FILES,
            "DELETE " + FILES,
            "PUT " + FILE,
            "POST " + FILE,
            "DELETE " + FILE,
            "PUT " + PROCESS + "/mappings/{mapping}",
            "DELETE " + PROCESS + "/mappings/{mapping}",
            "POST " + PROCESS + "/access",
            "PUT " + HOST + "/kernel")
        .build();
  }
}
