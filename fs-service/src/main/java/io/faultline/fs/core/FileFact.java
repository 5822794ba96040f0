package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is so of the contents of a filesystem: made by mkfs and by changes to files, or on top of an
 * imported map. Each key begins with a kind and the id of the contents; a change writes as many
 * facts as it changes records.
 */
public sealed interface FileFact extends FsFact {

  /**
   * The superblock. Key {@code disk/<contents>}; imported contents have one from their first change
   * on.
   *
   * @param upload the import that the contents begin with; null if mkfs made them
   */
  record Disk(String filesystem, @Nullable String upload, Geometry geometry, long rootInode)
      implements FileFact {}

  /**
   * A record of the reverse map. Key {@code extent/<contents>/<record>}: the record is its key, see
   * {@link ExtentKeys}.
   *
   * @param present false for one that was imported and is not so any more
   */
  record MapChange(boolean present) implements FileFact {}

  /**
   * A file or directory. Key {@code inode/<contents>/<number>}. Imported ones have one from their
   * first change on.
   *
   * @param links its names; a file without any is freed when nobody maps it any more
   * @param dax FS_XFLAG_DAX
   * @param version rises whenever bytes of it may be found elsewhere than before
   * @param dataExtents records of its data fork
   * @param attrBlocks blocks of its attribute fork
   * @param foreignAttrBlocks those of them that were imported
   * @param bmbtBlocks blocks of the btrees that map its forks
   * @param entries names in a directory
   * @param entryBytes what those take in directory blocks
   * @param realtime FS_XFLAG_REALTIME; of a directory FS_XFLAG_RTINHERIT
   */
  record Inode(
      boolean directory,
      long sizeBytes,
      int links,
      boolean dax,
      long version,
      long dataExtents,
      long attrBlocks,
      long foreignAttrBlocks,
      long bmbtBlocks,
      long entries,
      long entryBytes,
      boolean realtime)
      implements FileFact {

    static Inode file(long version) {
      return new Inode(false, 0, 1, false, version, 0, 0, 0, 0, 0, 0, false);
    }

    static Inode directory(long version) {
      return new Inode(true, 0, 2, false, version, 0, 0, 0, 0, 0, 0, false);
    }

    Inode withSize(long bytes) {
      return new Inode(
          directory,
          bytes,
          links,
          dax,
          version,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          entries,
          entryBytes,
          realtime);
    }

    Inode withLinks(int names) {
      return new Inode(
          directory,
          sizeBytes,
          names,
          dax,
          version,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          entries,
          entryBytes,
          realtime);
    }

    Inode withDax(boolean flag) {
      return new Inode(
          directory,
          sizeBytes,
          links,
          flag,
          version,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          entries,
          entryBytes,
          realtime);
    }

    Inode withRealtime(boolean flag) {
      return new Inode(
          directory,
          sizeBytes,
          links,
          dax,
          version,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          entries,
          entryBytes,
          flag);
    }

    /**
     * The device that the data of the file lies on; what makes up a directory is never realtime.
     */
    Role role() {
      return realtime && !directory ? Role.REALTIME : Role.DATA;
    }

    Inode withVersion(long newer) {
      return new Inode(
          directory,
          sizeBytes,
          links,
          dax,
          newer,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          entries,
          entryBytes,
          realtime);
    }

    Inode withForks(long dataRecords, long attributeBlocks, long btreeBlocks) {
      return new Inode(
          directory,
          sizeBytes,
          links,
          dax,
          version,
          dataRecords,
          attributeBlocks,
          foreignAttrBlocks,
          btreeBlocks,
          entries,
          entryBytes,
          realtime);
    }

    Inode withEntries(long names, long bytes) {
      return new Inode(
          directory,
          sizeBytes,
          links,
          dax,
          version,
          dataExtents,
          attrBlocks,
          foreignAttrBlocks,
          bmbtBlocks,
          names,
          bytes,
          realtime);
    }
  }

  /**
   * A name in a directory. Key {@code entry/<contents>/<directory>/<name>}.
   *
   * @param inode 0 for one that was imported and is not there any more
   */
  record DirEntry(long inode) implements FileFact {}

  /** An extended attribute. Key {@code xattr/<contents>/<inode>/<name>}. */
  record Xattr(byte[] value) implements FileFact {
    @Override
    public boolean equals(Object other) {
      return other instanceof Xattr xattr && Arrays.equals(value, xattr.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }
  }

  /**
   * Blocks of the copy-on-write staging.
   *
   * @param fileSector where they will be in the file
   */
  record Staged(long fileSector, long deviceSector, long sectors) {}

  /**
   * A write of which the bytes are under way. Key {@code write/<contents>/<id>}.
   *
   * @param created whether the file was made for it
   * @param written sectors of the file that hold what was written when it is committed
   * @param fresh those that had no block before
   * @param staged blocks that take the place of shared ones
   * @param sizeBytes of the file afterwards, at least
   * @param replaces whether the file ends at {@code sizeBytes} afterwards
   * @param punched sectors of the file that are a hole afterwards
   */
  record PendingWrite(
      String path,
      long inode,
      Role role,
      boolean created,
      Extents written,
      Extents fresh,
      List<Staged> staged,
      long sizeBytes,
      boolean replaces,
      Extents punched,
      Instant since)
      implements FileFact {}
}
