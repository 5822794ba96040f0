package io.faultline.events;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a recovered range holds now. Written in lower case. */
public enum RecoveredData {
  /** Somebody wrote it anew: the content is good. */
  @JsonProperty("rewritten")
  REWRITTEN,
  /** Usable, and zero: what was there stays lost. */
  @JsonProperty("zeroed")
  ZEROED,
  /** The device came back with what it had. */
  @JsonProperty("returned")
  RETURNED
}
