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
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Entries of the journal that are not published yet, in its order. They are handed out only once
 * they are on the disk: what others hear of must not vanish in a crash.
 *
 * <p>Only where they lie is kept in memory; they are read back when it is their turn, so many bytes
 * at once. So it costs the same whether an entry has one event or a million ranges.
 */
public final class Backlog implements AutoCloseable {

  /**
   * One entry.
   *
   * @param devices whose state the entry changed
   */
  public record Unpublished(long number, String host, List<Event> events, Set<String> devices) {}

  /**
   * An entry as it is kept in memory.
   *
   * @param devices whose state it changed
   */
  record Waiting(
      long number, String host, List<String> devices, int events, JournalPosition position) {}

  private final PublishedMark mark;
  private final Function<JournalPosition, Unpublished> reader;
  private final long windowBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Waiting> entries = new ArrayDeque<>();
  private long durable;
  private long published;
  private volatile int events;
  private volatile int waiting;

  /**
   * @param reader reads an entry back
   * @param windowBytes how much of the journal {@link #next} reads at once, one entry at least
   */
  Backlog(
      PublishedMark mark,
      PublishedMark.Marked marked,
      Function<JournalPosition, Unpublished> reader,
      long windowBytes) {
    this.mark = mark;
    this.durable = marked.durable();
    this.published = marked.published();
    this.reader = reader;
    this.windowBytes = windowBytes;
    mark.write(marked);
  }

  /** How many events wait. */
  public int size() {
    return events;
  }

  /** How many entries wait; some have no event, but a state to tell. */
  int entries() {
    return waiting;
  }

  /**
   * What those above have not been told of a device's media, because it is not published yet: by
   * fault, the ranges that were said to be bad.
   */
  public Map<String, Extents> untold(String host, String device) {
    List<Waiting> about = new ArrayList<>();
    lock.lock();
    try {
      for (Waiting entry : entries) {
        if (entry.host().equals(host) && entry.devices().contains(device)) {
          about.add(entry);
        }
      }
    } finally {
      lock.unlock();
    }
    Map<String, Extents.Builder> untold = new HashMap<>();
    for (Waiting entry : about) {
      try {
        Unpublished read = reader.apply(entry.position());
        read.events().forEach(event -> addCorrupted(event, device, untold));
      } catch (SliceException e) {
        // Published meanwhile, and dropped with its segment.
        if (entry.number() > published()) {
          throw e;
        }
      }
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

  void add(Waiting entry) {
    lock.lock();
    try {
      entries.addLast(entry);
      events += entry.events();
      waiting = entries.size();
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
        mark.write(new PublishedMark.Marked(published, durable));
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
   * @throws SliceException if the journal was damaged since it was opened
   */
  public List<Unpublished> next(int maxEntries, Duration patience) throws InterruptedException {
    List<Waiting> window = window(maxEntries, patience);
    List<Unpublished> next = new ArrayList<>(window.size());
    // Not under the lock: whoever changes something must not wait for the disk here.
    window.forEach(entry -> next.add(reader.apply(entry.position())));
    return next;
  }

  private List<Waiting> window(int maxEntries, Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long nanos = patience.toNanos();
      while (!hasDurable() && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      List<Waiting> window = new ArrayList<>();
      long bytes = 0;
      Iterator<Waiting> all = entries.iterator();
      while (all.hasNext() && window.size() < maxEntries) {
        Waiting entry = all.next();
        bytes += entry.position().bytes();
        if (entry.number() > durable || (bytes > windowBytes && !window.isEmpty())) {
          break;
        }
        window.add(entry);
      }
      return window;
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
        events -= entries.removeFirst().events();
      }
      waiting = entries.size();
      published = Math.max(published, number);
      mark.write(new PublishedMark.Marked(published, durable));
      changed.signalAll();
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
