package io.faultline.device.below;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.ranges.Extents;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries of the journal that are not published yet, in its order. They are handed out only once
 * they are on the disk: what others hear of must not vanish in a crash.
 */
public final class Backlog implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Backlog.class);

  /**
   * One entry.
   *
   * @param devices whose state the entry changed
   */
  public record Unpublished(long number, String host, List<Event> events, Set<String> devices) {}

  private final PublishedMark mark;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Unpublished> entries = new ArrayDeque<>();
  private long durable;
  private long published;
  private volatile int events;

  Backlog(PublishedMark mark, long durable, long published) {
    this.mark = mark;
    this.durable = durable;
    this.published = published;
  }

  /** How many events wait. */
  public int size() {
    return events;
  }

  /**
   * What those above have not been told of a device's media, because it is not published yet: by
   * fault, the ranges that were said to be bad.
   */
  public Map<String, Extents> untold(String host, String device) {
    Map<String, Extents.Builder> untold = new HashMap<>();
    lock.lock();
    try {
      for (Unpublished entry : entries) {
        if (entry.host().equals(host) && entry.devices().contains(device)) {
          entry.events().forEach(event -> addCorrupted(event, device, untold));
        }
      }
    } finally {
      lock.unlock();
    }
    Map<String, Extents> ranges = new HashMap<>();
    untold.forEach((faultId, builder) -> ranges.put(faultId, builder.build()));
    return ranges;
  }

  private static void addCorrupted(
      Event event, String device, Map<String, Extents.Builder> untold) {
    String faultId = event.faultId();
    if (faultId != null
        && event.data() instanceof CorruptedRange corrupted
        && corrupted.cause() == Cause.MEDIA_ERROR
        && corrupted.device().equals(device)) {
      untold.computeIfAbsent(faultId, id -> Extents.builder()).addAll(corrupted.ranges());
    }
  }

  /** Everything up to this entry is published. */
  long published() {
    lock.lock();
    try {
      return published;
    } finally {
      lock.unlock();
    }
  }

  void add(Unpublished entry) {
    lock.lock();
    try {
      entries.addLast(entry);
      events += entry.events().size();
    } finally {
      lock.unlock();
    }
  }

  /** Entries up to this one are on the disk. */
  void durable(long number) {
    lock.lock();
    try {
      if (number > durable) {
        durable = number;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next entries, oldest first, that may be published; waits until there is one. The same
   * entries come again until they are {@link #published(long)}.
   *
   * @return empty if none came within {@code patience}
   */
  public List<Unpublished> next(int maxEntries, Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long nanos = patience.toNanos();
      while (!hasDurable() && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      List<Unpublished> next = new ArrayList<>();
      for (Unpublished entry : entries) {
        if (entry.number() > durable || next.size() == maxEntries) {
          break;
        }
        next.add(entry);
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasDurable() {
    return !entries.isEmpty() && entries.getFirst().number() <= durable;
  }

  /** Kafka has everything up to this entry. */
  public void published(long number) {
    lock.lock();
    try {
      while (!entries.isEmpty() && entries.getFirst().number() <= number) {
        events -= entries.removeFirst().events().size();
      }
      published = Math.max(published, number);
      mark.write(published);
      changed.signalAll();
    } catch (IOException e) {
      // It may lag: after a crash some events come twice.
      log.warn("the published mark cannot be written: {}", e.toString());
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all is published that was durable when this was called. */
  public boolean awaitEmpty(Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long upTo = durable;
      long nanos = TimeUnit.NANOSECONDS.convert(patience);
      while (hasDurable() && entries.getFirst().number() <= upTo && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      return !hasDurable() || entries.getFirst().number() > upTo;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    mark.close();
  }
}
