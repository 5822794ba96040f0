package io.faultline.events;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Why a range is bad. Written in lower case. */
public enum Cause {
  /** The medium lost it: poison, an unreadable sector. */
  @JsonProperty("media_error")
  MEDIA_ERROR,
  /** The device left, announced or not. */
  @JsonProperty("device_removed")
  DEVICE_REMOVED,
  /** The metadata that says where the data is went bad. */
  @JsonProperty("mapping_lost")
  MAPPING_LOST
}
