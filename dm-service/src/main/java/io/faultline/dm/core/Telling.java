package io.faultline.dm.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.EventData;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * One piece of news on its way up the stack of a host: every volume above where it happened hears
 * it once, after all that it stands on, and tells it in its own sectors.
 *
 * <p>A suspended volume keeps what it hears; whoever stands on it hears nothing then.
 *
 * <p>The credit of a removal goes along (Mattern's credit recovery). A volume that has a share
 * divides it among its holders: the filesystem that claims it, and the volumes above whose image
 * the news touches. Whoever has no holder returns its share.
 */
final class Telling {

  private final Draft draft;
  private final News news;

  /** What each block device has told, in its sectors. */
  private final Map<String, Extents> told = new TreeMap<>();

  private final TreeMap<String, Long> shares = new TreeMap<>();

  /** Volumes that stand on somebody who told, the lowest first. */
  private final TreeMap<String, Boolean> waiting;

  Telling(Draft draft, News news) {
    this.draft = draft;
    this.news = news;
    this.waiting = new TreeMap<>(draft.topology().upwards());
  }

  /**
   * A device tells.
   *
   * @param credits the shares of the volumes that it addresses, by volume
   */
  void fromDevice(String device, Extents ranges, Map<String, Long> credits) {
    shares.putAll(credits);
    told.put(device, ranges);
    draft.topology().directlyAbove(device).forEach(volume -> waiting.put(volume, true));
    run();
  }

  /** A volume tells something of its own: the difference that its new table makes. */
  void fromVolume(String volume, Extents ranges) {
    tell(volume, ranges);
    run();
  }

  /** A volume goes on with what it kept while it was suspended. */
  void resumed(String volume, Map<String, Extents> below, long share) {
    if (share > 0) {
      shares.put(volume, share);
    }
    hear(volume, below);
    run();
  }

  private void run() {
    while (!waiting.isEmpty()) {
      String volume = Objects.requireNonNull(waiting.pollFirstEntry()).getKey();
      Map<String, Extents> below = new TreeMap<>();
      for (String lower : draft.live(volume).below()) {
        Extents ranges = told.get(lower);
        if (ranges != null) {
          below.put(lower, ranges);
        }
      }
      if (Objects.requireNonNull(draft.volume(volume)).suspended()) {
        keep(volume, below);
      } else {
        hear(volume, below);
      }
    }
    // Addressed, but not on the way: gone, or standing elsewhere by now.
    for (String volume : List.copyOf(shares.keySet())) {
      giveBack(volume, draft.isVolume(volume) ? "not_touched" : "gone");
    }
  }

  private void hear(String volume, Map<String, Extents> below) {
    Extents image = draft.live(volume).lost(below);
    if (image.isEmpty()) {
      giveBack(volume, "not_touched");
      return;
    }
    tell(volume, image);
  }

  private void tell(String volume, Extents image) {
    told.put(volume, image);
    Map<String, Long> toFilesystem = divide(volume, image);
    draft.topology().directlyAbove(volume).forEach(upper -> waiting.put(upper, true));
    boolean whole = news.whole() && image.equals(Extents.of(0, draft.live(volume).sectors()));
    int parts =
        (image.rangeCount() + BlockEvent.MAX_RANGES_PER_PART - 1) / BlockEvent.MAX_RANGES_PER_PART;
    for (int part = 0; part < parts; part++) {
      boolean last = part == parts - 1;
      Extents ranges =
          image.slice(part * BlockEvent.MAX_RANGES_PER_PART, BlockEvent.MAX_RANGES_PER_PART);
      draft.publish(
          volume,
          event(volume, ranges, whole, part, last, last ? toFilesystem : Map.of()),
          news.faultId(),
          news.causationId());
    }
  }

  private EventData event(
      String volume,
      Extents ranges,
      boolean whole,
      int part,
      boolean last,
      Map<String, Long> credits) {
    String host = draft.host();
    Cause cause = news.cause();
    Origin origin = news.origin();
    return switch (news.kind()) {
      case CORRUPTED ->
          new BlockEvent.CorruptedRange(
              host, volume, ranges, whole, cause, origin, part, last, news.consumedBy());
      case RECOVERED -> {
        RecoveredData data = Objects.requireNonNull(news.data());
        yield new BlockEvent.RangeRecovered(
            host, volume, ranges, whole, cause, origin, part, last, data);
      }
      case LEAVING -> {
        String removalId = Objects.requireNonNull(news.removalId());
        Instant deadline = Objects.requireNonNull(news.deadline());
        yield new BlockEvent.MfMemPreRemove(
            host, volume, ranges, whole, cause, origin, part, last, removalId, deadline, credits);
      }
    };
  }

  /**
   * Divides the share of a volume among those who hold it, the remainder to the first.
   *
   * @return the part that goes out with the event, to the filesystem; volumes get theirs here
   */
  private Map<String, Long> divide(String volume, Extents image) {
    Long share = shares.remove(volume);
    if (share == null) {
      return Map.of();
    }
    List<String> uppers = new ArrayList<>();
    for (String upper : draft.topology().directlyAbove(volume)) {
      if (draft.live(upper).touches(volume, image)) {
        uppers.add(upper);
      }
    }
    String filesystem = Objects.requireNonNull(draft.volume(volume)).claimHolder();
    int holders = uppers.size() + (filesystem == null ? 0 : 1);
    if (holders == 0) {
      acknowledge(volume, share, "not_held");
      return Map.of();
    }
    long each = share / holders;
    long first = share - each * (holders - 1);
    Map<String, Long> outside = new LinkedHashMap<>();
    if (filesystem != null) {
      outside.put(filesystem, first);
    }
    for (int i = 0; i < uppers.size(); i++) {
      long part = filesystem == null && i == 0 ? first : each;
      if (part > 0) {
        shares.merge(uppers.get(i), part, Long::sum);
      }
    }
    return outside;
  }

  private void giveBack(String volume, String reason) {
    Long share = shares.remove(volume);
    if (share != null) {
      acknowledge(volume, share, reason);
    }
  }

  private void acknowledge(String volume, long share, String reason) {
    acknowledge(draft, news, volume, share, reason);
  }

  /** A share that goes no further comes back to the device. */
  static void acknowledge(Draft draft, News news, String volume, long share, String reason) {
    draft.publish(
        volume,
        new RemovalAck(
            draft.host(),
            news.leaf(),
            Objects.requireNonNull(news.removalId()),
            "dm:" + volume,
            share,
            reason),
        news.faultId(),
        news.causationId());
  }

  private void keep(String volume, Map<String, Extents> below) {
    long share = Objects.requireNonNullElse(shares.remove(volume), 0L);
    DmFact.Counters counters = draft.counters();
    long number = counters.heldEntries();
    long group = number;
    for (Map.Entry<String, Extents> heard : below.entrySet()) {
      Extents ranges = heard.getValue();
      for (int from = 0; from < ranges.rangeCount(); from += Limits.MAX_FACT_RANGES) {
        Extents part = ranges.slice(from, Limits.MAX_FACT_RANGES);
        // The share is said once, with the first entry of the group.
        long credit = number == group ? share : 0;
        draft.put(
            Keys.held(volume, number++),
            new DmFact.Held(group, heard.getKey(), part, news, credit));
      }
    }
    draft.put(Keys.COUNTERS, new DmFact.Counters(counters.generations(), number));
  }
}
