package io.faultline.fs.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Names of files: making, moving and taking them away, by the rules of POSIX. */
final class FileNames {

  /** Names that one file may have. */
  static final int MAX_LINKS = Integer.MAX_VALUE;

  private FileNames() {}

  /**
   * A file that is there now.
   *
   * @param problem why there is none
   */
  record Opened(long inode, boolean created, @Nullable Problem problem) {
    private static Opened not(Problem why) {
      return new Opened(0, false, why);
    }
  }

  /** Finds a file, or makes it. */
  static Opened open(Transaction change, String path, boolean makeParents) {
    long number = change.names.inodeOf(path);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode != null) {
      return inode.directory()
          ? Opened.not(FileProblems.isADirectory(path))
          : new Opened(number, false, null);
    }
    return make(change, path, makeParents, false);
  }

  private static Opened make(
      Transaction change, String path, boolean makeParents, boolean directory) {
    Opened parent = parent(change, path, makeParents);
    if (parent.problem() != null) {
      return parent;
    }
    Inode fresh =
        directory ? Inode.directory(change.versionAfter(0)) : Inode.file(change.versionAfter(0));
    return create(change, parent.inode(), lastName(path), fresh);
  }

  private static Opened create(Transaction change, long directory, String name, Inode inode) {
    Long number = new InodeAllocator(change).allocate(directory);
    if (number == null) {
      return Opened.not(
          FileProblems.noSpace(
              change, change.geometry.chunkBlocks() * change.geometry.blockBytes()));
    }
    // The flags of a directory are those of what is made in it.
    Inode parent = change.inode(directory);
    boolean dax = parent != null && parent.dax();
    boolean realtime = parent != null && parent.realtime();
    change.put(number, inode.withDax(dax).withRealtime(realtime));
    if (!Directories.add(change, directory, name, number, inode.directory())) {
      return Opened.not(FileProblems.noSpace(change, change.geometry.blockBytes()));
    }
    return new Opened(number, true, null);
  }

  /** The directory that a path is in. */
  private static Opened parent(Transaction change, String path, boolean makeParents) {
    List<String> names = Paths.names(path);
    if (names.isEmpty()) {
      return Opened.not(FileProblems.isADirectory(path));
    }
    long at = change.names.root();
    boolean made = false;
    StringBuilder walked = new StringBuilder();
    for (String name : names.subList(0, names.size() - 1)) {
      walked.append('/').append(name);
      long next = made ? 0 : change.names.child(at, name);
      if (next == 0) {
        if (!makeParents) {
          return Opened.not(FileProblems.noSuchFile(walked.toString()));
        }
        Opened directory = create(change, at, name, Inode.directory(change.versionAfter(0)));
        if (directory.problem() != null) {
          return directory;
        }
        next = directory.inode();
        made = true;
      }
      if (!Objects.requireNonNull(change.inode(next)).directory()) {
        return Opened.not(FileProblems.notADirectory(walked.toString()));
      }
      at = next;
    }
    return new Opened(at, made, null);
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  static Decision<FsFact> makeDirectory(
      Draft draft, Filesystem filesystem, FileCommand.MakeDirectory command) {
    Transaction change = draft.change(filesystem);
    long there = change.names.inodeOf(command.path());
    if (there != 0) {
      return Decision.refuse(FileProblems.exists(command.path()));
    }
    Opened made = make(change, command.path(), command.makeParents(), true);
    return made.problem() != null
        ? Decision.refuse(made.problem())
        : reply(change, command.path(), made.inode(), true);
  }

  private static Decision<FsFact> reply(
      Transaction change, String path, long number, boolean created) {
    FileViews.FileView view = FileReads.view(change, path, number);
    return change.draft.reply(created ? Answer.created(view) : Answer.ok(view));
  }

  static Decision<FsFact> unlink(Draft draft, Filesystem filesystem, FileCommand.Unlink command) {
    Transaction change = draft.change(filesystem);
    String path = command.path();
    long number = change.names.inodeOf(path);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(path));
    }
    if (number == change.names.root()) {
      return Decision.refuse(FileProblems.invalid("The root cannot be taken away"));
    }
    if (inode.directory() && inode.entries() > 0) {
      return Decision.refuse(FileProblems.notEmpty(path));
    }
    Opened parent = parent(change, path, false);
    if (parent.problem() != null) {
      return Decision.refuse(parent.problem());
    }
    unlink(change, parent.inode(), lastName(path), number);
    return draft.reply(Answer.noContent());
  }

  /** Takes a name away; the file goes with its last one, as soon as nobody has it. */
  private static void unlink(Transaction change, long directory, String name, long number) {
    Inode inode = Objects.requireNonNull(change.inode(number));
    Directories.remove(change, directory, name, inode.directory());
    int links = inode.directory() ? 0 : inode.links() - 1;
    change.put(number, Objects.requireNonNull(change.inode(number)).withLinks(links));
    if (links == 0) {
      Orphans.freeIfUnused(change, number);
    }
  }

  static Decision<FsFact> rename(Draft draft, Filesystem filesystem, FileCommand.Rename command) {
    Transaction change = draft.change(filesystem);
    String path = command.path();
    String to = command.to();
    long number = change.names.inodeOf(path);
    long replaced = change.names.inodeOf(to);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(path));
    }
    Opened from = parent(change, path, false);
    Opened into = parent(change, to, false);
    Problem refusal = from.problem() != null ? from.problem() : into.problem();
    if (refusal == null) {
      refusal = whyNotRename(change, command, inode, replaced);
    }
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    if (replaced == number) {
      return reply(change, to, number, false);
    }
    if (replaced != 0) {
      unlink(change, into.inode(), lastName(to), replaced);
    }
    Directories.remove(change, from.inode(), lastName(path), inode.directory());
    if (!Directories.add(change, into.inode(), lastName(to), number, inode.directory())) {
      return Decision.refuse(FileProblems.noSpace(change, change.geometry.blockBytes()));
    }
    return reply(change, to, number, false);
  }

  private static @Nullable Problem whyNotRename(
      Transaction change, FileCommand.Rename command, Inode inode, long replaced) {
    String to = command.to();
    if (inode.directory() && (to + "/").startsWith(command.path() + "/") && replaced == 0) {
      return FileProblems.invalid(command.path() + " cannot be moved into itself");
    }
    Inode there = replaced == 0 ? null : change.inode(replaced);
    if (there == null) {
      return null;
    }
    if (there.directory() && !inode.directory()) {
      return FileProblems.isADirectory(to);
    }
    if (!there.directory() && inode.directory()) {
      return FileProblems.notADirectory(to);
    }
    boolean itself = to.equals(command.path());
    return there.directory() && there.entries() > 0 && !itself ? FileProblems.notEmpty(to) : null;
  }

  static Decision<FsFact> link(Draft draft, Filesystem filesystem, FileCommand.Link command) {
    Transaction change = draft.change(filesystem);
    long number = change.names.inodeOf(command.path());
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    if (inode.directory()) {
      return Decision.refuse(FileProblems.isADirectory(command.path()));
    }
    if (change.names.inodeOf(command.to()) != 0) {
      return Decision.refuse(FileProblems.exists(command.to()));
    }
    if (inode.links() == MAX_LINKS) {
      return Decision.refuse(
          FileProblems.invalid(command.path() + " has " + MAX_LINKS + " names already"));
    }
    Opened into = parent(change, command.to(), false);
    if (into.problem() != null) {
      return Decision.refuse(into.problem());
    }
    change.put(number, inode.withLinks(inode.links() + 1));
    if (!Directories.add(change, into.inode(), lastName(command.to()), number, false)) {
      return Decision.refuse(FileProblems.noSpace(change, change.geometry.blockBytes()));
    }
    return reply(change, command.to(), number, true);
  }

  /** A file that was made for a write that came to nothing goes, if it still is as it was made. */
  static void forgetCreated(Transaction change, PendingWrite write) {
    long number = write.inode();
    Inode inode = change.inode(number);
    boolean untouched =
        inode != null
            && inode.sizeBytes() == 0
            && inode.links() == 1
            && change.map(write.role()).of(number, Fork.DATA, 0, Long.MAX_VALUE).isEmpty()
            && change.names.inodeOf(write.path()) == number;
    if (untouched) {
      Opened parent = parent(change, write.path(), false);
      if (parent.problem() == null) {
        unlink(change, parent.inode(), lastName(write.path()), number);
      }
    }
  }

  /** What a name takes of a directory in the inode. */
  static long entryBytes(String name) {
    return name.getBytes(UTF_8).length + 8L;
  }
}
