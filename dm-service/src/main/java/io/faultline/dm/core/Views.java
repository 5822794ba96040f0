package io.faultline.dm.core;

import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What there is, and the ways down and up; nothing is changed. */
final class Views {

  private static final long PAGE_SECTORS = 4096 / SectorRange.SECTOR_BYTES;

  private final Draft draft;

  Views(Draft draft) {
    this.draft = draft;
  }

  static Answers.Volume volume(Draft draft, String name) {
    DmFact.Volume volume = Objects.requireNonNull(draft.volume(name));
    Table live = draft.live(name);
    Table inactive = draft.inactive(name);
    return new Answers.Volume(
        name,
        live.sectors(),
        volume.suspended() ? "suspended" : "active",
        volume.generation(),
        live.lines(),
        List.copyOf(live.below()),
        List.copyOf(draft.topology().directlyAbove(name)),
        dax(draft, name),
        volume.claimHolder(),
        outOfSync(draft, name, live),
        Imports.imported(draft, name),
        inactive == null
            ? null
            : new Answers.Inactive(
                inactive.sectors(), inactive.targetCount(), List.copyOf(inactive.below())));
  }

  private static List<Answers.OutOfSync> outOfSync(Draft draft, String name, Table live) {
    List<Answers.OutOfSync> legs = new ArrayList<>();
    new Stale(draft, name, live)
        .loss()
        .forEach(
            (device, ranges) -> {
              if (!ranges.isEmpty()) {
                legs.add(
                    new Answers.OutOfSync(
                        device,
                        ranges.head(Answers.MAX_OUT_OF_SYNC_RANGES).toPairs(),
                        ranges.totalSectors()));
              }
            });
    return legs;
  }

  /**
   * Whether bytes of a block device can be mapped directly, all the way down. The kernel finds no
   * direct access in a lower device that does not end with a page ({@code fs_dax_get_by_bdev}),
   * though that device itself says that it has it; observed, and kept.
   */
  static boolean dax(Draft draft, String block) {
    return dax(draft, block, new HashMap<>());
  }

  /** A device's logical block; of a volume the largest of those below, as the kernel's limits. */
  static long logicalBlockBytes(Draft draft, String block) {
    return logicalBlockBytes(draft, block, new HashMap<>());
  }

  private static long logicalBlockBytes(Draft draft, String block, Map<String, Long> known) {
    if (!draft.isVolume(block)) {
      DmFact.Device device = draft.device(block);
      return device == null ? DmFact.Device.USUAL_BLOCK_BYTES : device.logicalBlockBytes();
    }
    Long before = known.get(block);
    if (before != null) {
      return before;
    }
    long largest = DmFact.Device.USUAL_BLOCK_BYTES;
    for (String lower : draft.live(block).below()) {
      largest = Math.max(largest, logicalBlockBytes(draft, lower, known));
    }
    known.put(block, largest);
    return largest;
  }

  private static boolean dax(Draft draft, String block, Map<String, Boolean> known) {
    if (!draft.isVolume(block)) {
      DmFact.Device device = draft.device(block);
      return device != null && device.dax();
    }
    Boolean before = known.get(block);
    if (before != null) {
      return before;
    }
    boolean dax =
        draft
            .live(block)
            .directAccess(
                lower -> draft.sectors(lower) % PAGE_SECTORS == 0 && dax(draft, lower, known));
    known.put(block, dax);
    return dax;
  }

  Decision<DmFact> get(String name) {
    return draft.isVolume(name)
        ? draft.answer(Answer.ok(volume(draft, name)))
        : draft.refuse(Refusals.noVolume(name));
  }

  Decision<DmFact> table(String name) {
    return draft.isVolume(name)
        ? draft.answer(
            new Answer.Text(
                200,
                "text/plain;charset=UTF-8",
                String.join("\n", draft.live(name).lines()) + "\n"))
        : draft.refuse(Refusals.noVolume(name));
  }

  Decision<DmFact> list(int limit, @Nullable String after) {
    List<Answers.Volume> items = new ArrayList<>();
    String next = null;
    long tableChars = 0;
    for (String key : draft.scan(Keys.VOLUMES).keySet()) {
      String name = key.substring(Keys.VOLUMES.length());
      if (after != null && name.compareTo(after) <= 0) {
        continue;
      }
      if (items.size() == limit || tableChars > Limits.MAX_PAGE_TABLE_CHARS) {
        next = items.getLast().name();
        break;
      }
      Answers.Volume volume = volume(draft, name);
      items.add(volume);
      tableChars += volume.table().stream().mapToLong(String::length).sum();
    }
    return draft.answer(Answer.ok(new Answers.Volumes(items, next)));
  }

  Decision<DmFact> mapDown(DmCommand.MapDown map) {
    DmFact.Volume volume = draft.volume(map.volume());
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(map.volume()));
    }
    Long known = map.generation();
    if (known != null && known != volume.generation()) {
      return draft.refuse(Refusals.staleGeneration(map.volume(), known, volume.generation()));
    }
    SectorRange asked =
        new SectorRange(map.sector(), map.count())
            .intersect(new SectorRange(0, draft.live(map.volume()).sectors()));
    WayDown way = new WayDown(draft);
    way.walk(map.volume(), asked, asked.startSector());
    return draft.answer(
        Answer.ok(
            new Answers.Mapped(
                map.volume(),
                volume.generation(),
                way.pieces(),
                way.holes(),
                way.alternatives(),
                way.next)));
  }

  /** Collects the pieces of a volume on its leaves, ascending, until there are too many. */
  private static final class WayDown {
    private final Draft draft;
    private final List<Answers.Piece> pieces = new ArrayList<>();
    private final List<Answers.Piece> alternatives = new ArrayList<>();
    private final List<Answers.Hole> holes = new ArrayList<>();

    /** Whether the way goes through an alternative somewhere. */
    private boolean instead;

    private @Nullable Long next;

    WayDown(Draft draft) {
      this.draft = draft;
    }

    /** {@code range} of {@code block} is what the volume shows from {@code volumeSector} on. */
    void walk(String block, SectorRange range, long volumeSector) {
      if (range.isEmpty()) {
        return;
      }
      // Behind the end of a thin volume's external origin reads are zeros; nothing else goes there.
      SectorRange there = range.intersect(new SectorRange(0, draft.sectors(block)));
      if (there.sectorCount() < range.sectorCount()) {
        walk(block, there, volumeSector);
        addHole(
            volumeSector + there.sectorCount(),
            range.sectorCount() - there.sectorCount(),
            HoleKind.ZERO);
        return;
      }
      if (!draft.isVolume(block)) {
        add(
            instead ? alternatives : pieces,
            block,
            range.startSector(),
            range.sectorCount(),
            volumeSector);
        return;
      }
      Level level = new Level(block, volumeSector - range.startSector());
      draft.live(block).forward(range, level);
      level.flush();
    }

    /**
     * One volume on the way. What a copy missed is not read there but from the next one that has
     * it, which comes right after it:
     *
     * <pre>
     * first leg    |----|missed|----|     pieces  |first|second|first|
     * second leg   |----------------|     else    |second|     |second|
     * </pre>
     */
    private final class Level implements ForwardConsumer {
      private final Table table;
      private final Map<String, Extents> stale;
      private final long shift;

      /** What of the last piece was missed there and is found nowhere else until now. */
      private Extents unread = Extents.EMPTY;

      Level(String volume, long shift) {
        this.table = draft.live(volume);
        this.stale = new Stale(draft, volume, table).loss();
        this.shift = shift;
      }

      @Override
      public void piece(long sector, long count, String device, long lowerSector) {
        flush();
        Extents all = Extents.of(sector, count);
        unread = missed(sector, count, device, lowerSector);
        descend(all.subtract(unread), device, lowerSector - sector);
      }

      @Override
      public void alternative(long sector, long count, String device, long lowerSector) {
        Extents there =
            Extents.of(sector, count).subtract(missed(sector, count, device, lowerSector));
        Extents first = there.intersect(unread);
        descend(first, device, lowerSector - sector);
        unread = unread.subtract(first);
        boolean before = instead;
        instead = true;
        descend(there.subtract(first), device, lowerSector - sector);
        instead = before;
      }

      @Override
      public void hole(long sector, long count, HoleKind kind) {
        flush();
        addHoles(Extents.of(sector, count), kind);
      }

      /** In sectors of the volume; a target without copies beside one that has some misses none. */
      private Extents missed(long sector, long count, String device, long lowerSector) {
        Extents ofDevice = stale.getOrDefault(device, Extents.EMPTY);
        if (ofDevice.isEmpty() || !table.target(table.rowAt(sector)).redundant()) {
          return Extents.EMPTY;
        }
        return ofDevice.clip(new SectorRange(lowerSector, count)).shift(sector - lowerSector);
      }

      private void descend(Extents sectors, String device, long down) {
        sectors.forEach(
            (from, count) -> {
              if (next == null) {
                walk(device, new SectorRange(from + down, count), from + shift);
              }
            });
      }

      /** What no copy has is worked out from others, or lost. */
      void flush() {
        if (unread.isEmpty()) {
          return;
        }
        Extents.Builder worked = Extents.builder();
        unread.forEach(
            (from, count) ->
                table.reconstruct(
                    new SectorRange(from, count),
                    stale,
                    (sector, sectors, ingredients) -> worked.add(sector, sectors)));
        Extents reconstructed = worked.build();
        addHoles(reconstructed, HoleKind.RECONSTRUCTED);
        addHoles(unread.subtract(reconstructed), HoleKind.ERROR);
        unread = Extents.EMPTY;
      }

      private void addHoles(Extents sectors, HoleKind kind) {
        sectors.forEach(
            (from, count) -> {
              if (next == null && !instead) {
                addHole(from + shift, count, kind);
              }
            });
      }
    }

    private void add(
        List<Answers.Piece> to, String device, long sector, long count, long volumeSector) {
      Answers.Piece piece = new Answers.Piece(device, sector, count, volumeSector);
      if (!join(to, piece) && roomAt(volumeSector)) {
        to.add(piece);
      }
    }

    /** Whether the piece only made the last one longer. */
    private static boolean join(List<Answers.Piece> to, Answers.Piece piece) {
      Answers.Piece last = to.isEmpty() ? null : to.getLast();
      if (last == null
          || !last.device().equals(piece.device())
          || last.sector() + last.count() != piece.sector()
          || last.volumeSector() + last.count() != piece.volumeSector()) {
        return false;
      }
      to.removeLast();
      to.add(
          new Answers.Piece(
              last.device(), last.sector(), last.count() + piece.count(), last.volumeSector()));
      return true;
    }

    private void addHole(long volumeSector, long count, HoleKind kind) {
      Answers.Hole last = holes.isEmpty() ? null : holes.getLast();
      if (last != null
          && last.kind().equals(kind.word())
          && last.volumeSector() + last.count() == volumeSector) {
        holes.removeLast();
        holes.add(new Answers.Hole(last.volumeSector(), last.count() + count, kind.word()));
      } else if (roomAt(volumeSector)) {
        holes.add(new Answers.Hole(volumeSector, count, kind.word()));
      }
    }

    private boolean roomAt(long volumeSector) {
      if (pieces.size() + alternatives.size() + holes.size() < Limits.MAX_ANSWER_RANGES) {
        return true;
      }
      next = volumeSector;
      return false;
    }

    /** A copy that is read instead of another one comes after that one's neighbours. */
    List<Answers.Piece> pieces() {
      return joined(pieces, Comparator.comparing(Answers.Piece::volumeSector));
    }

    /** Those of one device together, so that neighbours are one piece; then by volume sector. */
    List<Answers.Piece> alternatives() {
      List<Answers.Piece> sorted =
          joined(
              alternatives,
              Comparator.comparing(Answers.Piece::device)
                  .thenComparing(Answers.Piece::volumeSector)
                  .thenComparing(Answers.Piece::sector));
      sorted.sort(
          Comparator.comparing(Answers.Piece::volumeSector).thenComparing(Answers.Piece::device));
      return sorted;
    }

    private static List<Answers.Piece> joined(
        List<Answers.Piece> pieces, Comparator<Answers.Piece> order) {
      List<Answers.Piece> joined = new ArrayList<>();
      pieces.stream()
          .sorted(order)
          .forEach(
              piece -> {
                if (!join(joined, piece)) {
                  joined.add(piece);
                }
              });
      return joined;
    }

    List<Answers.Hole> holes() {
      return holes.stream().sorted(Comparator.comparing(Answers.Hole::volumeSector)).toList();
    }
  }

  Decision<DmFact> whatIf(DmCommand.WhatIf whatIf) {
    String device = whatIf.device();
    if (!draft.isVolume(device) && draft.device(device) == null) {
      return draft.refuse(Refusals.noBlockDevice(device));
    }
    SectorRange asked =
        new SectorRange(whatIf.sector(), whatIf.count())
            .intersect(new SectorRange(0, draft.sectors(device)));
    return draft.answer(Answer.ok(upward(device, asked)));
  }

  /** Halves the range until the answer is not too long: the answer is whole for what it covers. */
  private Answers.Upward upward(String device, SectorRange asked) {
    SectorRange covered = asked;
    while (true) {
      List<Answers.Touched> touched = touched(device, Extents.of(covered));
      long numbers = touched.stream().mapToLong(volume -> volume.ranges().length).sum();
      if (numbers <= 2L * Limits.MAX_ANSWER_RANGES || covered.sectorCount() == 1) {
        boolean all = covered.endSector() == asked.endSector();
        return new Answers.Upward(touched, all ? null : covered.endSector());
      }
      covered = new SectorRange(covered.startSector(), (covered.sectorCount() + 1) / 2);
    }
  }

  private List<Answers.Touched> touched(String device, Extents bad) {
    return bad.isEmpty() ? List.of() : new WhatIf(draft, device, bad).touched();
  }
}
