package io.faultline.notifier.below;

import io.faultline.events.Decoded;
import io.faultline.events.EventCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads events that lie between two positions, a bounded piece at a time. Partitions are merged by
 * the time of their records, so that cause and effect come in an order that makes sense; within a
 * partition the order is always that of the log.
 *
 * <p>A few consumers are shared by all who read, each for one piece: whoever is slow to use what it
 * got holds none.
 */
final class PastReader implements AutoCloseable {

  /** Consumers at most; more readers wait for their turn. */
  private static final int MAX_CONSUMERS = 8;

  /** A partition with more records than this waiting is not fetched from. */
  private static final int MAX_WAITING = 2_000;

  /** Without progress for so long Kafka counts as unreachable. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration POLL = Duration.ofMillis(100);

  private final TopicLayout layout;
  private final Supplier<Consumer<String, byte[]>> consumers;
  private final Runnable countMalformed;
  private final Semaphore turns = new Semaphore(MAX_CONSUMERS, true);
  private final Deque<Consumer<String, byte[]>> idle = new ArrayDeque<>();
  private boolean closed;

  PastReader(
      TopicLayout layout, Supplier<Consumer<String, byte[]>> consumers, Runnable countMalformed) {
    this.layout = layout;
    this.consumers = consumers;
    this.countMalformed = countMalformed;
  }

  /**
   * @param event null for a record that is no event
   * @param slot its partition
   * @param next the offset after it
   */
  record Read(@Nullable HeardEvent event, int slot, long next) {}

  /** Retention (or a log that was made anew) took away what was to be read. */
  static final class GoneException extends RuntimeException {
    GoneException(Throwable cause) {
      super("what was to be read is gone", cause);
    }
  }

  /** Takes what was read, in order; answers whether it wants more. */
  @FunctionalInterface
  interface Sink {
    boolean take(Read read);
  }

  /**
   * Reads from {@code from} until {@code to} is reached or {@code sink} has enough.
   *
   * @return the position after what the sink took: {@code to} if all was read
   * @throws GoneException if retention removes records before they could be read
   * @throws UnreachableException if Kafka gives nothing for a while
   */
  Cursor read(Cursor from, Cursor to, Sink sink) {
    return with(consumer -> new Merge(consumer, from, to).run(sink));
  }

  Cursor earliest() {
    return with(consumer -> cursor(consumer.beginningOffsets(layout.partitions(), PATIENCE)));
  }

  /** The position after the last record that is committed. */
  Cursor latest() {
    return with(consumer -> cursor(consumer.endOffsets(layout.partitions(), PATIENCE)));
  }

  /** The first position whose records are of that time or later; {@code end} if there are none. */
  Cursor at(Instant time, Cursor end) {
    Map<TopicPartition, Long> asked = new HashMap<>();
    layout.partitions().forEach(partition -> asked.put(partition, time.toEpochMilli()));
    return with(
        consumer -> {
          Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked, PATIENCE);
          long[] next = new long[layout.slots()];
          for (int slot = 0; slot < next.length; slot++) {
            OffsetAndTimestamp offset = found.get(layout.partition(slot));
            next[slot] =
                offset == null ? end.next(slot) : Math.min(offset.offset(), end.next(slot));
          }
          return new Cursor(layout.fingerprint(), next);
        });
  }

  private Cursor cursor(Map<TopicPartition, Long> offsets) {
    long[] next = new long[layout.slots()];
    offsets.forEach((partition, offset) -> next[layout.slot(partition)] = offset);
    return new Cursor(layout.fingerprint(), next);
  }

  private interface Work<T> {
    T with(Consumer<String, byte[]> consumer);
  }

  private <T> T with(Work<T> work) {
    Consumer<String, byte[]> consumer = borrow();
    boolean usable = false;
    try {
      T result = work.with(consumer);
      usable = true;
      return result;
    } catch (OffsetOutOfRangeException e) {
      usable = true;
      throw new GoneException(e);
    } catch (KafkaException e) {
      throw new UnreachableException(e);
    } finally {
      giveBack(consumer, usable);
    }
  }

  private Consumer<String, byte[]> borrow() {
    try {
      if (!turns.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new UnreachableException("too many are reading the past just now");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException("interrupted");
    }
    synchronized (idle) {
      Consumer<String, byte[]> consumer = idle.poll();
      if (consumer != null) {
        return consumer;
      }
    }
    try {
      return consumers.get();
    } catch (KafkaException e) {
      turns.release();
      throw new UnreachableException(e);
    }
  }

  private void giveBack(Consumer<String, byte[]> consumer, boolean usable) {
    boolean keep = usable;
    synchronized (idle) {
      if (closed) {
        keep = false;
      }
      if (keep) {
        consumer.assign(List.of());
        idle.push(consumer);
      }
    }
    if (!keep) {
      try {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      } catch (KafkaException e) {
        // It was of no use any more.
      }
    }
    turns.release();
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(consumer -> consumer.close(CloseOptions.timeout(Duration.ZERO)));
      idle.clear();
    }
  }

  /** One reading: the heads of all partitions that are not at their end, the oldest first. */
  private final class Merge {
    private final Consumer<String, byte[]> consumer;
    private final Cursor to;
    private final long[] next;
    private final Map<Integer, Deque<ConsumerRecord<String, byte[]>>> unfinished = new HashMap<>();
    private long lastProgress = System.nanoTime();

    Merge(Consumer<String, byte[]> consumer, Cursor from, Cursor to) {
      this.consumer = consumer;
      this.to = to;
      this.next = from.toArray();
    }

    Cursor run(Sink sink) {
      List<TopicPartition> reading = new ArrayList<>();
      for (int slot = 0; slot < next.length; slot++) {
        if (next[slot] < to.next(slot)) {
          unfinished.put(slot, new ArrayDeque<>());
          reading.add(layout.partition(slot));
        }
      }
      consumer.assign(reading);
      reading.forEach(partition -> consumer.seek(partition, next[layout.slot(partition)]));
      boolean wantsMore = true;
      while (wantsMore && !unfinished.isEmpty()) {
        if (unfinished.values().stream().anyMatch(Deque::isEmpty)) {
          fetch();
        } else {
          wantsMore = emit(sink);
        }
      }
      return new Cursor(layout.fingerprint(), next);
    }

    private void fetch() {
      boolean progress = false;
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        int slot = layout.slot(partition);
        Deque<ConsumerRecord<String, byte[]>> waiting = unfinished.get(slot);
        if (waiting != null && record.offset() < to.next(slot)) {
          waiting.add(record);
          progress = true;
        }
      }
      Set<TopicPartition> enough = new HashSet<>(consumer.assignment());
      for (Map.Entry<Integer, Deque<ConsumerRecord<String, byte[]>>> entry :
          List.copyOf(unfinished.entrySet())) {
        int slot = entry.getKey();
        TopicPartition partition = layout.partition(slot);
        // The position passes what is no event: aborted records, marks of transactions.
        boolean fetchedAll = consumer.position(partition) >= to.next(slot);
        if (entry.getValue().isEmpty() && fetchedAll) {
          finish(slot);
          progress = true;
        } else if (!fetchedAll && entry.getValue().size() <= MAX_WAITING) {
          enough.remove(partition);
        }
      }
      consumer.resume(consumer.assignment());
      consumer.pause(enough);
      if (progress) {
        lastProgress = System.nanoTime();
      } else if (System.nanoTime() - lastProgress > PATIENCE.toNanos()) {
        throw new UnreachableException("Kafka gave nothing for " + PATIENCE);
      }
    }

    private void finish(int slot) {
      next[slot] = to.next(slot);
      unfinished.remove(slot);
    }

    private boolean emit(Sink sink) {
      int oldest = -1;
      long time = Long.MAX_VALUE;
      for (int slot = 0; slot < next.length; slot++) {
        Deque<ConsumerRecord<String, byte[]>> waiting = unfinished.get(slot);
        if (waiting != null && (oldest < 0 || waiting.element().timestamp() < time)) {
          oldest = slot;
          time = waiting.element().timestamp();
        }
      }
      Deque<ConsumerRecord<String, byte[]>> waiting = unfinished.get(oldest);
      ConsumerRecord<String, byte[]> record = waiting.remove();
      next[oldest] = record.offset() + 1;
      if (waiting.isEmpty() && next[oldest] >= to.next(oldest)) {
        finish(oldest);
      }
      return sink.take(new Read(decode(record, oldest), oldest, next[oldest]));
    }
  }

  private @Nullable HeardEvent decode(ConsumerRecord<String, byte[]> record, int slot) {
    return switch (EventCodec.decode(record.key(), record.headers(), record.value())) {
      case Decoded.Ok ok ->
          new HeardEvent(ok.event(), layout.layer(slot), record.serializedValueSize() + 1024);
      case Decoded.Malformed _ -> {
        countMalformed.run();
        yield null;
      }
    };
  }
}
