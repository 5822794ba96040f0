package io.faultline.device.above;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the records of {@code faultline.device.hosts} say, read in their order.
 *
 * <p>Of several slices that want a host the one whose record has the lowest offset has it. A record
 * that counts is never written again, so its offset stays, also when the topic is compacted.
 */
final class HostDirectory {

  /** A slice wants a host. */
  record Wanted(String host, String sliceId, Instant since) {}

  /**
   * A process runs a slice. The newest one counts.
   *
   * @param instanceId of the process, made when it starts
   * @param url where it is reached
   */
  record Running(String sliceId, String instanceId, String url, Instant since) {}

  private final TreeMap<String, TreeMap<Long, Wanted>> hosts = new TreeMap<>();
  private final Map<String, Running> slices = new HashMap<>();
  private long nextOffset;

  /** The offset after the last record that was read. */
  synchronized long nextOffset() {
    return nextOffset;
  }

  synchronized void wanted(long offset, String host, String sliceId, @Nullable Wanted wanted) {
    TreeMap<Long, Wanted> records = hosts.computeIfAbsent(host, any -> new TreeMap<>());
    if (wanted == null) {
      records.values().removeIf(known -> known.sliceId().equals(sliceId));
    } else if (records.values().stream().noneMatch(known -> known.sliceId().equals(sliceId))) {
      records.put(offset, wanted);
    }
    if (records.isEmpty()) {
      hosts.remove(host);
    }
    readTo(offset + 1);
  }

  synchronized void running(long offset, String sliceId, @Nullable Running running) {
    if (running == null) {
      slices.remove(sliceId);
    } else {
      slices.put(sliceId, running);
    }
    readTo(offset + 1);
  }

  synchronized void readTo(long offset) {
    nextOffset = Math.max(nextOffset, offset);
    notifyAll();
  }

  /**
   * @param deadlineNanos in {@link System#nanoTime}
   * @return whether everything below the offset was read in time
   */
  synchronized boolean awaitRead(long offset, long deadlineNanos) throws InterruptedException {
    while (nextOffset < offset) {
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(Math.max(1, left / 1_000_000));
    }
    return true;
  }

  /** The slice that has a host; null if none has. */
  synchronized @Nullable String sliceOf(String host) {
    TreeMap<Long, Wanted> records = hosts.get(host);
    return records == null ? null : records.firstEntry().getValue().sliceId();
  }

  /** The slices that want a host, also those that lost it. */
  synchronized List<String> slicesWanting(String host) {
    TreeMap<Long, Wanted> records = hosts.get(host);
    return records == null ? List.of() : records.values().stream().map(Wanted::sliceId).toList();
  }

  /** The hosts that a slice wants, whether it has them or not. */
  synchronized List<String> hostsWantedBy(String sliceId) {
    return hosts.entrySet().stream()
        .filter(
            host -> host.getValue().values().stream().anyMatch(w -> w.sliceId().equals(sliceId)))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Every host and the slice that has it. */
  synchronized Map<String, String> slicesByHost() {
    TreeMap<String, String> all = new TreeMap<>();
    hosts.forEach((host, records) -> all.put(host, records.firstEntry().getValue().sliceId()));
    return all;
  }

  /** Who runs a slice, as far as is known; null if nobody ever said. */
  synchronized @Nullable Running running(String sliceId) {
    return slices.get(sliceId);
  }

  /** The slices that are known to be run, or to have been. */
  synchronized List<String> slices() {
    return slices.keySet().stream().sorted().toList();
  }
}
