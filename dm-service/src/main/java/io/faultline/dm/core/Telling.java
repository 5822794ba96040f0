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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One step on its way up the stack of a host: every volume above where it happened hears it once,
 * after all that it stands on, and tells it in its own sectors.
 *
 * <p>A volume of whose sectors each hangs on one below tells the image of what it hears. One with a
 * joint target tells the difference between what it had told before the step and what there is to
 * tell after it.
 *
 * <p>A suspended volume keeps what it hears; whoever stands on it hears nothing then.
 *
 * <p>The credit of a removal goes along (Mattern's credit recovery). A volume that has a share
 * divides it among its holders: the filesystem that claims it, and the volumes above whose image
 * the news touches. Whoever has no holder returns its share; so does who loses redundancy only.
 */
final class Telling {

  private final Draft draft;
  private final String origin;

  /** What was told before the step; null where no joint volume stands above, who alone asks. */
  private final @Nullable Told before;

  private @Nullable Told after;

  /** What each block device has told in this step. */
  private final Map<String, List<Change>> told = new TreeMap<>();

  private final TreeMap<String, Long> shares = new TreeMap<>();

  /** Volumes that stand on somebody who told, the lowest first. */
  private final TreeMap<String, Boolean> waiting;

  /** Of something that is about to happen to a device: nothing of it is in the draft yet. */
  Telling(Draft draft, String device) {
    this(
        draft,
        device,
        draft.topology().isBelowJoint(device) ? BadSet.told(draft, device) : new BadSet());
  }

  /**
   * @param toldBefore what that device or volume had told before
   */
  Telling(Draft draft, String origin, BadSet toldBefore) {
    this.draft = draft;
    this.origin = origin;
    this.waiting = new TreeMap<>(draft.topology().upwards());
    if (draft.topology().isBelowJoint(origin)) {
      before = new Told(draft).given(origin, toldBefore);
      for (String volume : draft.topology().allAbove(origin)) {
        if (draft.topology().isJoint(volume)) {
          // Worked out now, because the draft goes on.
          before.of(volume);
        }
      }
    } else {
      before = null;
    }
  }

  /**
   * A device tells.
   *
   * @param credits the shares of the volumes that it addresses, by volume
   */
  void fromDevice(News news, Extents ranges, Map<String, Long> credits) {
    after = new Told(draft);
    shares.putAll(credits);
    told.put(origin, List.of(new Change(news, ranges)));
    draft.topology().directlyAbove(origin).forEach(volume -> waiting.put(volume, true));
    run(news);
  }

  /** A volume tells something of its own: what another table or a resynchronisation makes of it. */
  void fromVolume(BadSet toldNow, List<Change> changes) {
    after = new Told(draft).given(origin, toldNow);
    if (!changes.isEmpty()) {
      tell(origin, changes);
      run(changes.getFirst().news());
    }
  }

  /**
   * A volume goes on with something that it kept while it was suspended.
   *
   * @param below what it had heard from whom
   * @param heard what it knew of those below before that; they are changed to what it knows then
   * @param credit the share that came with it
   * @return what it has told now
   */
  BadSet fromResumed(
      BadSet toldBefore, Map<String, List<Change>> below, Map<String, BadSet> heard, long credit) {
    if (credit > 0) {
      shares.put(origin, credit);
    }
    Told now = new Told(draft);
    after = now;
    Table table = draft.live(origin);
    List<Change> changes;
    BadSet toldNow = toldBefore;
    if (table.joint()) {
      Map<String, BadSet> heardBefore = new TreeMap<>();
      heard.forEach((lower, set) -> heardBefore.put(lower, set.copy()));
      take(below, heard);
      changes = joint(origin, below, toldBefore, heardBefore, heard);
      toldNow = now.of(origin);
    } else {
      changes = simple(table, below);
      if (before != null) {
        take(below, heard);
        toldNow = Images.of(table, heard, Map.of());
        now.given(origin, toldNow);
      }
    }
    News first = below.values().iterator().next().getFirst().news();
    finish(origin, changes, below);
    run(first);
    return toldNow;
  }

  /**
   * What could be saved from a device that is about to leave is saved: what is left to tell goes
   * on, and with it the share that was kept.
   *
   * @param lower the block device directly below that leaves with {@code ranges}
   */
  void fromWrittenBack(News leaving, String lower, Extents ranges, long credit) {
    if (credit > 0) {
      shares.put(origin, credit);
    }
    Told now = new Told(draft);
    after = now;
    Table table = draft.live(origin);
    Map<String, BadSet> heard = new TreeMap<>();
    table.below().forEach(each -> heard.put(each, now.of(each)));
    Map<String, List<Change>> below = Map.of(lower, List.of(new Change(leaving, ranges)));
    Extents lost = lostWith(table, below, heard, new Stale(draft, origin, table).loss());
    if (lost.isEmpty()) {
      giveBack(leaving, origin, "written_back");
    } else {
      tell(origin, List.of(new Change(leaving, lost)));
    }
    run(leaving);
  }

  private static void take(Map<String, List<Change>> below, Map<String, BadSet> heard) {
    below.forEach(
        (lower, changes) -> {
          BadSet set = heard.get(lower);
          if (set != null) {
            changes.forEach(change -> set.apply(change.news(), change.ranges()));
          }
        });
  }

  private void run(News first) {
    while (!waiting.isEmpty()) {
      String volume = Objects.requireNonNull(waiting.pollFirstEntry()).getKey();
      Map<String, List<Change>> below = new TreeMap<>();
      for (String lower : draft.live(volume).below()) {
        List<Change> changes = told.get(lower);
        if (changes != null) {
          below.put(lower, changes);
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
      giveBack(first, volume, draft.isVolume(volume) ? "not_touched" : "gone");
    }
  }

  private void hear(String volume, Map<String, List<Change>> below) {
    Table table = draft.live(volume);
    if (table.joint()) {
      Told past = Objects.requireNonNull(before);
      Told now = Objects.requireNonNull(after);
      Map<String, BadSet> heardBefore = new TreeMap<>();
      Map<String, BadSet> heardNow = new TreeMap<>();
      for (String lower : table.below()) {
        heardBefore.put(lower, past.of(lower));
        heardNow.put(lower, now.of(lower));
      }
      finish(volume, joint(volume, below, past.of(volume), heardBefore, heardNow), below);
    } else {
      finish(volume, simple(table, below), below);
    }
  }

  private void finish(String volume, List<Change> changes, Map<String, List<Change>> below) {
    if (changes.isEmpty()) {
      boolean touched = !below.isEmpty() && draft.live(volume).joint();
      News news = below.values().iterator().next().getFirst().news();
      giveBack(news, volume, touched ? "redundancy_only" : "not_touched");
    } else {
      tell(volume, changes);
    }
  }

  /**
   * Every change seen through the table; one that came from several below is one. What is not bad
   * any more comes first, as it did from each of them.
   */
  private static List<Change> simple(Table table, Map<String, List<Change>> below) {
    Map<News, Map<String, Extents>> byNews = new LinkedHashMap<>();
    below.forEach(
        (lower, changes) ->
            changes.forEach(
                change ->
                    byNews
                        .computeIfAbsent(change.news(), any -> new TreeMap<>())
                        .merge(lower, change.ranges(), Extents::union)));
    List<Change> image = new ArrayList<>();
    byNews.forEach(
        (news, ranges) -> {
          Extents lost = table.lost(ranges);
          if (!lost.isEmpty()) {
            image.add(new Change(news, lost));
          }
        });
    image.sort(Comparator.comparing(change -> change.news().kind()));
    return image;
  }

  private List<Change> joint(
      String volume,
      Map<String, List<Change>> below,
      BadSet toldBefore,
      Map<String, BadSet> heardBefore,
      Map<String, BadSet> heardNow) {
    Table table = draft.live(volume);
    Stale stale = new Stale(draft, volume, table);
    News leaving = leaving(below);
    if (leaving != null) {
      Objects.requireNonNull(after).given(volume, toldBefore);
      Extents lost = lostWith(table, below, heardBefore, stale.loss());
      Copies copies = new Copies(draft, volume);
      if (copies.beginWriteBack(leaving, below, shares.getOrDefault(volume, 0L))) {
        shares.remove(volume);
        return List.of();
      }
      return lost.isEmpty() ? List.of() : List.of(new Change(leaving, lost));
    }
    new Copies(draft, volume).disturbed(below);
    stale.recovered(below, heardBefore);
    BadSet toldNow = Images.of(table, heardNow, stale.sets());
    if (stale.leftBehind(below, toldNow.loss())) {
      toldNow = Images.of(table, heardNow, stale.sets());
    }
    Objects.requireNonNull(after).given(volume, toldNow);
    List<News> triggers = new ArrayList<>();
    below.values().forEach(changes -> changes.forEach(change -> triggers.add(change.news())));
    return Differences.changes(draft, toldBefore, toldNow, triggers);
  }

  private static @Nullable News leaving(Map<String, List<Change>> below) {
    for (List<Change> changes : below.values()) {
      for (Change change : changes) {
        if (change.news().kind() == News.Kind.LEAVING) {
          return change.news();
        }
      }
    }
    return null;
  }

  /** What is lost when these ranges are, and would not be if they were good. */
  private static Extents lostWith(
      Table table,
      Map<String, List<Change>> below,
      Map<String, BadSet> heard,
      Map<String, Extents> stale) {
    Map<String, Extents> with = new TreeMap<>();
    Map<String, Extents> without = new TreeMap<>();
    heard.forEach(
        (lower, set) -> {
          Extents bad = set.loss();
          Extents going = Extents.EMPTY;
          for (Change change : below.getOrDefault(lower, List.of())) {
            going = going.union(change.ranges());
          }
          with.put(lower, bad.union(going));
          without.put(lower, bad.subtract(going));
        });
    Extents lost = Table.lossOf(table.answer(with, stale));
    return lost.subtract(Table.lossOf(table.answer(without, stale)));
  }

  private void tell(String volume, List<Change> changes) {
    told.put(volume, changes);
    for (Change change : changes) {
      publish(volume, change);
    }
    draft.topology().directlyAbove(volume).forEach(upper -> waiting.put(upper, true));
  }

  private void publish(String volume, Change change) {
    News news = change.news();
    Map<String, Long> toFilesystem =
        news.kind() == News.Kind.LEAVING ? divide(news, volume, change.ranges()) : Map.of();
    Extents image = draft.live(volume).shown(change.ranges());
    // A target without its map fails whole, however little of the device below went bad.
    boolean whole =
        (news.whole() || news.mapLost())
            && image.equals(Extents.of(0, draft.live(volume).sectors()));
    int parts =
        (image.rangeCount() + BlockEvent.MAX_RANGES_PER_PART - 1) / BlockEvent.MAX_RANGES_PER_PART;
    for (int part = 0; part < parts; part++) {
      boolean last = part == parts - 1;
      Extents ranges =
          image.slice(part * BlockEvent.MAX_RANGES_PER_PART, BlockEvent.MAX_RANGES_PER_PART);
      draft.publish(
          volume,
          event(news, volume, ranges, whole, part, last, last ? toFilesystem : Map.of()),
          news.faultId(),
          news.causationId());
    }
  }

  private EventData event(
      News news,
      String volume,
      Extents ranges,
      boolean whole,
      int part,
      boolean last,
      Map<String, Long> credits) {
    String host = draft.host();
    Cause cause = news.mapLost() ? Cause.MAPPING_LOST : news.cause();
    Origin origin = news.origin();
    return switch (news.kind()) {
      case CORRUPTED ->
          new BlockEvent.CorruptedRange(
              host, volume, ranges, whole, cause, origin, part, last, news.consumedBy());
      case REDUNDANCY_LOST ->
          new BlockEvent.RedundancyLost(host, volume, ranges, whole, cause, origin, part, last);
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
  private Map<String, Long> divide(News news, String volume, Extents image) {
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
      acknowledge(draft, news, volume, share, "not_held");
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

  private void giveBack(News news, String volume, String reason) {
    Long share = shares.remove(volume);
    if (share != null) {
      acknowledge(draft, news, volume, share, reason);
    }
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

  private void keep(String volume, Map<String, List<Change>> below) {
    long share = Objects.requireNonNullElse(shares.remove(volume), 0L);
    DmFact.Counters counters = draft.counters();
    long number = counters.heldEntries();
    long group = number;
    for (Map.Entry<String, List<Change>> heard : below.entrySet()) {
      for (Change change : heard.getValue()) {
        Extents ranges = change.ranges();
        for (int from = 0; from < ranges.rangeCount(); from += Limits.MAX_FACT_RANGES) {
          Extents part = ranges.slice(from, Limits.MAX_FACT_RANGES);
          // The share is said once, with the first entry of the group.
          long credit = number == group ? share : 0;
          draft.put(
              Keys.held(volume, number++),
              new DmFact.Held(group, heard.getKey(), part, change.news(), credit));
        }
      }
    }
    draft.put(Keys.COUNTERS, new DmFact.Counters(counters.generations(), number));
  }
}
