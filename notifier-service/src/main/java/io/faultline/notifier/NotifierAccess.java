package io.faultline.notifier;

import io.faultline.runtime.access.AccessRules;

/** Who may see what happened, and who may decide who is told. */
public final class NotifierAccess {

  private static final String WATCHER = "/v1/watchers/{watcher}";

  private NotifierAccess() {}

  public static AccessRules rules() {
    return AccessRules.builder()
        // The dashboard asks for a token itself; without one it has nothing to show.
        .anyone("GET /", "GET /index.html", "GET /assets/{*name}")
        .viewer(
            "GET /v1/events",
            "GET /v1/faults",
            "GET /v1/faults/{id}",
            "GET /v1/faults/{id}/path",
            "GET /v1/topology",
            "GET /v1/topology/{host}",
            "GET /v1/topology/{host}/block-devices/{device}/strip",
            "GET /v1/watchers",
            "GET " + WATCHER,
            "GET " + WATCHER + "/deliveries",
            "GET " + WATCHER + "/dead-letters",
            "GET " + WATCHER + "/mutes")
        .operator("POST /v1/faults/{id}/acknowledge", "POST /v1/faults/{id}/resolve")
        // A watcher sends what happens here to an address that it names.
        .admin(
            "PUT " + WATCHER,
            "DELETE " + WATCHER,
            "POST " + WATCHER + "/pause",
            "POST " + WATCHER + "/resume",
            "POST " + WATCHER + "/test",
            "POST " + WATCHER + "/replay",
            "POST " + WATCHER + "/deliveries/{delivery}/resend",
            "PUT " + WATCHER + "/mutes/{mute}",
            "DELETE " + WATCHER + "/mutes/{mute}",
            "POST " + WATCHER + "/rotate-secret")
        .build();
  }
}
