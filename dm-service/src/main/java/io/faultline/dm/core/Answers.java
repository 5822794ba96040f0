package io.faultline.dm.core;

import io.faultline.dm.core.target.Importable;
import io.faultline.runtime.core.ExplicitNulls;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bodies of answers; their components are the names of the interface. */
public final class Answers {

  private Answers() {}

  /**
   * @param state {@code active} or {@code suspended}
   * @param table the live one, devices by name
   * @param below the devices and volumes it stands on
   * @param above the volumes that stand on it
   * @param claim the filesystem that stands on it, {@code fs:data}; null if none does
   * @param mappings the map that is in metadata, as far as an import told it; null if the table has
   *     no target with one
   * @param inactive the table that the next resume makes live; null if there is none
   */
  public record Volume(
      String name,
      long sectors,
      String state,
      long generation,
      List<String> table,
      List<String> below,
      List<String> above,
      boolean dax,
      @Nullable String claim,
      List<OutOfSync> outOfSync,
      @Nullable Imported mappings,
      @Nullable Inactive inactive)
      implements ExplicitNulls {}

  /** Ranges of one device in {@link OutOfSync}. */
  public static final int MAX_OUT_OF_SYNC_RANGES = 256;

  /**
   * What copies on a device missed: they count as absent until a resynchronisation.
   *
   * @param ranges start, count, start, count, ... in sectors of the device; the first ones
   * @param sectors of all
   */
  public record OutOfSync(String device, long[] ranges, long sectors) {}

  /** A table in the inactive slot. */
  public record Inactive(long sectors, int targets, List<String> below) {}

  public record Volumes(List<Volume> items, @Nullable String next) implements ExplicitNulls {}

  /**
   * A change, for the controller.
   *
   * @param volume null if it is gone
   * @param released leaf devices that it does not need any more
   */
  public record Changed(@Nullable Volume volume, List<String> released) {}

  /**
   * What a table needs below.
   *
   * @param leaves the devices that it names
   * @param stands who stands on which device further down, and by the tables that the volume has
   */
  public record Plan(List<Leaf> leaves, List<Stand> stands) {}

  /** A volume and a device that one of its tables names. */
  public record Stand(String volume, String device) {}

  /**
   * @param known whether what is bad of it is known already, so that the claim need not tell
   */
  public record Leaf(String device, boolean known) {}

  /**
   * @param alternatives where the same can be read instead: other copies of the same sectors
   * @param next the sector of the volume to go on with; null if this is all
   */
  public record Mapped(
      String volume,
      long generation,
      List<Piece> pieces,
      List<Hole> holes,
      List<Piece> alternatives,
      @Nullable Long next) {}

  public record Piece(String device, long sector, long count, long volumeSector) {}

  /**
   * @param kind what reads of it answer: {@code zero}, {@code error}, or {@code reconstructed}
   *     where it is worked out from several other legs
   */
  public record Hole(long volumeSector, long count, String kind) {}

  /**
   * @param next the sector of the device to go on with; null if this is all
   */
  public record Upward(List<Touched> volumes, @Nullable Long next) {}

  /**
   * @param ranges start, count, start, count, ... in sectors of the volume
   */
  public record Touched(String volume, long[] ranges, String effect) {}

  /**
   * An import may begin, and must fit this.
   *
   * @param blockSectors sectors of a block, on both sides
   * @param originBlocks blocks above are below this
   * @param dataBlocks blocks below are below this
   */
  public record ImportTicket(
      String volume,
      String upload,
      Importable.Form form,
      long blockSectors,
      long originBlocks,
      long dataBlocks) {}

  /**
   * A map is live.
   *
   * @param devices of a thin pool; 1 for others
   * @param dirtyBlocks blocks of a cache that are newer than the origin
   * @param pieces runs of blocks that lie side by side above and below
   * @param transaction of a thin pool's metadata; null for others
   * @param warnings why the map may not be all of the truth
   */
  public record ImportDone(
      String volume,
      long blockSectors,
      int devices,
      long mappedBlocks,
      long dirtyBlocks,
      int pieces,
      @Nullable Long transaction,
      List<String> warnings)
      implements ExplicitNulls {}

  /**
   * The map of a volume.
   *
   * @param imported false where none was: then it counts as new, with nothing mapped
   */
  public record Imported(
      boolean imported,
      int devices,
      long mappedBlocks,
      long dirtyBlocks,
      @Nullable Long transaction)
      implements ExplicitNulls {}

  /**
   * How far copying below a volume is.
   *
   * @param kind {@code resync} or {@code writeback}
   * @param state {@code idle} (there never was any), {@code running}, {@code completed}, {@code
   *     stopped}
   * @param reason why it stopped: {@code suspended}, {@code table}, {@code deadline}, {@code
   *     device_removed}, {@code writeback}; null if it did not
   * @param failed what could not be copied: for a resync sectors of the leg's device, for a
   *     write-back sectors of the volume
   */
  public record CopyProgress(
      @Nullable String id,
      String kind,
      String state,
      @Nullable String reason,
      long sectors,
      long doneSectors,
      long failedSectors,
      List<FailedRanges> failed,
      @Nullable Instant startedAt,
      @Nullable Instant endedAt)
      implements ExplicitNulls {}

  /**
   * @param ranges start, count, start, count, ...; the first ones
   */
  public record FailedRanges(String device, long[] ranges) {}

  /**
   * A step of copying. Its sectors go through a buffer; places and recipes say where in it, from
   * sector 0 on.
   *
   * @param sectors of the buffer
   * @param targets where it is written; a sector with several places is written to all of them
   * @param recipes how it is made; for one sector the first that can be read counts
   * @param units start, count, ... in the buffer: what is written whole or not at all; empty where
   *     each sector is for itself
   */
  public record CopyStep(
      String copyId,
      long number,
      long sectors,
      List<CopyPlace> targets,
      List<CopyRecipe> recipes,
      long[] units) {}

  /**
   * Sectors of a leaf device.
   *
   * @param holder who has claimed it: {@code dm:vol0}
   * @param at where in the buffer
   */
  public record CopyPlace(
      String device, long generation, String holder, long sector, long count, long at) {}

  /** The sum of what is read from each ingredient, times its factor. */
  public record CopyRecipe(long at, long count, List<CopyIngredient> ingredients) {}

  /**
   * @param factor an element of the field of 256, 1 for a copy
   * @param places of a sector that has several the first that can be read counts
   */
  public record CopyIngredient(int factor, List<CopyPlace> places) {}

  /**
   * How sectors of a volume are read. They go through a buffer whose sector 0 is the first that was
   * asked for.
   *
   * @param sectors as many as there are of those that were asked for
   * @param recipes how they are made; for one sector the first that can be read counts
   * @param zeros start, count, ... in the buffer: what nothing lies below of
   * @param more whether there are ways to work sectors out that the recipes leave out
   */
  public record DataRead(
      long generation, long sectors, List<CopyRecipe> recipes, long[] zeros, boolean more) {}

  /**
   * How sectors of a volume are written.
   *
   * @param targets where; a sector that has several is written to all of them
   * @param checks what is reckoned from them
   * @param dropped start, count, ... in the buffer: what is written nowhere, as it should be
   * @param alone whether nothing else may be written below meanwhile: copies and parity are to
   *     agree afterwards
   */
  public record DataWrite(
      long generation,
      List<DataTarget> targets,
      List<DataCheck> checks,
      long[] dropped,
      boolean alone) {}

  /**
   * @param leg the leg of a redundant volume that this is a part of; null if it is of none
   */
  public record DataTarget(CopyPlace place, @Nullable DataLeg leg) {}

  /**
   * @param sector of {@code lower} where the place begins
   */
  public record DataLeg(String volume, String lower, long sector) {}

  /**
   * Sectors that are sums of others, and have some of the buffer in them.
   *
   * @param at where in the buffer those sectors begin that are in the sums
   * @param factor that they are in the sums with
   * @param summands how many sectors each is the sum of
   * @param places where the sums are, from sector 0 on
   * @param recipes how the sums can be reckoned from what they are sums of, from sector 0 on
   */
  public record DataCheck(
      long at,
      long count,
      int factor,
      int summands,
      DataLeg leg,
      List<CopyPlace> places,
      List<CopyRecipe> recipes) {}
}
