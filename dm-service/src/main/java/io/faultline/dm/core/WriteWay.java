package io.faultline.dm.core;

import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How the sectors of a volume are written: every place on the leaves, and what is reckoned from
 * them. Where a target has more to do than that there is an obstacle, and nothing is written.
 */
final class WriteWay {

  /** Why it cannot be written. */
  record Obstacle(String volume, long sector, String line) {}

  private final Draft draft;
  private final List<Answers.DataTarget> targets = new ArrayList<>();
  private final List<Answers.DataCheck> checks = new ArrayList<>();
  private final Extents.Builder dropped = Extents.builder();
  private boolean alone;
  private @Nullable Obstacle obstacle;

  WriteWay(Draft draft) {
    this.draft = draft;
  }

  List<Answers.DataTarget> targets() {
    return targets;
  }

  List<Answers.DataCheck> checks() {
    return checks;
  }

  Extents dropped() {
    return dropped.build();
  }

  /** Whether copies or parity are to agree afterwards. */
  boolean alone() {
    return alone;
  }

  @Nullable Obstacle obstacle() {
    return obstacle;
  }

  /**
   * @param holder the volume that stands on {@code block}
   * @param at what the first sector is called in the buffer
   * @param leg the leg of the lowest redundant volume that stands on it; null if none does
   */
  void walk(
      String holder, String block, SectorRange range, long at, Answers.@Nullable DataLeg leg) {
    if (draft.isVolume(block)) {
      new OfVolume(block, at - range.startSector(), leg, range).walk(range);
    } else {
      for (Answers.CopyPlace place : CopyPath.writes(draft, holder, block, range, at)) {
        targets.add(new Answers.DataTarget(place, leg));
      }
    }
  }

  /** One level of the way down. */
  private final class OfVolume implements ForwardConsumer {
    private final String volume;
    private final long shift;
    private final Answers.@Nullable DataLeg above;
    private final SectorRange whole;
    private final Table table;
    private final Map<String, Extents> stale;

    OfVolume(String volume, long shift, Answers.@Nullable DataLeg above, SectorRange whole) {
      this.volume = volume;
      this.shift = shift;
      this.above = above;
      this.whole = whole;
      this.table = draft.live(volume);
      this.stale = new Stale(draft, volume, table).loss();
    }

    void walk(SectorRange range) {
      alone |= table.redundant();
      table.forward(range, this);
      table.checks(range, this::check);
    }

    /** What is out of step is reckoned when it is copied; what is not there never. */
    private void check(
        long sector, long count, String lower, long lowerSector, int factor, int summands) {
      Extents missed = stale.getOrDefault(lower, Extents.EMPTY);
      Extents.of(lowerSector, count)
          .subtract(missed)
          .forEach(
              (from, length) -> {
                SectorRange sums = new SectorRange(from, length);
                long at = sector + from - lowerSector + shift;
                List<Answers.CopyPlace> places = CopyPath.writes(draft, volume, lower, sums, 0);
                if (!places.isEmpty()) {
                  checks.add(
                      new Answers.DataCheck(
                          at,
                          length,
                          factor,
                          summands,
                          new Answers.DataLeg(volume, lower, from),
                          places,
                          reckoned(lower, sums)));
                } else if (draft.isVolume(lower)) {
                  refuse(sector);
                }
              });
    }

    private List<Answers.CopyRecipe> reckoned(String lower, SectorRange sums) {
      Map<String, Extents> gone = new TreeMap<>(stale);
      for (String each : table.below()) {
        if (!each.equals(lower)) {
          gone.merge(each, BadSet.heard(draft, volume, each).loss(), Extents::union);
        }
      }
      List<Answers.CopyRecipe> recipes = new ArrayList<>();
      table.rebuild(
          lower,
          sums,
          gone,
          (from, count, ingredients) -> {
            long at = from - sums.startSector();
            List<Answers.CopyIngredient> of = new ArrayList<>();
            for (Table.Ingredient each : ingredients) {
              SectorRange range = new SectorRange(each.lowerSector(), count);
              of.add(
                  new Answers.CopyIngredient(
                      each.factor(), CopyPath.reads(draft, volume, each.device(), range, at)));
            }
            recipes.add(new Answers.CopyRecipe(at, count, of));
          });
      return recipes;
    }

    @Override
    public void piece(long sector, long count, String device, long lowerSector) {
      if (!passes(sector, count)) {
        return;
      }
      Answers.DataLeg leg =
          table.target(table.rowAt(sector)).redundant()
              ? new Answers.DataLeg(volume, device, lowerSector)
              : moved(sector);
      WriteWay.this.walk(volume, device, new SectorRange(lowerSector, count), sector + shift, leg);
    }

    /** The leg of the volume above, from that sector of this one on. */
    private Answers.@Nullable DataLeg moved(long sector) {
      return above == null
          ? null
          : new Answers.DataLeg(
              above.volume(), above.lower(), above.sector() + sector - whole.startSector());
    }

    @Override
    public void alternative(long sector, long count, String device, long lowerSector) {
      piece(sector, count, device, lowerSector);
    }

    @Override
    public void hole(long sector, long count, HoleKind kind) {
      if (passes(sector, count)) {
        switch (kind) {
          case ZERO -> dropped.add(sector + shift, count);
          // It fails, or others make up for it.
          case ERROR, RECONSTRUCTED -> {}
        }
      }
    }

    private boolean passes(long sector, long count) {
      int row = table.rowAt(sector);
      boolean passes = table.target(row).writable(sector - table.startOf(row), count);
      if (!passes) {
        refuse(sector);
      }
      return passes;
    }

    private void refuse(long sector) {
      if (obstacle == null) {
        obstacle = new Obstacle(volume, sector, table.lines().get(table.rowAt(sector)));
      }
    }
  }
}
