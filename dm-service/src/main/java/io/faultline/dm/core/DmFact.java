package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.dm.core.target.Importable;
import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
   * @param logicalBlockBytes the least that the hardware reads and writes, as claims tell it
   * @param removalId the removal that it is leaving in; null if it is not
   * @param removed whether it is gone
   */
  record Device(
      String sliceId,
      long sequence,
      boolean complete,
      long sectors,
      boolean dax,
      long logicalBlockBytes,
      long generation,
      @Nullable String removalId,
      boolean removed)
      implements DmFact {

    /** Until a claim tells. */
    static final long USUAL_BLOCK_BYTES = 512;
  }

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

  /**
   * A part of what was written back from a cache since its map came.
   *
   * @param offsets of the target
   */
  record WrittenBack(Extents offsets) implements DmFact {}

  /**
   * Sectors are copied below a volume, or were: the newest of its kind.
   *
   * @param reason why it stopped; null if it did not
   * @param sectors that were to be copied when it began
   * @param failed by device or volume what could not be copied, the first ranges
   * @param cursorDevice the block device below that it has come to, and is complete before it
   * @param cursorSector where it goes on there
   * @param number of the last step
   * @param pending the step that is being carried out; null if none is
   * @param leaving what a write-back is for; empty for others
   */
  record Copy(
      String id,
      Kind kind,
      State state,
      @Nullable String reason,
      long sectors,
      long doneSectors,
      long failedSectors,
      Map<String, Extents> failed,
      String cursorDevice,
      long cursorSector,
      long number,
      @Nullable Pending pending,
      List<Leaving> leaving,
      Instant startedAt,
      @Nullable Instant endedAt)
      implements DmFact {

    /** What is copied. */
    public enum Kind {
      /** What legs of a redundant target missed. */
      RESYNC,
      /** What a cache has and its origin does not. */
      WRITEBACK;

      /** As the interface writes it. */
      public String word() {
        return name().toLowerCase(Locale.ROOT);
      }
    }

    /** How far it is. */
    public enum State {
      RUNNING,
      COMPLETED,
      STOPPED;

      /** As the interface writes it. */
      public String word() {
        return name().toLowerCase(Locale.ROOT);
      }
    }

    /**
     * A step that was handed out.
     *
     * @param device the block device below that is written for a resync, read for a write-back
     * @param startSector where it begins there
     * @param sectors of the step; its buffer counts from 0
     * @param need what of {@code device} it is for; empty for a write-back
     * @param pieces of a write-back, one behind the other in the buffer
     */
    public record Pending(
        String device, long startSector, long sectors, Extents need, List<Piece> pieces) {}

    /**
     * A block of a cache, or a part of it.
     *
     * @param row of the table
     * @param offset of the target
     * @param lowerSector of the block device that has it
     */
    public record Piece(int row, long offset, long lowerSector, long count) {}

    /**
     * A device below that is about to leave.
     *
     * @param lower the block device directly below that told it, with these of its sectors
     * @param credit the share that is kept until the write-back has ended, 0 if none
     */
    public record Leaving(String lower, Extents ranges, News news, long credit) {}

    boolean isRunning() {
      return state == State.RUNNING;
    }

    Copy withPending(long stepNumber, @Nullable Pending step) {
      return new Copy(
          id,
          kind,
          state,
          reason,
          sectors,
          doneSectors,
          failedSectors,
          failed,
          cursorDevice,
          cursorSector,
          stepNumber,
          step,
          leaving,
          startedAt,
          endedAt);
    }

    Copy at(String device, long sector) {
      return new Copy(
          id,
          kind,
          state,
          reason,
          sectors,
          doneSectors,
          failedSectors,
          failed,
          device,
          sector,
          number,
          null,
          leaving,
          startedAt,
          endedAt);
    }

    Copy counted(long done, long failures, Map<String, Extents> failedNow) {
      return new Copy(
          id,
          kind,
          state,
          reason,
          sectors,
          doneSectors + done,
          failedSectors + failures,
          failedNow,
          cursorDevice,
          cursorSector,
          number,
          pending,
          leaving,
          startedAt,
          endedAt);
    }

    Copy with(long sectorsNow, List<Leaving> leavingNow) {
      return new Copy(
          id,
          kind,
          state,
          reason,
          sectorsNow,
          doneSectors,
          failedSectors,
          failed,
          cursorDevice,
          cursorSector,
          number,
          pending,
          leavingNow,
          startedAt,
          endedAt);
    }

    Copy ended(State end, @Nullable String why, Instant at) {
      return new Copy(
          id,
          kind,
          end,
          why,
          sectors,
          doneSectors,
          failedSectors,
          failed,
          cursorDevice,
          cursorSector,
          number,
          null,
          List.of(),
          startedAt,
          at);
    }
  }
}
