package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FileFact.Staged;
import io.faultline.fs.core.FsFact.BadRanges;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes, as the kernel does them: blocks are allocated unwritten (or staged, where the old ones
 * are shared), the bytes are written, and only then what was written becomes part of the file.
 */
final class FileWrites {

  /** After this long without an end a write is given up. */
  static final Duration WRITE_PATIENCE = Duration.ofMinutes(5);

  /** Writes that a filesystem has under way at once. */
  static final int MAX_WRITES = 10_000;

  /** Nothing in a file lies beyond: 64-bit numbers stay below 2^53. */
  static final long MAX_FILE_BYTES = (1L << 53) - 1;

  private static final Pattern WRITE_NAME = Pattern.compile("[0-9A-Za-z:-]{1,100}");

  private FileWrites() {}

  static Decision<FsFact> plan(Draft draft, Filesystem filesystem, FileCommand.PlanWrite command) {
    long from = command.offsetBytes();
    if (from < 0 || command.lengthBytes() < 0) {
      return Decision.refuse(
          FileProblems.invalid(
              "offset " + from + " and length " + command.lengthBytes() + " are not negative"));
    }
    if (command.lengthBytes() > MAX_FILE_BYTES - from) {
      return Decision.refuse(
          FileProblems.tooLarge(
              "A file ends before " + MAX_FILE_BYTES + ", this would end behind"));
    }
    if (!WRITE_NAME.matcher(command.write()).matches()) {
      return Decision.refuse(
          FileProblems.invalid("the name of a write is of the form " + WRITE_NAME.pattern()));
    }
    Transaction change = draft.change(filesystem);
    if (change.contents.writes.containsKey(command.write())) {
      return Decision.refuse(FileProblems.busy(command.path()));
    }
    if (change.contents.writes.size() >= MAX_WRITES) {
      return Decision.refuse(
          new Problem(
              "too-many-writes",
              503,
              "Too many writes are under way",
              "A filesystem has at most " + MAX_WRITES + " writes under way; try again later"));
    }
    FileNames.Opened opened = FileNames.open(change, command.path(), command.makeParents());
    if (opened.problem() != null) {
      return Decision.refuse(opened.problem());
    }
    WritePlanner planner =
        new WritePlanner(change, command.path(), opened.inode(), command.recover());
    planner.write(from, from + command.lengthBytes());
    return planner.finish(
        command.write(),
        opened.created(),
        planner.sizeAfter(command.replace()),
        command.replace() && planner.end() == from + command.lengthBytes(),
        Extents.EMPTY);
  }

  static Decision<FsFact> commit(
      Draft draft, Filesystem filesystem, FileCommand.CommitWrite command) {
    Transaction change = draft.change(filesystem);
    PendingWrite write = change.contents.writes.get(command.write());
    if (write == null) {
      return Decision.refuse(FileProblems.unknownWrite(command.write()));
    }
    commit(change, command.write(), write);
    return draft.reply(Answer.ok(FileReads.view(change, write.path(), write.inode())));
  }

  private static void commit(Transaction change, String id, PendingWrite write) {
    long number = write.inode();
    Mending.tell(change, write);
    Extents.Builder written = Extents.builder();
    for (Staged staged : write.staged()) {
      remap(change, write, staged);
    }
    write
        .written()
        .forEach(
            (start, count) -> {
              change.convert(write.role(), number, start, start + count);
              for (MapRecord each :
                  change.map(write.role()).of(number, Fork.DATA, start, start + count)) {
                long from = Math.max(start, each.fileOffsetSectors());
                long to = Math.min(start + count, each.fileOffsetSectors() + each.sectorCount());
                written.add(each.startSector() + from - each.fileOffsetSectors(), to - from);
              }
            });
    // What was bad there healed as it was written; the device says so in a moment.
    change.rewritten(write.role(), written.build());
    nothingIsLostIn(change, write.role(), written.build());
    write
        .punched()
        .forEach(
            (start, count) -> change.unmap(write.role(), number, Fork.DATA, start, start + count));
    Inode inode = Objects.requireNonNull(change.inode(number));
    long size =
        write.replaces() ? write.sizeBytes() : Math.max(inode.sizeBytes(), write.sizeBytes());
    if (write.replaces()) {
      FileRanges.cutBeyond(change, write.role(), number, size);
    }
    change.put(number, inode(change, number).withSize(size));
    change.moved(number);
    change.gone(Keys.write(change.id, id));
  }

  private static Inode inode(Transaction change, long number) {
    return Objects.requireNonNull(change.inode(number));
  }

  private static void remap(Transaction change, PendingWrite write, Staged staged) {
    long from = staged.fileSector();
    long count = staged.sectors();
    change.unstage(write.role(), staged.deviceSector(), count);
    change.unmap(write.role(), write.inode(), Fork.DATA, from, from + count);
    change.invalidate(write.inode(), from, from + count);
    change.mapExtent(
        write.role(), write.inode(), Fork.DATA, from, staged.deviceSector(), count, false);
  }

  /** What was zeroed after it was lost holds what it should again. */
  private static void nothingIsLostIn(Transaction change, Role role, Extents written) {
    String device = Objects.requireNonNull(change.filesystem.spec().device(role));
    for (Map.Entry<String, BadRanges> piece : change.draft.faultsOf(device).pieces().entrySet()) {
      BadRanges zeroed = piece.getValue();
      if (zeroed.cause() == null && !zeroed.ranges().intersect(written).isEmpty()) {
        Extents left = zeroed.ranges().subtract(written);
        if (left.isEmpty()) {
          change.draft.gone(piece.getKey());
        } else {
          change.draft.fact(piece.getKey(), zeroed.withRanges(left));
        }
      }
    }
  }

  static Decision<FsFact> find(FsState state, Filesystem filesystem, FileCommand.FindWrite find) {
    Contents contents = state.contentsOf(filesystem);
    return contents != null && contents.writes.containsKey(find.write())
        ? Decision.reply(Answer.noContent())
        : Decision.refuse(FileProblems.unknownWrite(find.write()));
  }

  static Decision<FsFact> abandon(
      Draft draft, Filesystem filesystem, FileCommand.AbandonWrite command) {
    Contents contents = draft.state.contentsOf(filesystem);
    PendingWrite write = contents == null ? null : contents.writes.get(command.write());
    if (write != null) {
      abandon(draft.change(filesystem), command.write(), write);
    }
    return draft.reply(Answer.noContent());
  }

  private static void abandon(Transaction change, String id, PendingWrite write) {
    for (Staged staged : write.staged()) {
      change.unstage(write.role(), staged.deviceSector(), staged.sectors());
    }
    write
        .fresh()
        .forEach(
            (start, count) ->
                unmapUnwritten(change, write, SectorRange.between(start, start + count)));
    change.gone(Keys.write(change.id, id));
    if (write.created()) {
      FileNames.forgetCreated(change, write);
    }
  }

  /** What a page fault stored to in the meantime stays. */
  private static void unmapUnwritten(Transaction change, PendingWrite write, SectorRange range) {
    for (MapRecord each :
        change
            .map(write.role())
            .of(write.inode(), Fork.DATA, range.startSector(), range.endSector())) {
      if (each.unwritten()) {
        change.unmap(
            write.role(),
            write.inode(),
            Fork.DATA,
            Math.max(range.startSector(), each.fileOffsetSectors()),
            Math.min(range.endSector(), each.fileOffsetSectors() + each.sectorCount()));
      }
    }
  }

  /** Gives up all writes of a filesystem that is made usable again or left. */
  static void abandonAll(Draft draft, Filesystem filesystem) {
    Contents contents = draft.state.contentsOf(filesystem);
    if (contents != null && !contents.writes.isEmpty()) {
      Transaction change = draft.change(filesystem);
      contents.writes.forEach((id, write) -> abandon(change, id, write));
    }
  }

  /** Gives up the writes that nothing was heard of for long. */
  static void dropForgotten(Draft draft) {
    Instant deadline = draft.stamp.now().minus(WRITE_PATIENCE);
    for (Filesystem filesystem : draft.state.filesystems.values()) {
      Contents contents = draft.state.contentsOf(filesystem);
      boolean usable =
          filesystem.isMounted() && !filesystem.isShutDown() && !filesystem.state().frozen();
      if (contents != null && usable) {
        contents.writes.forEach(
            (id, write) -> {
              if (write.since().isBefore(deadline)) {
                abandon(draft.change(filesystem), id, write);
              }
            });
      }
    }
  }

  /** Whether a write is under way to the blocks around a range of a file; in sectors. */
  static boolean isBusy(Transaction change, long inode, long from, long to) {
    long first = change.geometry.blockDown(from);
    long last = change.geometry.blockUp(to);
    for (PendingWrite write : change.contents.writes.values()) {
      if (write.inode() == inode
          && first < last
          && write
              .written()
              .roundOut(change.geometry.blockSectors())
              .intersects(SectorRange.between(first, last))) {
        return true;
      }
    }
    return false;
  }

  /** Whether any write of a file is under way. */
  static @Nullable PendingWrite of(Contents contents, long inode) {
    for (PendingWrite write : contents.writes.values()) {
      if (write.inode() == inode) {
        return write;
      }
    }
    return null;
  }
}
