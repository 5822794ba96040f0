package io.faultline.dm.core;

import io.faultline.runtime.core.Claim;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What dm is asked for, about one host. */
public sealed interface DmCommand {

  /** Which leaf devices a table names, so that they can be claimed before it is sent. */
  record PlanTable(String volume, String table, Map<String, String> devices) implements DmCommand {}

  /**
   * @param table as {@code dmsetup create} takes it
   * @param devices what each {@code major:minor} of the table is called
   * @param claims the answers to the claims of the leaf devices, by device
   */
  record CreateVolume(
      String volume, String table, Map<String, String> devices, Map<String, Claim> claims)
      implements DmCommand {}

  /** The same for the inactive slot of a volume that there is. */
  record LoadTable(
      String volume, String table, Map<String, String> devices, Map<String, Claim> claims)
      implements DmCommand {}

  record Suspend(String volume) implements DmCommand {}

  record Resume(String volume) implements DmCommand {}

  record DeleteVolume(String volume) implements DmCommand {}

  /**
   * What {@code dmsetup message} says to the target of a live table that has a sector.
   *
   * @param message words, separated by space
   */
  record Message(String volume, long sector, String message) implements DmCommand {}

  /** What the legs of a redundant volume missed is to be copied to them. */
  record Resync(String volume) implements DmCommand {}

  /** How far that is. */
  record GetCopy(String volume, DmFact.Copy.Kind kind) implements DmCommand {}

  /**
   * Asks what is to be copied next below a volume.
   *
   * @param maxSectors of the step that is answered
   */
  record NextCopy(String volume, long maxSectors) implements DmCommand {}

  /**
   * A step was carried out, and what is next?
   *
   * @param copyId and {@code number}: the step
   * @param failed start, count, ... in the step's buffer: what could not be read, or not be written
   */
  record Copied(String volume, String copyId, long number, long[] failed, long maxSectors)
      implements DmCommand {
    @Override
    public boolean equals(Object other) {
      return other instanceof Copied copied
          && volume.equals(copied.volume)
          && copyId.equals(copied.copyId)
          && number == copied.number
          && Arrays.equals(failed, copied.failed)
          && maxSectors == copied.maxSectors;
    }

    @Override
    public int hashCode() {
      return Objects.hash(volume, copyId, number, Arrays.hashCode(failed), maxSectors);
    }
  }

  /** A step cannot be carried out at all: what it was for is not copied, and what is next? */
  record CopyFailed(String volume, String copyId, long number, long maxSectors)
      implements DmCommand {}

  /** A map that is in metadata begins to come. */
  record BeginImport(String volume, String upload) implements DmCommand {}

  /** One part of it, as {@code PackedPieces} has it; parts may come in any order. */
  record ImportPart(String upload, int number, byte[] packed) implements DmCommand {
    @Override
    public boolean equals(Object other) {
      return other instanceof ImportPart part
          && upload.equals(part.upload)
          && number == part.number
          && Arrays.equals(packed, part.packed);
    }

    @Override
    public int hashCode() {
      return Objects.hash(upload, number, Arrays.hashCode(packed));
    }
  }

  /**
   * The upload becomes the map.
   *
   * @param ticket as it was answered to the beginning: what it was checked against
   */
  record CommitImport(
      Answers.ImportTicket ticket,
      int parts,
      int devices,
      long mappedBlocks,
      long dirtyBlocks,
      @Nullable Long transaction)
      implements DmCommand {}

  record AbandonImport(String upload) implements DmCommand {}

  /**
   * @param holder {@code fs:data}, or {@code dm:vol0} where that volume has this one in its table
   */
  record ClaimVolume(String volume, String holder) implements DmCommand {}

  /**
   * @param revision only if nobody claimed since; null for however that may be
   */
  record ReleaseVolume(String volume, String holder, @Nullable Long revision)
      implements DmCommand {}

  /** The leaf devices that a volume needs, in either slot; none if there is no such volume. */
  record Needs(String volume) implements DmCommand {}

  record GetVolume(String volume) implements DmCommand {}

  record GetTable(String volume) implements DmCommand {}

  record ListVolumes(int limit, @Nullable String after) implements DmCommand {}

  /**
   * The way down to the leaves.
   *
   * @param generation that the one who asks knows; null if it knows none
   */
  record MapDown(String volume, long sector, long count, @Nullable Long generation)
      implements DmCommand {}

  /**
   * How sectors of a volume are read. Answers an {@link Answers.DataRead}.
   *
   * @param everyWay also how they are worked out from others; else only where they lie
   */
  record PlanRead(
      String volume, long sector, long count, @Nullable Long generation, boolean everyWay)
      implements DmCommand {}

  /**
   * How sectors of a volume are written. Answers an {@link Answers.DataWrite}.
   *
   * @param holder who writes; null if it does not say
   * @param recover the caller means to repair, under whoever's claim
   */
  record PlanWrite(
      String volume,
      long sector,
      long count,
      @Nullable Long generation,
      @Nullable String holder,
      boolean recover)
      implements DmCommand {}

  /**
   * A write could not be stored on every leg: the others have something newer.
   *
   * @param lower the block device below that has not
   * @param ranges start, count, ... in its sectors
   */
  record MissedWrite(String volume, String lower, long[] ranges) implements DmCommand {
    @Override
    public boolean equals(Object other) {
      return other instanceof MissedWrite missed
          && volume.equals(missed.volume)
          && lower.equals(missed.lower)
          && Arrays.equals(ranges, missed.ranges);
    }

    @Override
    public int hashCode() {
      return Objects.hash(volume, lower, Arrays.hashCode(ranges));
    }
  }

  /** What every volume above would lose with a range of a device or volume. */
  record WhatIf(String device, long sector, long count) implements DmCommand {}
}
