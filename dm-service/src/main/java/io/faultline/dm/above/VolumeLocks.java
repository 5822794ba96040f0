package io.faultline.dm.above;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One change at a time for each volume in this process: the claims below and the command belong
 * together, and two clients that create the same volume share one holder's name. Between processes
 * the claims' revisions keep them apart.
 */
final class VolumeLocks {

  /** Volumes share locks by their hash, so that there is a fixed number of them. */
  private static final int LOCKS = 256;

  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

  VolumeLocks() {
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  <T> T locked(String host, String volume, Supplier<T> change) {
    ReentrantLock lock = locks[Math.floorMod((host + "/" + volume).hashCode(), LOCKS)];
    lock.lock();
    try {
      return change.get();
    } finally {
      lock.unlock();
    }
  }
}
