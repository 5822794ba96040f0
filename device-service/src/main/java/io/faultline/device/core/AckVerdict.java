package io.faultline.device.core;

/** What became of an acknowledgement. Nothing is dropped without being counted. */
public enum AckVerdict {
  /** Its credit is back. */
  COUNTED,
  /** It was counted before. */
  REPEATED,
  /** The device has left already. */
  LATE,
  /** There is no such removal, or that much credit is not out. */
  UNKNOWN
}
