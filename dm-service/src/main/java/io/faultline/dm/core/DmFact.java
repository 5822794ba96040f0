package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.dm.core.target.Importable;
import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What dm keeps of a host, under the keys of {@link Keys}. */
public sealed interface DmFact {

  /**
   * @param generations how many volumes this host ever had: each new one is the next generation
   * @param heldEntries how many events suspended volumes ever kept
   */
  record Counters(long generations, long heldEntries) implements DmFact {}

  /**
   * A leaf device, as its events and the answers to claims tell it.
   *
   * @param sliceId the log that its events are numbered in
   * @param sequence the last event that is in the bad set
   * @param complete whether the bad set is all that is bad: it was heard of from its beginning, or
   *     taken from the answer to a claim
   * @param removalId the removal that it is leaving in; null if it is not
   * @param removed whether it is gone
   */
  record Device(
      String sliceId,
      long sequence,
      boolean complete,
      long sectors,
      boolean dax,
      long generation,
      @Nullable String removalId,
      boolean removed)
      implements DmFact {}

  /**
   * A part of what is bad of a block device by one fault.
   *
   * @param leaf the device whose fault it is
   * @param effect what became of the ranges; null for what devices have: data lost
   */
  record Bad(String leaf, String faultId, Cause cause, Extents ranges, @Nullable Effect effect)
      implements DmFact {}

  /**
   * A part of the region table of a switch, where it is not the one that the kernel begins with.
   *
   * @param row of the table, from 0
   * @param part regions are kept in parts of {@link
   *     io.faultline.dm.core.target.RegionTable#PART_REGIONS}
   */
  record Regions(int row, int part, List<Integer> paths) implements DmFact {}

  /**
   * @param claimHolder the filesystem that stands on it, {@code fs:data}; null if none does
   * @param claimRevision rises with every claim
   */
  record Volume(
      long generation, boolean suspended, @Nullable String claimHolder, long claimRevision)
      implements DmFact {}

  /**
   * @param lines as {@link Table#lines} prints them
   */
  record TableLines(List<String> lines) implements DmFact {}

  /**
   * Something that a suspended volume heard and has not passed on.
   *
   * @param group entries of one group came from one event
   * @param lower the block device below that told it
   * @param ranges sectors of {@code lower}
   * @param credit the share of a removal's credit that came with it, 0 if none
   */
  record Held(long group, String lower, Extents ranges, News news, long credit) implements DmFact {}

  /**
   * An imported map that is live.
   *
   * @param upload whose parts it is made of
   * @param form in which it came
   * @param blockSectors sectors of a block, on both sides
   * @param devices of a thin pool; 1 for others
   * @param dirtyBlocks blocks of a cache that are newer than the origin
   * @param transaction of a thin pool's metadata; null for others
   */
  record Mappings(
      String upload,
      int parts,
      Importable.Form form,
      long blockSectors,
      int devices,
      long mappedBlocks,
      long dirtyBlocks,
      @Nullable Long transaction)
      implements DmFact {}

  /** An import under way. */
  record Upload(String volume, Instant touchedAt) implements DmFact {}

  /** A piece of an import, live or under way, as {@code PackedPieces} has it. */
  record MapPart(byte[] packed) implements DmFact {
    @Override
    public boolean equals(Object other) {
      return other instanceof MapPart part && Arrays.equals(packed, part.packed);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(packed);
    }
  }
}
