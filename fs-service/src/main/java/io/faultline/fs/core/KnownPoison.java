package io.faultline.fs.core;

import io.faultline.events.Cause;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Claim.KnownFault;
import io.faultline.runtime.core.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a filesystem cannot be made or mounted where its devices are known to be poisoned: mkfs
 * writes all that a fresh filesystem has and its bytes would never be there, and a mount reads the
 * primary superblock and the log. Which part of a log is in use its map does not tell, so all of it
 * counts.
 *
 * <p>Poison elsewhere, or that nobody came upon yet, does not matter before somebody meets it.
 */
final class KnownPoison {

  private KnownPoison() {}

  /**
   * Why mkfs fails; null if it does not.
   *
   * @param fresh what it made
   */
  static @Nullable Problem whyNotMade(Transaction fresh, List<ClaimedDevice> claims) {
    for (ClaimedDevice claim : claims) {
      Extents poison = on(fresh.draft.state, claim);
      Extents.Builder written = Extents.builder();
      if (!poison.isEmpty()) {
        switch (claim.role()) {
          case DATA, REALTIME ->
              fresh
                  .map(claim.role())
                  .added()
                  .forEach(record -> written.add(record.startSector(), record.sectorCount()));
          case LOG -> written.add(0, claim.claim().sectors());
        }
      }
      Extents hit = poison.intersect(written.build());
      if (!hit.isEmpty()) {
        return problem("mkfs writes", claim.device(), hit.startSector(0));
      }
    }
    return null;
  }

  /** Why a mount fails; null if it does not. */
  static @Nullable Problem whyNotMounted(
      FsState state, Filesystem filesystem, List<ClaimedDevice> claims) {
    for (ClaimedDevice claim : claims) {
      Extents poison = on(state, claim);
      if (!poison.isEmpty()) {
        Extents hit =
            switch (claim.role()) {
              case DATA -> poison.intersect(readOf(state.map(filesystem, Role.DATA), poison));
              case LOG -> poison;
              case REALTIME -> Extents.EMPTY;
            };
        if (!hit.isEmpty()) {
          return problem("the mount reads", claim.device(), hit.startSector(0));
        }
      }
    }
    return null;
  }

  /** What of {@code asked} a mount reads of the data device. */
  private static Extents readOf(ReverseMap map, Extents asked) {
    Extents.Builder read = Extents.builder();
    SectorRange superblock = PrimarySuperblock.of(map);
    asked.forEach(
        (start, count) ->
            map.forEachOverlapping(
                start,
                start + count,
                record -> {
                  if (!record.isInode()) {
                    long from = Math.max(start, record.startSector());
                    SectorRange here =
                        SectorRange.between(from, Math.min(start + count, record.endSector()));
                    switch (record.special()) {
                      case JOURNALLING_LOG -> read.add(here);
                      case STATIC_FS_METADATA -> read.addAll(Extents.of(here).clip(superblock));
                      case FREE_SPACE,
                          UNKNOWN,
                          PER_AG_METADATA,
                          INODE_BTREE,
                          INODES,
                          REFCOUNT_BTREE,
                          COW_RESERVATION,
                          DEFECTIVE -> {}
                    }
                  }
                  return true;
                }));
    return read.build();
  }

  /** Poison of a device as the newer of both tells it: its claim's answer, or what was heard. */
  private static Extents on(FsState state, ClaimedDevice claimed) {
    Claim claim = claimed.claim();
    boolean claimIsNewer =
        claim.sequence() > state.slices.getOrDefault(claim.sliceId(), -1L)
            || !Filesystems.isComplete(state, claimed.device());
    if (!claimIsNewer) {
      return state.faultsOf(claimed.device()).media();
    }
    Extents.Builder poison = Extents.builder();
    for (KnownFault fault : claim.faults()) {
      if (fault.cause() == Cause.MEDIA_ERROR) {
        poison.addAll(fault.ranges());
      }
    }
    return poison.build();
  }

  private static Problem problem(String who, String device, long sector) {
    return Problem.refused(
            "media-error",
            "Poison is in the way",
            who
                + " sector "
                + sector
                + " of "
                + device
                + ", which is bad (EIO); clear the poison there, or write the whole block, first")
        .with(FileProblems.ERRNO, "EIO")
        .with("device", device)
        .with("sector", sector);
  }
}
