package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.runtime.core.ExplicitNulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What answers look like, as JSON; names are part of the contract. */
public final class Views {

  private Views() {}

  /**
   * @param dax what is in force: what was asked for, or {@code never} where a device has none
   * @param rmapbt whether there is a reverse map, as far as is known
   * @param badRanges bad sectors of the data device
   * @param lostRanges sectors of the data device whose content is lost, bad or zeroed since
   * @param generation of the data device
   * @param sectors of the data device
   * @param records of the imported reverse map, all devices
   * @param blockSizeBytes of a filesystem block
   */
  public record FilesystemView(
      String name,
      String data,
      @Nullable String log,
      @Nullable String realtime,
      String dax,
      String daxRequested,
      boolean rmapbt,
      boolean reflink,
      String policy,
      String state,
      @Nullable String shutdownReason,
      List<String> frozenBy,
      Extents badRanges,
      @Nullable Extents logBadRanges,
      @Nullable Extents realtimeBadRanges,
      Extents lostRanges,
      long generation,
      long sectors,
      @Nullable Long logSectors,
      @Nullable Long realtimeSectors,
      long records,
      long paths,
      int blockSizeBytes)
      implements ExplicitNulls {}

  public record FilesystemList(List<FilesystemView> items, @Nullable String next)
      implements ExplicitNulls {}

  /** One owner of sectors. What is no inode has neither inode nor paths, fork, offset, flags. */
  public record OwnerView(
      String owner,
      @Nullable Long inode,
      @Nullable List<String> paths,
      @Nullable String fork,
      @Nullable Long fileOffsetBytes,
      @Nullable Long lengthBytes,
      long sector,
      long count,
      @Nullable List<String> flags) {}

  public record OwnersView(List<OwnerView> owners, @Nullable String next) {}

  public record MappingView(
      String mapping,
      String filesystem,
      String path,
      long inode,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      String mceKillPolicy,
      long pageBytes) {}

  public record SignalView(
      String signal,
      String code,
      String mapping,
      long addressOffsetBytes,
      int lsb,
      @Nullable String faultId) {}

  /**
   * @param signalsDropped older signals that are only counted
   */
  public record ProcessView(
      long pid, List<MappingView> mappings, List<SignalView> signals, long signalsDropped) {}

  /**
   * @param result {@code ok} or {@code signal}
   */
  public record AccessView(
      String result,
      @Nullable String code,
      @Nullable Long addressOffsetBytes,
      @Nullable Integer lsb) {}

  public record KernelView(boolean memoryFailureEarlyKill) {}

  /**
   * @param sectors size of each device, in the order of {@link Role}; 0 for one it does not have
   */
  public record ImportTicket(
      String filesystem, String upload, List<Long> sectors, boolean reflink) {}

  public record ImportView(String filesystem, long records, long paths, boolean rmapbt) {}

  public record HoldingsView(String name, Spec spec, boolean mounted, List<Holding> holdings) {}

  /** A process that has a page of what would be lost. */
  public record ImpactProcess(
      long pid, String mapping, String path, long addressOffsetBytes, boolean signalledAtOnce) {}

  /**
   * @param owners the first of them
   * @param ownersTruncated whether there are more
   * @param shutdown whether the filesystem would stop
   */
  public record ImpactFilesystem(
      String filesystem,
      String device,
      String role,
      Extents ranges,
      List<OwnerView> owners,
      boolean ownersTruncated,
      List<ImpactProcess> processes,
      boolean shutdown,
      @Nullable String shutdownReason) {}

  public record ImpactView(List<ImpactFilesystem> filesystems) {}
}
