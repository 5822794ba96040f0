package io.faultline.dm.below;

import io.faultline.dm.below.LeafData.UnreachableException;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.target.Galois;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Arrays;
import java.util.List;

/** Carries out steps of copying: reads what a step is made of, reckons, and writes it. */
public final class StepCopier {

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  /** What is written piece by piece when a device refuses the whole: what it heals at a time. */
  private static final long UNIT_SECTORS = 8;

  private final LeafData data;

  public StepCopier(LeafData data) {
    this.data = data;
  }

  /**
   * Carries out a step; to do it again does no harm.
   *
   * @return what of the step's buffer could not be read, or not be written
   */
  public Extents copy(String host, Answers.CopyStep step) throws UnreachableException {
    byte[] buffer = new byte[Math.toIntExact(step.sectors() * SECTOR_BYTES)];
    Extents have = make(host, step.recipes(), buffer);
    have = have.subtract(incomplete(step.units(), have));
    return Extents.of(0, step.sectors()).subtract(write(host, step.targets(), have, buffer));
  }

  /**
   * Makes sectors in a buffer.
   *
   * @param recipes for one sector the first that can be read counts
   * @return what is made
   */
  Extents make(String host, List<Answers.CopyRecipe> recipes, byte[] buffer)
      throws UnreachableException {
    Extents have = Extents.EMPTY;
    for (Answers.CopyRecipe recipe : recipes) {
      Extents wanted = Extents.of(recipe.at(), recipe.count()).subtract(have);
      if (!wanted.isEmpty()) {
        have = have.union(make(host, recipe, wanted, buffer));
      }
    }
    return have;
  }

  /** Units of which something is missing are left as they are. */
  private static Extents incomplete(long[] units, Extents have) {
    Extents.Builder incomplete = Extents.builder();
    for (int i = 0; i < units.length; i += 2) {
      if (!have.containsAll(new SectorRange(units[i], units[i + 1]))) {
        incomplete.add(units[i], units[i + 1]);
      }
    }
    return incomplete.build();
  }

  /** What of {@code wanted} is in the buffer then. */
  private Extents make(String host, Answers.CopyRecipe recipe, Extents wanted, byte[] buffer)
      throws UnreachableException {
    int length = Math.toIntExact(recipe.count() * SECTOR_BYTES);
    byte[] sum = new byte[length];
    byte[] read = new byte[length];
    Extents made = wanted;
    for (Answers.CopyIngredient ingredient : recipe.ingredients()) {
      Arrays.fill(read, (byte) 0);
      made = read(host, ingredient.places(), recipe.at(), made, read);
      if (made.isEmpty()) {
        return made;
      }
      Galois.addProduct(sum, 0, read, 0, length, ingredient.factor());
    }
    made.forEach(
        (from, count) ->
            System.arraycopy(sum, bytes(from - recipe.at()), buffer, bytes(from), bytes(count)));
    return made;
  }

  /** What of {@code wanted} could be read, from the first place that gave it. */
  private Extents read(
      String host, List<Answers.CopyPlace> places, long recipeAt, Extents wanted, byte[] into)
      throws UnreachableException {
    Extents left = wanted;
    for (Answers.CopyPlace place : places) {
      for (SectorRange range : left.clip(new SectorRange(place.at(), place.count())).toList()) {
        long at = range.startSector();
        LeafData.Content content =
            data.read(host, place, place.sector() + at - place.at(), range.sectorCount());
        Extents good = Extents.of(range).subtract(content.bad().shift(at));
        good.forEach(
            (from, count) ->
                System.arraycopy(
                    content.bytes(), bytes(from - at), into, bytes(from - recipeAt), bytes(count)));
        left = left.subtract(good);
      }
    }
    return wanted.subtract(left);
  }

  /** What of the buffer is written on every place that it has, and has one. */
  private Extents write(String host, List<Answers.CopyPlace> targets, Extents have, byte[] buffer)
      throws UnreachableException {
    Extents covered = Extents.EMPTY;
    Extents failed = Extents.EMPTY;
    for (Answers.CopyPlace place : targets) {
      Extents part = have.clip(new SectorRange(place.at(), place.count()));
      covered = covered.union(part);
      for (SectorRange range : part.toList()) {
        failed = failed.union(write(host, place, range, buffer));
      }
    }
    return covered.subtract(failed);
  }

  /** What of the range the device refused. */
  Extents write(String host, Answers.CopyPlace place, SectorRange range, byte[] buffer)
      throws UnreachableException {
    long shift = place.sector() - place.at();
    if (put(host, place, range, shift, buffer)) {
      return Extents.EMPTY;
    }
    Extents.Builder failed = Extents.builder();
    long from = range.startSector();
    while (from < range.endSector()) {
      long sector = from + shift;
      long toUnitEnd = UNIT_SECTORS - sector % UNIT_SECTORS;
      long count = Math.min(toUnitEnd, range.endSector() - from);
      if (count == range.sectorCount()
          || !put(host, place, new SectorRange(from, count), shift, buffer)) {
        failed.add(from, count);
      }
      from += count;
    }
    return failed.build();
  }

  private boolean put(
      String host, Answers.CopyPlace place, SectorRange range, long shift, byte[] buffer)
      throws UnreachableException {
    byte[] bytes = Arrays.copyOfRange(buffer, bytes(range.startSector()), bytes(range.endSector()));
    return data.write(host, place, range.startSector() + shift, bytes);
  }

  private static int bytes(long sectors) {
    return (int) (sectors * SECTOR_BYTES);
  }
}
