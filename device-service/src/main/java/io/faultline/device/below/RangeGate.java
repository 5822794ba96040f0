package io.faultline.device.below;

import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps whoever changes a range of a medium apart from whoever reads or changes sectors of it;
 * reads go together, and so does what shares no sector. First come, first served, so nobody waits
 * for ever. A caller holds one pass at a time.
 */
public final class RangeGate {

  /** Who is inside or waits, oldest first. */
  private final List<Pass> passes = new ArrayList<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();

  /** Waits until nobody changes what is read. */
  public Pass reading(SectorRange range) {
    return enter(new Pass(range, false));
  }

  /** Waits until nobody reads or changes what is changed. */
  public Pass changing(SectorRange range) {
    return enter(new Pass(range, true));
  }

  /** How many are inside or wait. */
  int size() {
    lock.lock();
    try {
      return passes.size();
    } finally {
      lock.unlock();
    }
  }

  private Pass enter(Pass pass) {
    lock.lock();
    try {
      passes.add(pass);
      while (mustWait(pass)) {
        left.awaitUninterruptibly();
      }
      return pass;
    } finally {
      lock.unlock();
    }
  }

  private boolean mustWait(Pass pass) {
    for (Pass before : passes) {
      if (before == pass) {
        return false;
      }
      if ((before.changes || pass.changes) && before.range.overlaps(pass.range)) {
        return true;
      }
    }
    throw new IllegalStateException("this pass is not at the gate");
  }

  /** The right to read or change a range until it is closed. */
  public final class Pass implements AutoCloseable {
    private final SectorRange range;
    private final boolean changes;

    private Pass(SectorRange range, boolean changes) {
      this.range = range;
      this.changes = changes;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        passes.remove(this);
        left.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
