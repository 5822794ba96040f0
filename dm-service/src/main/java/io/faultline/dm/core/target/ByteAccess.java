package io.faultline.dm.core.target;

/** What the sectors below hold of those of a target, byte by byte. */
public enum ByteAccess {
  /** Something else: ciphertext, or nothing. */
  NONE,
  /** The same; but who writes there has more to do: parity, checksums, a map. */
  READ,
  /** The same, and who writes them on every place that there is has written the target. */
  READ_WRITE
}
