package io.faultline.dm.core;

import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.dm.core.target.Target;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;

/**
 * The way down from a block device under a volume to the sectors of leaf devices that hold the same
 * bytes. Where on the way they are other bytes, or whoever writes them has more to do than write
 * them, there is no place.
 */
final class CopyPath {

  private final Draft draft;
  private final boolean forWriting;
  private final List<Answers.CopyPlace> places = new ArrayList<>();

  private CopyPath(Draft draft, boolean forWriting) {
    this.draft = draft;
    this.forWriting = forWriting;
  }

  /**
   * Where a range can be read. Where there are several places each will do; those that are out of
   * step are left out.
   *
   * @param holder the volume that stands on {@code block}
   * @param at what the first sector is called in the places
   */
  static List<Answers.CopyPlace> reads(
      Draft draft, String holder, String block, SectorRange range, long at) {
    return new CopyPath(draft, false).walked(holder, block, range, at);
  }

  /** Where a range must be written; if a sector has several places, on each of them. */
  static List<Answers.CopyPlace> writes(
      Draft draft, String holder, String block, SectorRange range, long at) {
    return new CopyPath(draft, true).walked(holder, block, range, at);
  }

  private List<Answers.CopyPlace> walked(String holder, String block, SectorRange range, long at) {
    walk(holder, block, range, at);
    return places;
  }

  private void walk(String holder, String block, SectorRange asked, long at) {
    SectorRange range = asked.intersect(new SectorRange(0, draft.sectors(block)));
    if (range.isEmpty()) {
      return;
    }
    if (!draft.isVolume(block)) {
      DmFact.Device device = draft.device(block);
      if (device != null && !device.removed()) {
        places.add(
            new Answers.CopyPlace(
                block,
                device.generation(),
                "dm:" + holder,
                range.startSector(),
                range.sectorCount(),
                at));
      }
      return;
    }
    Table table = draft.live(block);
    Stale stale = new Stale(draft, block, table);
    long shift = at - range.startSector();
    // First where it is read, then where else: alternatives come after all pieces.
    Later later = new Later();
    table.forward(
        range,
        new ForwardConsumer() {
          @Override
          public void piece(long sector, long count, String device, long lowerSector) {
            if (passes(table.target(table.rowAt(sector)))) {
              descend(block, stale, device, lowerSector, count, sector + shift);
            }
          }

          @Override
          public void alternative(long sector, long count, String device, long lowerSector) {
            if (passes(table.target(table.rowAt(sector)))) {
              later.add(() -> descend(block, stale, device, lowerSector, count, sector + shift));
            }
          }

          @Override
          public void hole(long sector, long count, HoleKind kind) {}
        });
    later.run();
  }

  private static final class Later {
    private final List<Runnable> steps = new ArrayList<>();

    void add(Runnable step) {
      steps.add(step);
    }

    void run() {
      steps.forEach(Runnable::run);
    }
  }

  private boolean passes(Target target) {
    return switch (target.bytes()) {
      case NONE -> false;
      case READ -> !forWriting;
      case READ_WRITE -> true;
    };
  }

  private void descend(
      String volume, Stale stale, String lower, long lowerSector, long count, long at) {
    Extents there = Extents.of(lowerSector, count);
    BadSet missed = stale.sets().get(lower);
    Extents inStep = forWriting || missed == null ? there : there.subtract(missed.loss());
    inStep.forEach(
        (from, length) ->
            walk(volume, lower, new SectorRange(from, length), at + from - lowerSector));
  }
}
