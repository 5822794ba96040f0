package io.faultline.fs.core;

/** What an upload brings. */
public enum ImportKind {
  RECORDS,
  PATHS
}
