package io.faultline.dm.core;

import io.faultline.dm.core.DmFact.Copy;
import io.faultline.dm.core.target.WritesBack;
import io.faultline.events.Cause;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is to be copied below a volume, and what it means that it was.
 *
 * <pre>
 *   Resync, mf_mem_pre_remove           Copied, CopyFailed
 *        |                                  |        |
 *     running --NextCopy--> step pending ---+   failed ranges
 *        |                                  |
 *        +-- suspend, swap, device gone,    +-- nothing left: completed
 *            deadline: stopped
 * </pre>
 *
 * <p>A step is handed out under a number and counts once, and only while nothing came between that
 * makes other sectors of it stale: whoever asks next gets it anew. All before the cursor is done or
 * failed, so that is where it goes on after a crash.
 *
 * <p>That poison is gone because it was written over is told by the device, never by a step; a step
 * tells that a leg is in step again, and that a block of a cache is on its origin.
 */
final class Copies {

  /** The largest unit that devices heal as a whole, unless they were made with another one. */
  static final long UNIT_SECTORS = 8;

  /** Sectors of a step, whatever is asked for. */
  static final long MAX_STEP_SECTORS = 65_536;

  /** Failed ranges of a device that are kept by name; all are counted. */
  static final int MAX_FAILED_RANGES = 256;

  /** How much of a fast device is searched at once for what is to be written back. */
  private static final long SEARCH_SECTORS = 65_536;

  private final Draft draft;
  private final String volume;

  Copies(Draft draft, String volume) {
    this.draft = draft;
    this.volume = volume;
  }

  private @Nullable Copy copy(Copy.Kind kind) {
    return (Copy) draft.get(Keys.copy(volume, kind));
  }

  private @Nullable Copy running(Copy.Kind kind) {
    Copy copy = copy(kind);
    return copy != null && copy.isRunning() ? copy : null;
  }

  /** A write-back goes first: somebody waits for it. */
  private @Nullable Copy running() {
    Copy writeBack = running(Copy.Kind.WRITEBACK);
    return writeBack != null ? writeBack : running(Copy.Kind.RESYNC);
  }

  private void put(Copy copy) {
    draft.put(Keys.copy(volume, copy.kind()), copy);
  }

  Decision<DmFact> startResync() {
    DmFact.Volume fact = draft.volume(volume);
    if (fact == null) {
      return draft.refuse(Refusals.noVolume(volume));
    }
    if (!draft.live(volume).redundant()) {
      return draft.refuse(Refusals.notRedundant(volume));
    }
    if (fact.suspended()) {
      return draft.refuse(Refusals.suspended(volume));
    }
    Copy before = running();
    if (before != null) {
      return draft.refuse(Refusals.copyRunning(volume, before.kind()));
    }
    Copy copy = begun(Copy.Kind.RESYNC, List.of());
    long sectors = 0;
    for (String lower : draft.live(volume).below()) {
      Extents missed = missed(lower);
      Extents absent = missed.intersect(removed(lower));
      sectors += missed.totalSectors();
      if (!absent.isEmpty()) {
        copy = failed(copy, lower, absent);
      }
    }
    put(copy.with(sectors, List.of()));
    Copy started = Objects.requireNonNull(copy(Copy.Kind.RESYNC));
    if (started.failedSectors() == sectors) {
      finish(started);
    }
    return draft.answer(Answer.accepted(progress(Copy.Kind.RESYNC)));
  }

  private Copy begun(Copy.Kind kind, List<Copy.Leaving> leaving) {
    return new Copy(
        draft.stamp().newId(),
        kind,
        Copy.State.RUNNING,
        null,
        0,
        0,
        0,
        Map.of(),
        "",
        0,
        0,
        null,
        leaving,
        draft.stamp().now(),
        null);
  }

  /** What legs on a block device below have not, or cannot give. */
  private Extents missed(String lower) {
    Table table = draft.live(volume);
    BadSet stale = new Stale(draft, volume, table).sets().getOrDefault(lower, new BadSet());
    Extents poison = poison(BadSet.heard(draft, volume, lower));
    return table.redundantLegs(lower, stale.loss().union(poison));
  }

  private static Extents poison(BadSet bad) {
    Extents poison = Extents.EMPTY;
    for (Map.Entry<BadSet.Key, BadSet.Entry> entry : bad.entries().entrySet()) {
      if (entry.getKey().effect().isLoss() && entry.getValue().cause() == Cause.MEDIA_ERROR) {
        poison = poison.union(entry.getValue().ranges());
      }
    }
    return poison;
  }

  private Extents removed(String lower) {
    Extents removed = Extents.EMPTY;
    for (Map.Entry<BadSet.Key, BadSet.Entry> entry :
        BadSet.heard(draft, volume, lower).entries().entrySet()) {
      if (entry.getKey().effect().isLoss() && entry.getValue().cause() != Cause.MEDIA_ERROR) {
        removed = removed.union(entry.getValue().ranges());
      }
    }
    return removed;
  }

  Decision<DmFact> view(Copy.Kind kind) {
    return draft.isVolume(volume)
        ? draft.answer(Answer.ok(progress(kind)))
        : draft.refuse(Refusals.noVolume(volume));
  }

  private Answers.CopyProgress progress(Copy.Kind kind) {
    Copy copy = copy(kind);
    if (copy == null) {
      return new Answers.CopyProgress(
          null, kind.word(), "idle", null, 0, 0, 0, List.of(), null, null);
    }
    List<Answers.FailedRanges> failed = new ArrayList<>();
    copy.failed()
        .forEach((block, ranges) -> failed.add(new Answers.FailedRanges(block, ranges.toPairs())));
    return new Answers.CopyProgress(
        copy.id(),
        kind.word(),
        copy.state().word(),
        copy.reason(),
        copy.sectors(),
        copy.doneSectors(),
        copy.failedSectors(),
        failed,
        copy.startedAt(),
        copy.endedAt());
  }

  /** The next step, 204 if there is none. */
  Decision<DmFact> next(long maxSectors) {
    if (!draft.isVolume(volume)) {
      return draft.refuse(Refusals.noVolume(volume));
    }
    long most =
        Math.clamp(maxSectors, UNIT_SECTORS, MAX_STEP_SECTORS) / UNIT_SECTORS * UNIT_SECTORS;
    Copy copy = running();
    while (copy != null) {
      Copy.Pending pending =
          switch (copy.kind()) {
            case RESYNC -> planResync(copy, most);
            case WRITEBACK -> planWriteBack(copy, most);
          };
      if (pending != null) {
        Copy handedOut = copy.withPending(copy.number() + 1, pending);
        put(handedOut);
        return draft.answer(Answer.ok(step(handedOut, pending)));
      }
      finish(copy);
      copy = running();
    }
    return draft.answer(Answer.noContent());
  }

  private Copy.@Nullable Pending planResync(Copy copy, long maxSectors) {
    Table table = draft.live(volume);
    for (String lower : table.below()) {
      int order = lower.compareTo(copy.cursorDevice());
      if (order < 0) {
        continue;
      }
      long from = order == 0 ? copy.cursorSector() : 0;
      Extents need = missed(lower).subtract(removed(lower));
      int first = need.firstEndingAfter(from);
      if (first < need.rangeCount()) {
        SectorRange window = window(table, lower, need, first, from, maxSectors);
        return new Copy.Pending(
            lower, window.startSector(), window.sectorCount(), need.clip(window), List.of());
      }
    }
    return null;
  }

  /**
   * Rounded out to whole units, as devices heal, but within the leg and not before the cursor.
   *
   * <pre>
   * units    |-------|-------|-------|
   * need          |----|   |-|
   * window   |---------------|
   * </pre>
   */
  private SectorRange window(
      Table table, String lower, Extents need, int first, long from, long maxSectors) {
    long needed = Math.max(need.startSector(first), from);
    long start = Math.max(needed / UNIT_SECTORS * UNIT_SECTORS, from);
    long end = start;
    for (int i = first; i < need.rangeCount() && need.startSector(i) <= end + UNIT_SECTORS; i++) {
      end = Math.ceilDiv(need.endSector(i), UNIT_SECTORS) * UNIT_SECTORS;
      if (end - start >= maxSectors) {
        end = start + maxSectors;
        break;
      }
    }
    Extents ofLeg =
        table.redundantLegs(lower, Extents.of(start, Math.max(end, needed + 1) - start));
    int leg = ofLeg.firstEndingAfter(needed);
    return SectorRange.between(ofLeg.startSector(leg), ofLeg.endSector(leg));
  }

  private Copy.@Nullable Pending planWriteBack(Copy copy, long maxSectors) {
    Map<String, Extents> wanted = new TreeMap<>();
    copy.leaving().forEach(each -> wanted.merge(each.lower(), each.ranges(), Extents::union));
    for (Map.Entry<String, Extents> entry : wanted.entrySet()) {
      int order = entry.getKey().compareTo(copy.cursorDevice());
      if (order >= 0) {
        long from = order == 0 ? copy.cursorSector() : 0;
        Extents left = entry.getValue().subtract(Extents.of(0, from));
        List<Copy.Piece> pieces = firstDirty(entry.getKey(), left, maxSectors);
        if (!pieces.isEmpty()) {
          long sectors = pieces.stream().mapToLong(Copy.Piece::count).sum();
          return new Copy.Pending(entry.getKey(), 0, sectors, Extents.EMPTY, pieces);
        }
      }
    }
    return null;
  }

  /** The first blocks of the fast device that are to be written back, ascending. */
  private List<Copy.Piece> firstDirty(String lower, Extents ranges, long maxSectors) {
    Table table = draft.live(volume);
    for (int i = 0; i < ranges.rangeCount(); i++) {
      long end = Math.min(ranges.endSector(i), draft.sectors(lower));
      long span = SEARCH_SECTORS;
      for (long from = ranges.startSector(i); from < end; from += span, span *= 2) {
        List<Copy.Piece> found = new ArrayList<>();
        table.dirty(
            lower,
            Extents.of(from, Math.min(span, end - from)),
            (row, offset, lowerSector, count) ->
                found.add(new Copy.Piece(row, offset, lowerSector, count)));
        if (!found.isEmpty()) {
          found.sort(Comparator.comparingLong(Copy.Piece::lowerSector));
          return cut(table, found, maxSectors);
        }
      }
    }
    return List.of();
  }

  /** Into blocks, and off where a step is full. A block that is larger is several pieces. */
  private static List<Copy.Piece> cut(Table table, List<Copy.Piece> found, long maxSectors) {
    List<Copy.Piece> pieces = new ArrayList<>();
    long left = maxSectors;
    for (Copy.Piece run : found) {
      long block = ((WritesBack) table.target(run.row())).blockSectors();
      long done = 0;
      while (done < run.count()) {
        long offset = run.offset() + done;
        long toBlockEnd = block - offset % block;
        long count = Math.min(Math.min(toBlockEnd, run.count() - done), maxSectors);
        if (count > left) {
          return pieces;
        }
        pieces.add(new Copy.Piece(run.row(), offset, run.lowerSector() + done, count));
        left -= count;
        done += count;
      }
    }
    return pieces;
  }

  private Answers.CopyStep step(Copy copy, Copy.Pending pending) {
    return pending.pieces().isEmpty() ? resyncStep(copy, pending) : writeBackStep(copy, pending);
  }

  private Answers.CopyStep resyncStep(Copy copy, Copy.Pending pending) {
    Table table = draft.live(volume);
    String lower = pending.device();
    SectorRange window = new SectorRange(pending.startSector(), pending.sectors());
    Map<String, BadSet> stale = new Stale(draft, volume, table).sets();
    Map<String, Extents> gone = new TreeMap<>();
    for (String each : table.below()) {
      Extents bad = BadSet.heard(draft, volume, each).loss();
      gone.put(each, bad.union(stale.getOrDefault(each, new BadSet()).loss()));
    }
    List<Answers.CopyRecipe> recipes = new ArrayList<>();
    // What is right there already and shares a unit with what is not stays as it is.
    Extents own = Extents.of(window).subtract(pending.need());
    own.forEach(
        (from, count) -> {
          long at = from - window.startSector();
          recipes.add(recipe(at, count, List.of(new Table.Ingredient(lower, from, 1))));
        });
    table.rebuild(
        lower,
        window,
        gone,
        (sector, count, ingredients) ->
            recipes.add(recipe(sector - window.startSector(), count, ingredients)));
    return new Answers.CopyStep(
        copy.id(),
        copy.number(),
        pending.sectors(),
        CopyPath.writes(draft, volume, lower, window, 0),
        recipes,
        new long[0]);
  }

  private Answers.CopyRecipe recipe(long at, long count, List<Table.Ingredient> ingredients) {
    List<Answers.CopyIngredient> of = new ArrayList<>();
    for (Table.Ingredient each : ingredients) {
      SectorRange range = new SectorRange(each.lowerSector(), count);
      of.add(
          new Answers.CopyIngredient(
              each.factor(), CopyPath.reads(draft, volume, each.device(), range, at)));
    }
    return new Answers.CopyRecipe(at, count, of);
  }

  private Answers.CopyStep writeBackStep(Copy copy, Copy.Pending pending) {
    Table table = draft.live(volume);
    List<Answers.CopyPlace> targets = new ArrayList<>();
    List<Answers.CopyRecipe> recipes = new ArrayList<>();
    long[] units = new long[2 * pending.pieces().size()];
    long at = 0;
    int unit = 0;
    for (Copy.Piece piece : pending.pieces()) {
      WritesBack cache = (WritesBack) table.target(piece.row());
      var origin = cache.legs().get(cache.originLeg());
      SectorRange onOrigin = new SectorRange(origin.startSector() + piece.offset(), piece.count());
      targets.addAll(CopyPath.writes(draft, volume, origin.device(), onOrigin, at));
      recipes.add(
          recipe(
              at,
              piece.count(),
              List.of(new Table.Ingredient(pending.device(), piece.lowerSector(), 1))));
      units[unit++] = at;
      units[unit++] = piece.count();
      at += piece.count();
    }
    return new Answers.CopyStep(
        copy.id(), copy.number(), pending.sectors(), targets, recipes, units);
  }

  /**
   * @param failed in the step's buffer; null for all of it
   */
  Decision<DmFact> copied(String copyId, long number, long @Nullable [] failed, long maxSectors) {
    if (!draft.isVolume(volume)) {
      return draft.refuse(Refusals.noVolume(volume));
    }
    Copy copy = running();
    Copy.Pending pending = copy == null ? null : copy.pending();
    if (copy == null || pending == null || !copy.id().equals(copyId) || copy.number() != number) {
      return draft.refuse(Refusals.copySuperseded(volume, copyId, number));
    }
    Extents whole = Extents.of(0, pending.sectors());
    Extents not = failed == null ? whole : Extents.ofPairs(failed).intersect(whole);
    switch (copy.kind()) {
      case RESYNC -> resynced(copy, pending, not);
      case WRITEBACK -> writtenBack(copy, pending, not);
    }
    return next(maxSectors);
  }

  private void resynced(Copy copy, Copy.Pending pending, Extents notInBuffer) {
    Extents not = notInBuffer.shift(pending.startSector()).intersect(pending.need());
    Extents done = pending.need().subtract(not);
    BadSet before = BadSet.told(draft, volume);
    Telling telling = new Telling(draft, volume, before);
    if (new Stale(draft, volume, draft.live(volume)).copied(pending.device(), done)) {
      BadSet after = BadSet.told(draft, volume);
      telling.fromVolume(after, Differences.changes(draft, before, after, rewritten(before)));
    }
    Copy moved = failed(copy, pending.device(), not);
    put(
        moved
            .counted(done.totalSectors(), 0, moved.failed())
            .at(pending.device(), pending.startSector() + pending.sectors()));
  }

  private static List<News> rewritten(BadSet before) {
    return before.entries().keySet().stream()
        .findFirst()
        .map(key -> List.of(recovered(key)))
        .orElse(List.of());
  }

  private static News recovered(BadSet.Key key) {
    return new News(
        News.Kind.RECOVERED,
        key.faultId(),
        null,
        Cause.MEDIA_ERROR,
        false,
        key.leaf(),
        null,
        false,
        RecoveredData.REWRITTEN,
        null,
        null,
        null);
  }

  private static Copy failed(Copy copy, String block, Extents ranges) {
    if (ranges.isEmpty()) {
      return copy;
    }
    Map<String, Extents> all = new TreeMap<>(copy.failed());
    all.merge(block, ranges.head(MAX_FAILED_RANGES), Extents::union);
    all.computeIfPresent(block, (any, union) -> union.head(MAX_FAILED_RANGES));
    return copy.counted(0, ranges.totalSectors(), all);
  }

  private void writtenBack(Copy copy, Copy.Pending pending, Extents not) {
    Table table = draft.live(volume);
    Extents.Builder offsets = Extents.builder();
    Extents.Builder lost = Extents.builder();
    long at = 0;
    long done = 0;
    long blocks = 0;
    for (Copy.Piece piece : pending.pieces()) {
      if (not.intersects(new SectorRange(at, piece.count()))) {
        lost.add(table.startOf(piece.row()) + piece.offset(), piece.count());
      } else {
        offsets.add(piece.offset(), piece.count());
        done += piece.count();
        long block = ((WritesBack) table.target(piece.row())).blockSectors();
        blocks += (piece.offset() + piece.count()) % block == 0 ? 1 : 0;
      }
      at += piece.count();
    }
    BadSet before = BadSet.told(draft, volume);
    Extents written = offsets.build();
    if (!written.isEmpty()) {
      draft.putWritten(volume, nextWritten(), written);
      countClean(blocks);
      Differences.tellOfVolume(draft, volume, before, BadSet.told(draft, volume));
    }
    Copy.Piece last = pending.pieces().getLast();
    Copy moved = failed(copy, volume, lost.build());
    put(
        moved
            .counted(done, 0, moved.failed())
            .at(pending.device(), last.lowerSector() + last.count()));
  }

  private long nextWritten() {
    var known = draft.scan(Keys.written(volume));
    String prefix = Keys.written(volume);
    return known.isEmpty() ? 1 : Long.parseLong(known.lastKey().substring(prefix.length())) + 1;
  }

  private void countClean(long blocks) {
    if (draft.get(Keys.mappings(volume)) instanceof DmFact.Mappings mappings) {
      draft.put(
          Keys.mappings(volume),
          new DmFact.Mappings(
              mappings.upload(),
              mappings.parts(),
              mappings.form(),
              mappings.blockSectors(),
              mappings.devices(),
              mappings.mappedBlocks(),
              Math.max(0, mappings.dirtyBlocks() - blocks),
              mappings.transaction()));
    }
  }

  private void finish(Copy copy) {
    put(copy.ended(Copy.State.COMPLETED, null, draft.stamp().now()));
    for (Copy.Leaving leaving : copy.leaving()) {
      new Telling(draft, volume, BadSet.told(draft, volume))
          .fromWrittenBack(leaving.news(), leaving.lower(), leaving.ranges(), leaving.credit());
    }
  }

  /**
   * Something below is about to leave. If it takes with it what a cache has not on its origin, that
   * is written back first, and the share of the credit is kept until then.
   *
   * @param below the sectors that leave, by block device directly below
   * @return whether there is anything to write back
   */
  boolean beginWriteBack(News news, Map<String, List<Change>> below, long credit) {
    Instant deadline = news.deadline();
    if (deadline != null && !draft.stamp().now().isBefore(deadline)) {
      return false;
    }
    List<Copy.Leaving> leaving = new ArrayList<>();
    long[] sectors = new long[1];
    below.forEach(
        (lower, changes) -> {
          Extents ranges = Extents.EMPTY;
          for (Change change : changes) {
            ranges = ranges.union(change.ranges());
          }
          long before = sectors[0];
          draft
              .live(volume)
              .dirty(lower, ranges, (row, offset, sector, count) -> sectors[0] += count);
          if (sectors[0] > before) {
            leaving.add(new Copy.Leaving(lower, ranges, news, leaving.isEmpty() ? credit : 0));
          }
        });
    if (leaving.isEmpty()) {
      return false;
    }
    Copy resync = running(Copy.Kind.RESYNC);
    if (resync != null) {
      put(resync.ended(Copy.State.STOPPED, Copy.Kind.WRITEBACK.word(), draft.stamp().now()));
    }
    Copy known = running(Copy.Kind.WRITEBACK);
    if (known == null) {
      put(begun(Copy.Kind.WRITEBACK, leaving).with(sectors[0], leaving));
    } else {
      List<Copy.Leaving> all = new ArrayList<>(known.leaving());
      all.addAll(leaving);
      put(known.with(known.sectors() + sectors[0], all).at("", 0));
    }
    return true;
  }

  /**
   * The volume stops, or changes its table. A share of a removal is kept as a suspended volume
   * keeps it, so that the write-back begins again with the resume.
   */
  void interrupt(String reason) {
    for (Copy.Kind kind : Copy.Kind.values()) {
      Copy copy = running(kind);
      if (copy != null) {
        put(copy.ended(Copy.State.STOPPED, reason, draft.stamp().now()));
        for (Copy.Leaving leaving : copy.leaving()) {
          DmFact.Counters counters = draft.counters();
          long number = counters.heldEntries();
          draft.put(
              Keys.held(volume, number),
              new DmFact.Held(
                  number, leaving.lower(), leaving.ranges(), leaving.news(), leaving.credit()));
          draft.put(Keys.COUNTERS, new DmFact.Counters(counters.generations(), number + 1));
        }
      }
    }
  }

  /** The volume goes. */
  void forget() {
    for (Copy.Kind kind : Copy.Kind.values()) {
      if (copy(kind) != null) {
        draft.remove(Keys.copy(volume, kind));
      }
    }
  }

  /** A map was imported: what is newer on the fast device is another question now. */
  void restart() {
    Copy copy = running(Copy.Kind.WRITEBACK);
    if (copy != null) {
      put(copy.at("", 0));
    }
  }

  /** What a step was handed out for may be stale by what happens now: it does not count. */
  void disturbed(Map<String, List<Change>> below) {
    Copy copy = running(Copy.Kind.RESYNC);
    if (copy == null || copy.pending() == null) {
      return;
    }
    for (List<Change> changes : below.values()) {
      for (Change change : changes) {
        News news = change.news();
        if (news.data() == RecoveredData.ZEROED || news.cause() == Cause.DEVICE_REMOVED) {
          put(copy.withPending(copy.number(), null));
          return;
        }
      }
    }
  }

  /** A device is gone: nobody waits for what was to be saved from it. */
  static void deviceGone(Draft draft, String leaf) {
    end(draft, leaving -> leaving.news().leaf().equals(leaf), "device_removed");
  }

  /** Ends what was not ready in time. The device goes then; its share came not back. */
  static void endLate(Draft draft) {
    Instant now = draft.stamp().now();
    end(
        draft,
        leaving -> leaving.news().deadline() instanceof Instant deadline && !now.isBefore(deadline),
        "deadline");
  }

  private static void end(Draft draft, Predicate<Copy.Leaving> isOver, String reason) {
    for (String key : new TreeSet<>(draft.scan(Keys.COPIES).keySet())) {
      if (draft.get(key) instanceof Copy copy
          && copy.isRunning()
          && copy.leaving().stream().anyMatch(isOver)) {
        List<Copy.Leaving> left = copy.leaving().stream().filter(isOver.negate()).toList();
        draft.put(
            key,
            left.isEmpty()
                ? copy.ended(Copy.State.STOPPED, reason, draft.stamp().now())
                : copy.with(copy.sectors(), left));
      }
    }
  }
}
