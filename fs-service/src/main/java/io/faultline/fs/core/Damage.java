package io.faultline.fs.core;

/** What the filesystem's own losses forbid. */
final class Damage {

  private Damage() {}

  /** Whether nothing may be allocated in a group, for nobody knows what is free there. */
  static boolean allocationStopped(Transaction change, int group) {
    return false;
  }
}
