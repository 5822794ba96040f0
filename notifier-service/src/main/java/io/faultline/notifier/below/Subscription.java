package io.faultline.notifier.below;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one follower of the live events. It is bounded: who does not keep up loses the
 * subscription, not single events, and the hub never waits for anybody.
 */
final class Subscription {

  enum State {
    OPEN,
    /** More waited than is allowed. */
    OVERFLOWED,
    /** The hub ends it: it stops, or begins anew elsewhere. */
    ENDED
  }

  /**
   * @param slot the partition it came from
   * @param position of the hub after this event
   */
  record Live(HeardEvent event, int slot, Cursor position) {}

  /**
   * @param events that may wait
   * @param bytes that they may take together, about
   * @param overflowed told when more than that waits
   */
  record Room(int events, long bytes, Runnable overflowed) {}

  private final Predicate<HeardEvent> wanted;
  private final Room room;
  private final Deque<Live> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private State state = State.OPEN;
  private boolean woken;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  Subscription(Predicate<HeardEvent> wanted, Room room) {
    this.wanted = wanted;
    this.room = room;
  }

  boolean wants(HeardEvent event) {
    return wanted.test(event);
  }

  /**
   * Called by the hub.
   *
   * @return whether the subscription goes on
   */
  boolean offer(Live live) {
    lock.lock();
    try {
      if (state != State.OPEN) {
        return false;
      }
      waiting.add(live);
      waitingBytes += live.event().sizeBytes();
      if (waiting.size() > room.events() || waitingBytes > room.bytes()) {
        end(State.OVERFLOWED);
        room.overflowed().run();
        return false;
      }
      if (waiting.size() == 1) {
        // Whoever waits was waiting for the first; the others are there when it comes for them.
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends it at once; what waits is forgotten. */
  void end(State how) {
    lock.lock();
    try {
      if (state == State.OPEN) {
        state = how;
      }
      waiting.clear();
      waitingBytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  State state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Makes {@link #poll} return, the one that waits or else the next. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next event; null if none comes in time, it is woken, or the subscription has ended. */
  @Nullable Live poll(Duration longest) throws InterruptedException {
    long nanos = longest.toNanos();
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && state == State.OPEN && !woken && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      woken = false;
      Live next = waiting.poll();
      if (next != null) {
        waitingBytes -= next.event().sizeBytes();
      }
      return next;
    } finally {
      lock.unlock();
    }
  }
}
