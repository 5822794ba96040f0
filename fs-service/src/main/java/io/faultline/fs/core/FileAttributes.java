package io.faultline.fs.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileViews.XattrView;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The DAX and realtime flags and the extended attributes of files. Attributes lie in the inode
 * while they are small, then in leaf blocks of the attribute fork; a large value has blocks of its
 * own.
 */
final class FileAttributes {

  /** XATTR_NAME_MAX. */
  static final int MAX_NAME_BYTES = 255;

  /** XATTR_SIZE_MAX. */
  static final int MAX_VALUE_BYTES = 65_536;

  /** Attributes of one file. */
  static final int MAX_XATTRS = 1000;

  private static final List<String> NAMESPACES = List.of("user.", "trusted.", "security.");

  /** Room beside the data fork of an inode of 512 bytes. */
  private static final int INLINE_BYTES = 144;

  private static final int INLINE_HEADER_BYTES = 4;
  private static final int INLINE_ENTRY_BYTES = 3;
  private static final int LEAF_HEADER_BYTES = 80;
  private static final int LEAF_ENTRY_BYTES = 8;
  private static final int REMOTE_ENTRY_BYTES = 9;
  private static final int REMOTE_HEADER_BYTES = 56;

  private FileAttributes() {}

  static Decision<FsFact> setDax(Draft draft, Filesystem filesystem, FileCommand.SetDax command) {
    Transaction change = draft.change(filesystem);
    long number = change.names.inodeOf(command.path());
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    change.put(number, inode.withDax(command.dax()));
    return draft.reply(Answer.ok(FileReads.view(change, command.path(), number)));
  }

  static Decision<FsFact> setRealtime(
      Draft draft, Filesystem filesystem, FileCommand.SetRealtime command) {
    Transaction change = draft.change(filesystem);
    String path = command.path();
    long number = change.names.inodeOf(path);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(path));
    }
    if (command.realtime() && filesystem.spec().realtime() == null) {
      return Decision.refuse(
          FileProblems.invalid(
              filesystem.name() + " has no realtime device, so realtime is false"));
    }
    boolean moves = !inode.directory() && inode.realtime() != command.realtime();
    if (moves && inode.dataExtents() > 0) {
      return Decision.refuse(
          FileProblems.invalid(path + " has blocks already, which cannot change their device"));
    }
    change.put(number, inode.withRealtime(command.realtime()));
    return draft.reply(Answer.ok(FileReads.view(change, path, number)));
  }

  static Decision<FsFact> set(Draft draft, Filesystem filesystem, FileCommand.SetXattr command) {
    Problem refusal = whyNot(command.name(), command.value());
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    return change(draft, filesystem, command.path(), command.name(), command.value());
  }

  private static @Nullable Problem whyNot(String name, byte[] value) {
    if (NAMESPACES.stream().noneMatch(space -> name.startsWith(space) && !name.equals(space))) {
      return FileProblems.invalid("The name " + name + " begins with none of " + NAMESPACES);
    }
    if (name.indexOf('\0') >= 0 || name.getBytes(UTF_8).length > MAX_NAME_BYTES) {
      return FileProblems.nameTooLong(
          "The name of an attribute has at most " + MAX_NAME_BYTES + " bytes and no zero byte");
    }
    return value.length > MAX_VALUE_BYTES
        ? Problem.refused(
                "attribute-too-large",
                "The value is too large",
                "A value has at most "
                    + MAX_VALUE_BYTES
                    + " bytes, this one "
                    + value.length
                    + " (E2BIG)")
            .with(FileProblems.ERRNO, "E2BIG")
        : null;
  }

  static Decision<FsFact> remove(
      Draft draft, Filesystem filesystem, FileCommand.RemoveXattr command) {
    return change(draft, filesystem, command.path(), command.name(), null);
  }

  private static Decision<FsFact> change(
      Draft draft, Filesystem filesystem, String path, String name, byte @Nullable [] value) {
    Transaction change = draft.change(filesystem);
    long number = change.names.inodeOf(path);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(path));
    }
    TreeMap<String, byte[]> before = change.contents.xattrs.getOrDefault(number, new TreeMap<>());
    TreeMap<String, byte[]> after = new TreeMap<>(before);
    if (value == null) {
      if (after.remove(name) == null) {
        return Decision.refuse(noSuchAttribute(path, name));
      }
    } else {
      after.put(name, value);
    }
    if (after.size() > MAX_XATTRS) {
      return Decision.refuse(
          FileProblems.invalid("A file has at most " + MAX_XATTRS + " attributes"));
    }
    long block = change.geometry.blockSectors();
    long foreign = inode.foreignAttrBlocks() * block;
    boolean fits =
        Forks.resize(
            change,
            number,
            Fork.ATTR,
            foreign + blocks(change.geometry, before) * block,
            foreign + blocks(change.geometry, after) * block);
    if (!fits) {
      return Decision.refuse(
          FileProblems.noSpace(change, blocks(change.geometry, after) * block * 512));
    }
    change.put(number, inode);
    change.putXattr(number, name, value);
    return draft.reply(Answer.noContent());
  }

  /** Blocks of the attribute fork; none while all of it has room in the inode. */
  static long blocks(Geometry geometry, Map<String, byte[]> attributes) {
    long inline = INLINE_HEADER_BYTES;
    long leaf = 0;
    long remote = 0;
    for (Map.Entry<String, byte[]> each : attributes.entrySet()) {
      int name = each.getKey().getBytes(UTF_8).length;
      int value = each.getValue().length;
      inline += INLINE_ENTRY_BYTES + name + value;
      boolean local = INLINE_ENTRY_BYTES + name + value <= geometry.blockBytes() * 3 / 4;
      leaf += LEAF_ENTRY_BYTES;
      leaf += local ? INLINE_ENTRY_BYTES + name + value : REMOTE_ENTRY_BYTES + name;
      remote += local ? 0 : Math.ceilDiv(value, geometry.blockBytes() - REMOTE_HEADER_BYTES);
    }
    if (inline <= INLINE_BYTES) {
      return 0;
    }
    long leaves = Math.ceilDiv(leaf, geometry.blockBytes() - LEAF_HEADER_BYTES);
    return leaves + (leaves > 1 ? 1 : 0) + remote;
  }

  static Decision<FsFact> get(FsState state, Filesystem filesystem, FileCommand.GetXattr command) {
    long number = state.names(filesystem).inodeOf(command.path());
    if (number == 0) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    Contents contents = state.contentsOf(filesystem);
    TreeMap<String, byte[]> there = contents == null ? null : contents.xattrs.get(number);
    byte[] value = there == null ? null : there.get(command.name());
    return value == null
        ? Decision.refuse(noSuchAttribute(command.path(), command.name()))
        : Decision.reply(
            Answer.ok(
                new XattrView(command.path(), command.name(), Arrays.copyOf(value, value.length))));
  }

  private static Problem noSuchAttribute(String path, String name) {
    return Problem.notFound(path + " has no attribute " + name + " (ENODATA)")
        .with(FileProblems.ERRNO, "ENODATA");
  }
}
