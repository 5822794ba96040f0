package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.runtime.core.ExplicitNulls;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Answers about files, as JSON. */
public final class FileViews {

  private FileViews() {}

  /**
   * @param type {@code file} or {@code directory}
   * @param path the one that was asked for
   * @param realtime whether its data is on the realtime device
   * @param lostBytes how much of it is lost
   */
  public record FileView(
      String path,
      long inode,
      String type,
      long sizeBytes,
      long allocatedBytes,
      int links,
      List<String> paths,
      List<String> xattrs,
      boolean dax,
      boolean realtime,
      long lostBytes) {}

  /** An extended attribute with its value. */
  public record XattrView(String path, String name, byte[] value) {
    @Override
    public boolean equals(Object other) {
      return other instanceof XattrView view
          && path.equals(view.path)
          && name.equals(view.name)
          && Arrays.equals(value, view.value);
    }

    @Override
    public int hashCode() {
      return Objects.hash(path, name, Arrays.hashCode(value));
    }
  }

  /** An entry of a directory. */
  public record EntryView(String name, String type, long inode, long sizeBytes) {}

  public record DirectoryView(List<EntryView> items, @Nullable String next)
      implements ExplicitNulls {}

  /**
   * A piece of a file on a device.
   *
   * @param device the block device that the filesystem stands on
   * @param role what it is to the filesystem
   * @param sector where it starts on that device
   * @param offsetBytes where it starts in the file
   */
  public record ExtentView(
      long offsetBytes,
      long lengthBytes,
      String role,
      String device,
      long sector,
      long count,
      String fork,
      List<String> flags) {}

  public record LayoutView(
      String path,
      long inode,
      long sizeBytes,
      List<ExtentView> extents,
      List<String> paths,
      @Nullable Long next) {}

  /**
   * Where bytes are.
   *
   * @param generation of the device, for whoever reads or writes it
   * @param volume whether it is a volume; else it is a device
   */
  public record Place(
      Role role, String device, boolean volume, long generation, long sector, long count) {}

  /**
   * Bytes of a file on a device, by whole sectors.
   *
   * @param offsetBytes where the first of the sectors lies in the file
   */
  public record ReadPiece(long offsetBytes, Place place) {}

  /**
   * How to read a range of a file. What no piece names reads as zeros.
   *
   * @param offsetBytes what was asked, clipped to the file's size
   * @param version of the file's map: if it is another one after the bytes came, they may be those
   *     of another file
   * @param lost what is lost, as bytes of the file (not sectors), to be left out
   */
  public record ReadPlan(
      long inode,
      long version,
      long sizeBytes,
      long offsetBytes,
      long lengthBytes,
      List<ReadPiece> pieces,
      Extents lost) {}

  /**
   * Where bytes are to be written, by whole sectors.
   *
   * @param offsetBytes where the first of the sectors lies in the file
   * @param heals whether lost sectors are in it
   */
  public record WritePiece(long offsetBytes, Place place, boolean heals) {}

  /**
   * Which bytes to move before a change can be. Each piece is written whole. Its bytes are zeros;
   * over them what {@code fill} reads; over that zeros wherever {@code zeros} says so; and over
   * that what the caller gave.
   *
   * <p>A write of much, or into many small pieces, is planned for its first part only: {@code
   * endBytes} says how far it goes (a short write), and the caller asks again for the rest.
   *
   * @param filesystem where it is
   * @param write the name of this write, for its end
   * @param startBytes where the caller's bytes begin; there are none if that is the end
   * @param endBytes up to where the caller's bytes are taken
   * @param fill what to read before: by whole sectors, some of it perhaps beyond any piece
   * @param zeros bytes of the file that read as zeros, whatever the devices hold there
   * @param created whether there was no such file before
   */
  public record WritePlan(
      String filesystem,
      String write,
      long inode,
      long startBytes,
      long endBytes,
      List<ReadPiece> fill,
      Extents zeros,
      List<WritePiece> pieces,
      boolean created) {}
}
