package io.faultline.dm.core;

import io.faultline.dm.core.target.ByteAccess;
import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.dm.core.target.Target;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How the sectors of a volume are read: where they lie on the leaves, where else, and how they are
 * worked out from others. What a target has lost for good (its map, what its checksums vouch for)
 * has no way, however whole the leaves are.
 */
final class ReadWay {

  private final Draft draft;
  private final boolean everyWay;
  private final List<Answers.CopyRecipe> recipes = new ArrayList<>();

  /** What is tried only after all of {@link #recipes}. */
  private final List<Answers.CopyRecipe> otherwise = new ArrayList<>();

  private final Extents.Builder zeros = Extents.builder();
  private boolean instead;
  private boolean more;
  private @Nullable String opaque;

  ReadWay(Draft draft, boolean everyWay) {
    this.draft = draft;
    this.everyWay = everyWay;
  }

  List<Answers.CopyRecipe> recipes() {
    List<Answers.CopyRecipe> all = new ArrayList<>(recipes);
    all.addAll(otherwise);
    return all;
  }

  Extents zeros() {
    return zeros.build();
  }

  /** Whether there are ways that were not asked for. */
  boolean more() {
    return more;
  }

  /** The line of a target that shows other bytes than it keeps; null if there is none. */
  @Nullable String opaque() {
    return opaque;
  }

  /**
   * @param holder the volume that stands on {@code block}
   * @param at what the first sector is called in the buffer
   */
  void walk(String holder, String block, SectorRange asked, long at) {
    SectorRange range = asked.intersect(new SectorRange(0, draft.sectors(block)));
    if (asked.endSector() > range.endSector() && draft.isVolume(holder)) {
      // Behind the end of a thin volume's external origin reads are zeros; nothing else goes there.
      long from = Math.max(asked.startSector(), range.endSector());
      zeros.add(at + from - asked.startSector(), asked.endSector() - from);
    }
    if (range.isEmpty()) {
      return;
    }
    if (!draft.isVolume(block)) {
      List<Answers.CopyPlace> places = CopyPath.reads(draft, holder, block, range, at);
      if (!places.isEmpty()) {
        add(
            new Answers.CopyRecipe(
                at, range.sectorCount(), List.of(new Answers.CopyIngredient(1, places))));
      }
      return;
    }
    new OfVolume(block, at - range.startSector()).walk(range);
  }

  private void add(Answers.CopyRecipe recipe) {
    (instead ? otherwise : recipes).add(recipe);
  }

  /** One level of the way down. */
  private final class OfVolume implements ForwardConsumer {
    private final String volume;
    private final long shift;
    private final Table table;
    private final Map<String, Extents> stale;
    private final Extents failed;

    OfVolume(String volume, long shift) {
      this.volume = volume;
      this.shift = shift;
      this.table = draft.live(volume);
      this.stale = new Stale(draft, volume, table).loss();
      this.failed = failed();
    }

    /** What the leaves cannot tell to be lost. */
    private Extents failed() {
      Extents failed = Extents.EMPTY;
      for (Map.Entry<BadSet.Key, BadSet.Entry> entry :
          BadSet.told(draft, volume).entries().entrySet()) {
        boolean derived =
            switch (entry.getKey().effect()) {
              case TARGET_FAILED -> true;
              case DATA_LOST -> table.joint() && !table.redundant();
              case REDUNDANCY_LOST -> false;
            };
        failed = derived ? failed.union(entry.getValue().ranges()) : failed;
      }
      return failed;
    }

    void walk(SectorRange range) {
      Extents.of(range)
          .subtract(failed)
          .forEach((from, count) -> forward(new SectorRange(from, count)));
    }

    private void forward(SectorRange range) {
      table.forward(range, this);
      boolean before = instead;
      instead = true;
      table.reconstruct(range, gone(), this::worked);
      instead = before;
    }

    private void worked(long sector, long count, List<Table.Ingredient> ingredients) {
      if (!everyWay) {
        more = true;
        return;
      }
      List<Answers.CopyIngredient> of = new ArrayList<>();
      for (Table.Ingredient each : ingredients) {
        SectorRange range = new SectorRange(each.lowerSector(), count);
        of.add(
            new Answers.CopyIngredient(
                each.factor(),
                CopyPath.reads(draft, volume, each.device(), range, sector + shift)));
      }
      add(new Answers.CopyRecipe(sector + shift, count, of));
    }

    /** What of the legs cannot be used: bad, or out of step. */
    private Map<String, Extents> gone() {
      Map<String, Extents> gone = new TreeMap<>(stale);
      if (table.redundant()) {
        for (String lower : table.below()) {
          gone.merge(lower, BadSet.heard(draft, volume, lower).loss(), Extents::union);
        }
      }
      return gone;
    }

    @Override
    public void piece(long sector, long count, String device, long lowerSector) {
      if (isOpaque(sector)) {
        return;
      }
      Extents.of(lowerSector, count)
          .subtract(stale.getOrDefault(device, Extents.EMPTY))
          .forEach(
              (from, length) ->
                  ReadWay.this.walk(
                      volume,
                      device,
                      new SectorRange(from, length),
                      sector + from - lowerSector + shift));
    }

    @Override
    public void alternative(long sector, long count, String device, long lowerSector) {
      boolean before = instead;
      instead = true;
      piece(sector, count, device, lowerSector);
      instead = before;
    }

    @Override
    public void hole(long sector, long count, HoleKind kind) {
      switch (kind) {
        case ZERO -> zeros.add(sector + shift, count);
        // It has no way, or one that comes later.
        case ERROR, RECONSTRUCTED -> {}
      }
    }

    private boolean isOpaque(long sector) {
      int row = table.rowAt(sector);
      Target target = table.target(row);
      if (target.bytes() == ByteAccess.NONE) {
        opaque = table.lines().get(row);
        return true;
      }
      return false;
    }
  }
}
