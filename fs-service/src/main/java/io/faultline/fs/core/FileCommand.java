package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs do with the files of a filesystem. Paths begin with {@code /}, the root;
 * offsets and lengths are bytes.
 *
 * <p>The bytes themselves never come here: a read or a write asks for a plan, moves the bytes
 * between the caller and the devices, and (a write) says how it ended. It is the kernel's way:
 * allocate unwritten, write, convert.
 *
 * <p>Other changes may have to move bytes as well: what is left of a block must be zeros after a
 * {@link Truncate} or a {@link Punch}, and a page that a process stores to must be there. They
 * answer 202 and a {@link FileViews.WritePlan} then, without any bytes of the caller, and the
 * {@link CommitWrite} of it finishes the change; 200 says that all is done already.
 */
public sealed interface FileCommand extends FsCommand {

  String filesystem();

  /**
   * Where the bytes of a range of a file lie. Answers a {@link FileViews.ReadPlan}.
   *
   * @param lengthBytes as much as there is, if it reaches past the end
   * @param recover whether lost ranges are left out and named; otherwise they refuse the read
   */
  record PlanRead(
      String filesystem, String path, long offsetBytes, long lengthBytes, boolean recover)
      implements FileCommand {}

  /**
   * Makes room for bytes that are about to be written, and creates the file if there is none.
   * Answers a {@link FileViews.WritePlan}; nothing of it can be read until {@link CommitWrite}.
   *
   * @param replace whether the file ends where this write ends
   * @param recover whether lost pages are healed in place, for every file that shares them
   * @param makeParents whether missing directories are made
   * @param write the name of this write for its end; chosen by whoever asks, who can give it up
   *     even if the plan never comes back
   */
  record PlanWrite(
      String filesystem,
      String path,
      long offsetBytes,
      long lengthBytes,
      boolean replace,
      boolean recover,
      boolean makeParents,
      String write)
      implements FileCommand {}

  /** All bytes of the plan are on their devices. Answers a {@link FileViews.FileView}. */
  record CommitWrite(String filesystem, String write) implements FileCommand {}

  /**
   * The bytes could not be written; what was made room for is free again.
   *
   * @param role the device that refused; null if none did
   * @param bad what of it refused
   */
  record AbandonWrite(String filesystem, String write, @Nullable Role role, Extents bad)
      implements FileCommand {}

  /** Whether a write is under way: 204 if it is, 409 if it has ended or never was. */
  record FindWrite(String filesystem, String write) implements FileCommand {}

  record MakeDirectory(String filesystem, String path, boolean makeParents)
      implements FileCommand {}

  /** Takes a name away, and with the last name and the last mapping the file. */
  record Unlink(String filesystem, String path) implements FileCommand {}

  record Rename(String filesystem, String path, String to) implements FileCommand {}

  /** Another name for the same file. */
  record Link(String filesystem, String path, String to) implements FileCommand {}

  /**
   * {@code to} shares the blocks of a range of {@code path}.
   *
   * @param lengthBytes 0 for all that there is
   */
  record Reflink(
      String filesystem,
      String path,
      String to,
      long offsetBytes,
      long toOffsetBytes,
      long lengthBytes)
      implements FileCommand {}

  record Truncate(String filesystem, String path, long sizeBytes) implements FileCommand {}

  /** A hole: FALLOC_FL_PUNCH_HOLE. */
  record Punch(String filesystem, String path, long offsetBytes, long lengthBytes)
      implements FileCommand {}

  /**
   * Unwritten extents: fallocate.
   *
   * @param keepSize FALLOC_FL_KEEP_SIZE
   */
  record Allocate(
      String filesystem, String path, long offsetBytes, long lengthBytes, boolean keepSize)
      implements FileCommand {}

  /** The FS_XFLAG_DAX of a file, which counts for {@code dax: inode}. */
  record SetDax(String filesystem, String path, boolean dax) implements FileCommand {}

  /**
   * The FS_XFLAG_REALTIME of a file without blocks: whether its data goes to the realtime device.
   * Of a directory, FS_XFLAG_RTINHERIT: whether that of what is made in it does.
   */
  record SetRealtime(String filesystem, String path, boolean realtime) implements FileCommand {}

  record StatFile(String filesystem, String path) implements FileCommand {}

  record ListDirectory(String filesystem, String path, int limit, @Nullable String after)
      implements FileCommand {}

  /**
   * Its extents down to the filesystem's devices. Answers a {@link FileViews.LayoutView}.
   *
   * @param after byte offset that the page before ended with; -1 for the first
   */
  record GetLayout(String filesystem, String path, int limit, long after) implements FileCommand {}

  /** An extended attribute; a large one leaves the inode for a block of the attribute fork. */
  record SetXattr(String filesystem, String path, String name, byte[] value)
      implements FileCommand {
    @Override
    public boolean equals(Object other) {
      return other instanceof SetXattr set
          && filesystem.equals(set.filesystem)
          && path.equals(set.path)
          && name.equals(set.name)
          && Arrays.equals(value, set.value);
    }

    @Override
    public int hashCode() {
      return Objects.hash(filesystem, path, name, Arrays.hashCode(value));
    }
  }

  record GetXattr(String filesystem, String path, String name) implements FileCommand {}

  record RemoveXattr(String filesystem, String path, String name) implements FileCommand {}
}
