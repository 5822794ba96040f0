package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What people and programs ask of the filesystems of a host. */
public sealed interface FsCommand
    permits FileCommand,
        FsCommand.MakeFilesystem,
        FsCommand.MountFilesystem,
        FsCommand.UnmountFilesystem,
        FsCommand.DeleteFilesystem,
        FsCommand.GetFilesystem,
        FsCommand.GetHoldings,
        FsCommand.ListFilesystems,
        FsCommand.FreezeFilesystem,
        FsCommand.ThawFilesystem,
        FsCommand.BeginImport,
        FsCommand.ImportPart,
        FsCommand.CommitRecords,
        FsCommand.CommitPaths,
        FsCommand.AbandonImport,
        FsCommand.ContinueTelling,
        FsCommand.FindOwners,
        FsCommand.MapFile,
        FsCommand.UnmapFile,
        FsCommand.GetProcess,
        FsCommand.TouchPage,
        FsCommand.SetKernel,
        FsCommand.GetKernel,
        FsCommand.AskImpact {

  /** Make it, and mount it on devices that were just claimed for it. */
  record MakeFilesystem(String filesystem, Spec spec, List<ClaimedDevice> claims)
      implements FsCommand {}

  record MountFilesystem(String filesystem, List<ClaimedDevice> claims) implements FsCommand {}

  record UnmountFilesystem(String filesystem) implements FsCommand {}

  record DeleteFilesystem(String filesystem) implements FsCommand {}

  record GetFilesystem(String filesystem) implements FsCommand {}

  /** The devices that it stands on or stood on last, for those who claim and release. */
  record GetHoldings(String filesystem) implements FsCommand {}

  record ListFilesystems(int limit, @Nullable String after) implements FsCommand {}

  record FreezeFilesystem(String filesystem) implements FsCommand {}

  record ThawFilesystem(String filesystem) implements FsCommand {}

  record BeginImport(String filesystem, String upload, ImportKind kind) implements FsCommand {}

  /** One part of an upload; parts may come in any order. */
  record ImportPart(String upload, int section, int number, byte[] packed) implements FsCommand {
    @Override
    public boolean equals(Object other) {
      return other instanceof ImportPart part
          && upload.equals(part.upload)
          && section == part.section
          && number == part.number
          && Arrays.equals(packed, part.packed);
    }

    @Override
    public int hashCode() {
      return Objects.hash(upload, section, number, Arrays.hashCode(packed));
    }
  }

  /** The upload becomes the reverse map. */
  record CommitRecords(String filesystem, String upload, List<Section> sections)
      implements FsCommand {}

  /** The upload becomes the list of names. */
  record CommitPaths(String filesystem, String upload, int parts, long paths)
      implements FsCommand {}

  record AbandonImport(String upload) implements FsCommand {}

  /** Tell on what is still to be told, without waiting for the clock. */
  record ContinueTelling(String filesystem) implements FsCommand {}

  /**
   * @param after the cursor that the page before ended with
   */
  record FindOwners(
      String filesystem, Role role, long sector, long count, int limit, @Nullable String after)
      implements FsCommand {}

  record MapFile(
      long pid,
      String mapping,
      String filesystem,
      String path,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      KillPolicy killPolicy,
      long pageBytes)
      implements FsCommand {}

  record UnmapFile(long pid, String mapping) implements FsCommand {}

  record GetProcess(long pid) implements FsCommand {}

  record TouchPage(long pid, String mapping, long offsetBytes, boolean store)
      implements FsCommand {}

  record SetKernel(boolean memoryFailureEarlyKill) implements FsCommand {}

  record GetKernel() implements FsCommand {}

  /** Ranges of a block device that would be bad. */
  record Target(String device, Extents ranges, boolean whole) {}

  /** What if. */
  record AskImpact(List<Target> targets) implements FsCommand {}
}
