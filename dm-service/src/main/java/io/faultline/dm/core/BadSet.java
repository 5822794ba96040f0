package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.events.Cause;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is bad of one block device, by leaf and fault: what it has told those above it, no more and
 * no less.
 */
final class BadSet {

  /** Spreads sectors evenly over 64 bits (Knuth's multiplicative hashing, the golden ratio). */
  private static final long PART_MIX = 0x9E3779B97F4A7C15L;

  /** One fault may reach over several leaves (a cage that was pulled), so both are the key. */
  record Key(String leaf, String faultId, Effect effect) implements Comparable<Key> {

    /** Of a device: what is bad of it is lost. */
    Key(String leaf, String faultId) {
      this(leaf, faultId, Effect.DATA_LOST);
    }

    Key with(Effect other) {
      return new Key(leaf, faultId, other);
    }

    @Override
    public int compareTo(Key other) {
      int byFault = faultId.compareTo(other.faultId);
      int byLeaf = byFault != 0 ? byFault : leaf.compareTo(other.leaf);
      return byLeaf != 0 ? byLeaf : effect.compareTo(other.effect);
    }
  }

  /**
   * @param cause of the fault at its leaf
   */
  record Entry(Cause cause, Extents ranges) {}

  private final TreeMap<Key, Entry> entries = new TreeMap<>();

  Map<Key, Entry> entries() {
    return entries;
  }

  @Nullable Entry get(Key key) {
    return entries.get(key);
  }

  Extents ranges(Key key) {
    Entry entry = entries.get(key);
    return entry == null ? Extents.EMPTY : entry.ranges();
  }

  void set(Key key, Cause cause, Extents ranges) {
    if (ranges.isEmpty()) {
      entries.remove(key);
    } else {
      entries.put(key, new Entry(cause, ranges));
    }
  }

  BadSet copy() {
    BadSet copy = new BadSet();
    copy.entries.putAll(entries);
    return copy;
  }

  /** Everything that cannot be read, whatever the fault. */
  Extents loss() {
    List<Extents> losses = new ArrayList<>();
    entries.forEach(
        (key, entry) -> {
          if (key.effect().isLoss()) {
            losses.add(entry.ranges());
          }
        });
    if (losses.size() == 1) {
      return losses.getFirst();
    }
    Extents.Builder all = Extents.builder();
    losses.forEach(all::addAll);
    return all.build();
  }

  /** Takes in what somebody tells who has this set, as everybody does who listens. */
  void apply(News news, Extents ranges) {
    switch (news.kind()) {
      case CORRUPTED ->
          add(
              new Key(
                  news.leaf(),
                  Objects.requireNonNull(news.faultId()),
                  news.mapLost() ? Effect.TARGET_FAILED : Effect.DATA_LOST),
              news.cause(),
              ranges);
      case REDUNDANCY_LOST ->
          add(
              new Key(news.leaf(), Objects.requireNonNull(news.faultId()), Effect.REDUNDANCY_LOST),
              news.cause(),
              ranges);
      case RECOVERED -> {
        RecoveredData data = Objects.requireNonNull(news.data());
        for (Key key : List.copyOf(entries.keySet())) {
          Entry entry = Objects.requireNonNull(entries.get(key));
          boolean meant =
              switch (data) {
                case RETURNED -> key.faultId().equals(news.faultId());
                case REWRITTEN, ZEROED -> isHealed(key, entry, data);
              };
          if (meant) {
            set(key, entry.cause(), entry.ranges().subtract(ranges));
          }
        }
      }
      case LEAVING -> {}
    }
  }

  /** Writing heals media errors; zeros are no copy of what others have. */
  static boolean isHealed(Key key, Entry entry, RecoveredData data) {
    boolean media = entry.cause() == Cause.MEDIA_ERROR;
    return switch (key.effect()) {
      case DATA_LOST -> media;
      case REDUNDANCY_LOST -> media && data != RecoveredData.ZEROED;
      case TARGET_FAILED -> false;
    };
  }

  void add(Key key, Cause cause, Extents ranges) {
    set(key, cause, ranges(key).union(ranges));
  }

  /** What a device or volume has told: worked out from the leaves up. */
  static BadSet told(Draft draft, String block) {
    return new Told(draft).of(block);
  }

  /**
   * What a volume has heard of a block device below it: all that was told, unless the volume is
   * suspended, for then it stopped listening.
   */
  static BadSet heard(Draft draft, String volume, String lower) {
    return new Told(draft).heard(volume, lower);
  }

  /** As it is kept under a prefix. */
  static BadSet read(Draft draft, String prefix) {
    TreeMap<Key, Extents.Builder> ranges = new TreeMap<>();
    TreeMap<Key, Cause> causes = new TreeMap<>();
    for (DmFact fact : draft.scan(prefix).values()) {
      DmFact.Bad bad = (DmFact.Bad) fact;
      Effect effect = Objects.requireNonNullElse(bad.effect(), Effect.DATA_LOST);
      Key key = new Key(bad.leaf(), bad.faultId(), effect);
      ranges.computeIfAbsent(key, any -> Extents.builder()).addAll(bad.ranges());
      causes.put(key, bad.cause());
    }
    BadSet set = new BadSet();
    ranges.forEach((key, builder) -> set.set(key, causes.get(key), builder.build()));
    return set;
  }

  /** The ranges of one fault of a device, without reading its other faults. */
  static @Nullable Entry readOne(Draft draft, String device, String faultId) {
    BadSet set = new BadSet();
    String prefix = Keys.badOfDevice(device) + device + "/" + faultId + "/";
    Extents.Builder ranges = Extents.builder();
    Cause cause = null;
    for (DmFact fact : draft.scan(prefix).values()) {
      DmFact.Bad bad = (DmFact.Bad) fact;
      if (bad.faultId().equals(faultId)) {
        ranges.addAll(bad.ranges());
        cause = bad.cause();
      }
    }
    Key key = new Key(device, faultId);
    if (cause != null) {
      set.set(key, cause, ranges.build());
    }
    return set.get(key);
  }

  /** Keeps one fault's ranges under a prefix, writing only the parts that are new. */
  static void write(
      Draft draft, String prefix, Key key, Cause cause, Extents before, Extents after) {
    Effect effect = key.effect() == Effect.DATA_LOST ? null : key.effect();
    int old = 0;
    int now = 0;
    while (old < before.rangeCount() || now < after.rangeCount()) {
      long oldStart = startOf(before, old);
      long nowStart = startOf(after, now);
      int oldEnd = oldStart <= nowStart ? endOfPart(before, old) : old;
      int nowEnd = nowStart <= oldStart ? endOfPart(after, now) : now;
      if (nowEnd == now) {
        draft.remove(Keys.badPart(prefix, key, oldStart));
      } else if (!sameRanges(before, old, oldEnd, after, now, nowEnd)) {
        Extents part = after.slice(now, nowEnd - now);
        draft.put(
            Keys.badPart(prefix, key, nowStart),
            new DmFact.Bad(key.leaf(), key.faultId(), cause, part, effect));
      }
      old = oldEnd;
      now = nowEnd;
    }
  }

  /**
   * Where the part ends that begins with this range. A part is named by its first sector, and where
   * the next one begins depends on that range alone: so parts stay as they are when others change,
   * which they would not if they were counted off. One in 4,096 ranges begins a part.
   */
  private static int endOfPart(Extents ranges, int from) {
    int limit = Math.min(ranges.rangeCount(), from + Limits.MAX_FACT_RANGES);
    int end = from + 1;
    while (end < limit && (ranges.startSector(end) * PART_MIX) >>> 52 != 0) {
      end++;
    }
    return end;
  }

  private static long startOf(Extents ranges, int range) {
    return range < ranges.rangeCount() ? ranges.startSector(range) : Long.MAX_VALUE;
  }

  private static boolean sameRanges(
      Extents before, int old, int oldEnd, Extents after, int now, int nowEnd) {
    if (oldEnd - old != nowEnd - now) {
      return false;
    }
    for (int i = 0; i < nowEnd - now; i++) {
      if (before.startSector(old + i) != after.startSector(now + i)
          || before.endSector(old + i) != after.endSector(now + i)) {
        return false;
      }
    }
    return true;
  }

  /** Keeps the whole set under a prefix instead of what is there. */
  void replaceAll(Draft draft, String prefix) {
    BadSet before = read(draft, prefix);
    before.entries.forEach(
        (key, entry) -> write(draft, prefix, key, entry.cause(), entry.ranges(), ranges(key)));
    entries.forEach(
        (key, entry) -> {
          if (before.get(key) == null) {
            write(draft, prefix, key, entry.cause(), Extents.EMPTY, entry.ranges());
          }
        });
  }

  /** Keeps the whole set under a prefix that has nothing yet. */
  void writeAll(Draft draft, String prefix) {
    entries.forEach(
        (key, entry) -> write(draft, prefix, key, entry.cause(), Extents.EMPTY, entry.ranges()));
  }

  static void removeAll(Draft draft, String prefix) {
    List<String> keys = new ArrayList<>(draft.scan(prefix).keySet());
    keys.forEach(draft::remove);
  }
}
