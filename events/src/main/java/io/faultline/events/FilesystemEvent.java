package io.faultline.events;

import io.faultline.ranges.Extents;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a fault means for a filesystem, its files and its processes; and how the filesystem fares.
 */
public sealed interface FilesystemEvent extends EventData {

  String filesystem();

  /** The block device under the filesystem, and the sectors of it that an effect came from. */
  record Block(String device, Extents ranges) {}

  /**
   * A byte range of a file is lost. Exactly the bad range intersected with the extent, not rounded.
   *
   * @param paths the names of the inode that are known; empty for an unlinked file
   * @param fork {@code data}, {@code attr} or {@code bmbt}
   * @param offsetBytes position in the fork; 0 for {@code bmbt}
   * @param unwritten the extent was preallocated and holds nothing yet
   */
  record FileRangeLost(
      String host,
      String filesystem,
      long inode,
      List<String> paths,
      String fork,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      boolean unwritten,
      Cause cause,
      Block block)
      implements FilesystemEvent {}

  /** The other way round: the bytes can be used again; {@code data} says what they hold. */
  record FileRangeRecovered(
      String host,
      String filesystem,
      long inode,
      List<String> paths,
      String fork,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      boolean unwritten,
      RecoveredData data,
      Block block)
      implements FilesystemEvent {}

  /**
   * @param owner the kernel's name, as {@code xfs_io fsmap -v} prints it
   * @param device the block device that {@code ranges} are sectors of
   * @param rebuildable whether a repair can make it anew from what else is there
   */
  record MetadataLost(
      String host,
      String filesystem,
      String owner,
      String device,
      Extents ranges,
      boolean rebuildable,
      Cause cause)
      implements FilesystemEvent {}

  /** A range of the log, internal or external, is lost. */
  record LogLost(
      String host, String filesystem, String device, Extents ranges, boolean external, Cause cause)
      implements FilesystemEvent {}

  /**
   * The range belongs to nobody.
   *
   * @param owner {@code free space}, or {@code unknown} where the map does not tell
   */
  record RangeUnowned(
      String host, String filesystem, String owner, String device, Extents ranges, Cause cause)
      implements FilesystemEvent {}

  /**
   * A process got a signal.
   *
   * @param signal {@code SIGBUS}, or {@code SIGKILL} where the page could not be unmapped
   * @param code {@code BUS_MCEERR_AO}, {@code BUS_MCEERR_AR} or {@code BUS_ADRERR}
   * @param addressOffsetBytes from the start of the mapping
   * @param lsb log2 of the bytes affected ({@code si_addr_lsb}); -1 for no machine-check signal
   */
  record ProcessSignalled(
      String host,
      String filesystem,
      long pid,
      String mapping,
      String signal,
      String code,
      long addressOffsetBytes,
      int lsb,
      @Nullable String path)
      implements FilesystemEvent {}

  /**
   * @param holder {@code kernel} or {@code userspace}
   */
  record FilesystemFrozen(String host, String filesystem, String holder)
      implements FilesystemEvent {}

  /**
   * @param holder whose hold was taken away: {@code kernel} or {@code userspace}
   */
  record FilesystemThawed(String host, String filesystem, String holder)
      implements FilesystemEvent {}

  /**
   * @param reason as the kernel names it: {@code CORRUPT_ONDISK}, {@code FORCE_UMOUNT}, {@code
   *     DEVICE_REMOVED}, {@code LOG_IO}, {@code META_IO}
   */
  record FilesystemShutdown(String host, String filesystem, String reason, @Nullable String device)
      implements FilesystemEvent {}

  /**
   * @param devices the block devices it stands on: data, then log and realtime where it has them
   */
  record FilesystemMounted(
      String host, String filesystem, List<String> devices, String dax, boolean rmapbt)
      implements FilesystemEvent {}

  /** Nothing is told of it any more until it is mounted again. */
  record FilesystemUnmounted(String host, String filesystem) implements FilesystemEvent {}

  /**
   * The filesystem cannot tell what is hit.
   *
   * @param reason {@code no_reverse_map}, {@code realtime_device}
   */
  record FailureUnsupported(
      String host, String filesystem, String reason, String device, Extents ranges, Cause cause)
      implements FilesystemEvent {}
}
