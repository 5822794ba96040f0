package io.faultline.dm.core.target;

/** What a leg is to its target. */
public enum LegRole {
  /** Sectors of the target are kept here, or copies of them, or what makes up for lost ones. */
  DATA,
  /** Without it the target cannot find its sectors: the target fails as a whole. */
  METADATA,
  /** Nothing that is ever read back through the target. */
  LOG
}
