package io.faultline.dm.below;

import io.faultline.dm.below.LeafData.UnreachableException;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.target.Galois;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reckons parity anew for a write, sector by sector: from the new content alone where all that is
 * in the sum is written, else from the old parity and the difference between old and new content (a
 * sum does not care which summand changed), and where the old parity cannot be read from all that
 * it is the sum of.
 *
 * <pre>
 * all written      P  =  sum of f * new
 * some written     P  =  old P + sum of f * (old + new)
 * P unreadable     P  =  sum of all, after the data is written
 * </pre>
 *
 * What must not be written is known before anything is: sectors whose old content nobody has while
 * their parity can be read. Others of the stripe would be worked out from it, wrongly, later.
 */
final class ParityWriter {

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  /** Takes what legs have not got. */
  @FunctionalInterface
  interface Failures {
    /**
     * @param failed in sectors of the leg's block device
     */
    void add(Answers.DataLeg leg, Extents failed);
  }

  private final StepCopier copier;
  private final String host;
  private final byte[] content;
  private final List<Sums> all = new ArrayList<>();

  /**
   * @param content of the buffer that is written
   */
  ParityWriter(StepCopier copier, String host, List<Answers.DataCheck> checks, byte[] content) {
    this.copier = copier;
    this.host = host;
    this.content = content;
    Map<String, List<Answers.DataCheck>> byLeg = new TreeMap<>();
    for (Answers.DataCheck check : checks) {
      byLeg
          .computeIfAbsent(
              check.leg().volume() + "/" + check.leg().lower(), any -> new ArrayList<>())
          .add(check);
    }
    byLeg.values().forEach(this::addTouching);
  }

  /** Checks of one leg; those that have a sector in common are reckoned together. */
  private void addTouching(List<Answers.DataCheck> checks) {
    checks.sort((one, other) -> Long.compare(one.leg().sector(), other.leg().sector()));
    List<Answers.DataCheck> together = new ArrayList<>();
    long end = 0;
    for (Answers.DataCheck check : checks) {
      if (!together.isEmpty() && check.leg().sector() >= end) {
        all.add(new Sums(together, end));
        together = new ArrayList<>();
      }
      together.add(check);
      end = Math.max(end, check.leg().sector() + check.count());
    }
    all.add(new Sums(together, end));
  }

  /** Whether some sums need what stands below now. */
  boolean needsOld() {
    return all.stream().anyMatch(sums -> !sums.partial.isEmpty());
  }

  /**
   * Reckons what can be reckoned before the data is written.
   *
   * @param old content of the buffer's sectors; of what is not needed anything
   * @param have what of it could be read
   * @return what of the buffer must not be written
   */
  Extents prepare(byte[] old, Extents have) throws UnreachableException {
    Extents.Builder obstacles = Extents.builder();
    for (Sums sums : all) {
      sums.prepare(old, have, obstacles);
    }
    return obstacles.build();
  }

  /**
   * Writes the sums, after the data.
   *
   * @return what of the buffer is in a sum that is stored
   */
  Extents store(Failures failures) throws UnreachableException {
    Extents.Builder stored = Extents.builder();
    for (Sums sums : all) {
      sums.store(failures, stored);
    }
    return stored.build();
  }

  /** Sums that lie side by side on a leg, from {@link #start} on. */
  private final class Sums {
    private final List<Answers.DataCheck> parts;
    private final long start;
    private final byte[] sum;

    /** Where not all that is in a sum is written. Sectors from 0 on, as everywhere here. */
    private final Extents partial;

    /** Where the sum must be reckoned from all others, afterwards. */
    private Extents later = Extents.EMPTY;

    Sums(List<Answers.DataCheck> parts, long end) {
      this.parts = List.copyOf(parts);
      this.start = parts.getFirst().leg().sector();
      int sectors = Math.toIntExact(end - start);
      this.sum = new byte[sectors * SECTOR_BYTES];
      int[] written = new int[sectors];
      for (Answers.DataCheck part : parts) {
        add(content, part, new SectorRange(0, part.count()));
        for (long sector = from(part); sector < from(part) + part.count(); sector++) {
          written[(int) sector]++;
        }
      }
      Extents.Builder some = Extents.builder();
      for (int sector = 0; sector < sectors; sector++) {
        if (written[sector] < parts.getFirst().summands()) {
          some.add(sector, 1);
        }
      }
      this.partial = some.build();
    }

    private long from(Answers.DataCheck part) {
      return part.leg().sector() - start;
    }

    /** Adds sectors of a part, each times its factor. */
    private void add(byte[] buffer, Answers.DataCheck part, SectorRange ofPart) {
      Galois.addProduct(
          sum,
          bytes(from(part) + ofPart.startSector()),
          buffer,
          bytes(part.at() + ofPart.startSector()),
          bytes(ofPart.sectorCount()),
          part.factor());
    }

    private Extents ofPart(Answers.DataCheck part, Extents sums) {
      return sums.clip(new SectorRange(from(part), part.count())).shift(-from(part));
    }

    void prepare(byte[] old, Extents have, Extents.Builder obstacles) throws UnreachableException {
      Extents readable = addOldParity();
      later = partial.subtract(readable);
      for (Answers.DataCheck part : parts) {
        for (SectorRange range : ofPart(part, readable).toList()) {
          Extents there = Extents.of(part.at() + range.startSector(), range.sectorCount());
          obstacles.addAll(there.subtract(have));
          add(old, part, range);
        }
      }
    }

    /** Adds what the parity is now, where it is needed; answers where it could be read. */
    private Extents addOldParity() throws UnreachableException {
      Extents readable = Extents.EMPTY;
      for (Answers.DataCheck part : parts) {
        Extents wanted = ofPart(part, partial.subtract(readable));
        if (!wanted.isEmpty()) {
          byte[] parity = new byte[bytes(part.count())];
          Extents read = copier.make(host, List.of(asItIs(part)), parity).intersect(wanted);
          read.forEach(
              (from, count) ->
                  Galois.addProduct(
                      sum, bytes(from(part) + from), parity, bytes(from), bytes(count), 1));
          readable = readable.union(read.shift(from(part)));
        }
      }
      return readable;
    }

    private static Answers.CopyRecipe asItIs(Answers.DataCheck part) {
      return new Answers.CopyRecipe(
          0, part.count(), List.of(new Answers.CopyIngredient(1, part.places())));
    }

    void store(Failures failures, Extents.Builder stored) throws UnreachableException {
      Extents done = Extents.EMPTY;
      Extents failed = Extents.EMPTY;
      for (Answers.DataCheck part : parts) {
        Extents whole = Extents.of(0, part.count());
        Extents toDo = whole.subtract(ofPart(part, done));
        Extents notReckoned = reckonLater(part, ofPart(part, later).intersect(toDo));
        Extents notStored = write(part, toDo.subtract(notReckoned)).union(notReckoned);
        done = done.union(toDo.shift(from(part)));
        failed = failed.union(notStored.shift(from(part)));
        failures.add(part.leg(), notStored.shift(part.leg().sector()));
        stored.addAll(whole.subtract(ofPart(part, failed)).shift(part.at()));
      }
    }

    /** What of a part's sums could not be reckoned. */
    private Extents reckonLater(Answers.DataCheck part, Extents wanted)
        throws UnreachableException {
      if (wanted.isEmpty()) {
        return wanted;
      }
      byte[] reckoned = new byte[bytes(part.count())];
      Extents have = copier.make(host, part.recipes(), reckoned).intersect(wanted);
      have.forEach(
          (from, count) ->
              System.arraycopy(reckoned, bytes(from), sum, bytes(from(part) + from), bytes(count)));
      return wanted.subtract(have);
    }

    private Extents write(Answers.DataCheck part, Extents wanted) throws UnreachableException {
      byte[] ofPart = new byte[bytes(part.count())];
      System.arraycopy(sum, bytes(from(part)), ofPart, 0, ofPart.length);
      Extents failed = Extents.EMPTY;
      for (Answers.CopyPlace place : part.places()) {
        Extents here = wanted.clip(new SectorRange(place.at(), place.count()));
        for (SectorRange range : here.toList()) {
          failed = failed.union(copier.write(host, place, range, ofPart));
        }
      }
      return failed;
    }
  }

  private static int bytes(long sectors) {
    return Math.toIntExact(sectors * SECTOR_BYTES);
  }
}
