package io.faultline.dm.below;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose turn it is to write where copies or parity are to agree afterwards: one of each host at a
 * time, a write of a volume or a step of copying. It holds within this process; two instances that
 * serve one host may still cross.
 */
public final class HostTurns {

  /** Hosts share locks by their hash, so that there is a fixed number of them. */
  private static final int LOCKS = 64;

  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

  public HostTurns() {
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  /** A turn that ends when it is closed. */
  public interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits for a turn. */
  public Turn take(String host) {
    ReentrantLock lock = locks[Math.floorMod(host.hashCode(), LOCKS)];
    lock.lock();
    return lock::unlock;
  }
}
