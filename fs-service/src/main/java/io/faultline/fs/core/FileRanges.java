package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Changes of ranges of files that no bytes come with: truncate, punch, allocate, reflink. */
final class FileRanges {

  /** Records that one command changes at most; larger ones are asked for in pieces. */
  static final int MAX_RECORDS = 20_000;

  private static final int SECTOR = SectorRange.SECTOR_BYTES;

  /** No file has one behind; aligned to pages. */
  private static final long LAST_SECTOR = 1L << 54;

  private FileRanges() {}

  /** A file that a command is about. */
  private record Target(long number, Inode inode, @Nullable Problem problem) {}

  private static Target target(Transaction change, String path) {
    long number = change.names.inodeOf(path);
    Inode inode = number == 0 ? null : change.inode(number);
    if (inode == null) {
      return new Target(0, Inode.file(0), FileProblems.noSuchFile(path));
    }
    return new Target(number, inode, inode.directory() ? FileProblems.isADirectory(path) : null);
  }

  private static @Nullable Problem whyNotRange(long offset, long length) {
    if (offset < 0 || length <= 0) {
      return FileProblems.invalid(
          "offset " + offset + " is negative, or length " + length + " is not above 0");
    }
    return length > FileWrites.MAX_FILE_BYTES - offset
        ? FileProblems.tooLarge(
            "offset "
                + offset
                + " and length "
                + length
                + " reach behind "
                + FileWrites.MAX_FILE_BYTES)
        : null;
  }

  private static @Nullable Problem whyNotNow(
      Transaction change, String path, long number, long from, long to) {
    if (FileWrites.isBusy(change, number, from, to)) {
      return FileProblems.busy(path);
    }
    Role role = Objects.requireNonNull(change.inode(number)).role();
    int records = change.map(role).of(number, Fork.DATA, from, to).size();
    return records > MAX_RECORDS
        ? FileProblems.invalid(
            path
                + " has "
                + records
                + " extents there; one command changes at most "
                + MAX_RECORDS
                + ", so go in pieces")
        : null;
  }

  /** Frees the blocks behind the end of a file. */
  static void cutBeyond(Transaction change, Role role, long number, long sizeBytes) {
    long end = change.geometry.blockUp(Math.ceilDiv(sizeBytes, SECTOR));
    if (!change.unmap(role, number, Fork.DATA, end, Long.MAX_VALUE).isEmpty()) {
      change.moved(number);
      change.invalidate(number, end, LAST_SECTOR);
    }
  }

  private static Decision<FsFact> done(Transaction change, String path, long number) {
    return change.draft.reply(Answer.ok(FileReads.view(change, path, number)));
  }

  static Decision<FsFact> truncate(
      Draft draft, Filesystem filesystem, FileCommand.Truncate command) {
    Transaction change = draft.change(filesystem);
    Target file = target(change, command.path());
    if (file.problem() != null) {
      return Decision.refuse(file.problem());
    }
    long size = command.sizeBytes();
    if (size < 0 || size > FileWrites.MAX_FILE_BYTES) {
      return Decision.refuse(
          FileProblems.tooLarge(
              "sizeBytes " + size + " is not from 0 to " + FileWrites.MAX_FILE_BYTES));
    }
    if (size > file.inode().sizeBytes()) {
      return grow(change, command.path(), file, size);
    }
    Problem busy =
        whyNotNow(change, command.path(), file.number(), size / SECTOR, Long.MAX_VALUE / 2);
    if (busy != null) {
      return Decision.refuse(busy);
    }
    cutBeyond(change, file.inode().role(), file.number(), size);
    change.put(file.number(), Objects.requireNonNull(change.inode(file.number())).withSize(size));
    return done(change, command.path(), file.number());
  }

  /** What the last block holds behind the old end becomes zeros before the file grows over it. */
  private static Decision<FsFact> grow(Transaction change, String path, Target file, long size) {
    WritePlanner planner = new WritePlanner(change, path, file.number(), false);
    planner.grow(size);
    if (!planner.isEmpty()) {
      return planner.finish(change.draft.stamp.newId(), false, size, false, Extents.EMPTY);
    }
    change.put(file.number(), Objects.requireNonNull(change.inode(file.number())).withSize(size));
    return done(change, path, file.number());
  }

  static Decision<FsFact> punch(Draft draft, Filesystem filesystem, FileCommand.Punch command) {
    Transaction change = draft.change(filesystem);
    Target file = target(change, command.path());
    Problem refusal = whyNotRange(command.offsetBytes(), command.lengthBytes());
    refusal = file.problem() != null ? file.problem() : refusal;
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    long from = command.offsetBytes();
    long to = from + command.lengthBytes();
    Problem busy =
        whyNotNow(change, command.path(), file.number(), from / SECTOR, Math.ceilDiv(to, SECTOR));
    if (busy != null) {
      return Decision.refuse(busy);
    }
    int block = change.geometry.blockBytes();
    long first = Math.ceilDiv(from, block) * block;
    long last = to / block * block;
    WritePlanner planner = new WritePlanner(change, command.path(), file.number(), false);
    planner.zero(from, Math.min(to, first));
    if (last >= first) {
      planner.zero(last, to);
    }
    Extents hole =
        first < last ? Extents.of(first / SECTOR, (last - first) / SECTOR) : Extents.EMPTY;
    if (!planner.isEmpty()) {
      return planner.finish(
          change.draft.stamp.newId(), false, file.inode().sizeBytes(), false, hole);
    }
    hole.forEach(
        (start, count) ->
            change.unmap(file.inode().role(), file.number(), Fork.DATA, start, start + count));
    change.moved(file.number());
    return done(change, command.path(), file.number());
  }

  static Decision<FsFact> allocate(
      Draft draft, Filesystem filesystem, FileCommand.Allocate command) {
    Transaction change = draft.change(filesystem);
    Target file = target(change, command.path());
    Problem refusal = whyNotRange(command.offsetBytes(), command.lengthBytes());
    refusal = file.problem() != null ? file.problem() : refusal;
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    long from = change.geometry.blockDown(command.offsetBytes() / SECTOR);
    long end = command.offsetBytes() + command.lengthBytes();
    long to = change.geometry.blockUp(Math.ceilDiv(end, SECTOR));
    Problem busy = whyNotNow(change, command.path(), file.number(), from, to);
    if (busy == null && !fillHoles(change, file.number(), from, to)) {
      busy = FileProblems.noSpace(change, file.inode().role(), (to - from) * SECTOR);
    }
    if (busy != null) {
      return Decision.refuse(busy);
    }
    boolean grows = !command.keepSize() && end > file.inode().sizeBytes();
    return grows
        ? grow(change, command.path(), file, end)
        : done(change, command.path(), file.number());
  }

  private static boolean fillHoles(Transaction change, long number, long from, long to) {
    Role role = Objects.requireNonNull(change.inode(number)).role();
    Extents.Builder there = Extents.builder();
    for (MapRecord each : change.map(role).of(number, Fork.DATA, from, to)) {
      there.add(each.fileOffsetSectors(), each.sectorCount());
    }
    Extents holes = Extents.of(from, to - from).subtract(there.build());
    for (int i = 0; i < holes.rangeCount(); i++) {
      long next = holes.startSector(i);
      List<MapRecord> before = change.map(role).of(number, Fork.DATA, Math.max(0, next - 1), next);
      List<SectorRange> found =
          WritePlanner.room(
              change,
              number,
              before.isEmpty() ? 0 : before.getLast().endSector(),
              holes.sectorCount(i),
              MAX_RECORDS);
      long covered = found == null ? 0 : found.stream().mapToLong(SectorRange::sectorCount).sum();
      if (found == null || covered < holes.sectorCount(i)) {
        return false;
      }
      for (SectorRange range : found) {
        change.mapExtent(
            role, number, Fork.DATA, next, range.startSector(), range.sectorCount(), true);
        next += range.sectorCount();
      }
    }
    return true;
  }

  static Decision<FsFact> reflink(Draft draft, Filesystem filesystem, FileCommand.Reflink command) {
    if (!filesystem.spec().reflink()) {
      return Decision.refuse(
          Problem.refused(
                  "no-reflink",
                  "The filesystem shares no extents",
                  filesystem.name() + " was made with reflink false (EOPNOTSUPP)")
              .with(FileProblems.ERRNO, "EOPNOTSUPP"));
    }
    Transaction change = draft.change(filesystem);
    Target from = target(change, command.path());
    if (from.problem() != null) {
      return Decision.refuse(from.problem());
    }
    FileNames.Opened to = FileNames.open(change, command.to(), false);
    if (to.problem() != null) {
      return Decision.refuse(to.problem());
    }
    if (to.created()) {
      Inode made = Objects.requireNonNull(change.inode(to.inode()));
      change.put(to.inode(), made.withRealtime(from.inode().realtime()));
    }
    long size = from.inode().sizeBytes();
    long length =
        command.lengthBytes() == 0
            ? Math.max(0, size - command.offsetBytes())
            : command.lengthBytes();
    Problem refusal = whyNotShared(change, command, from, to.inode(), length);
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    share(change, command, from.number(), to.inode(), length);
    Inode inode = Objects.requireNonNull(change.inode(to.inode()));
    long end = command.toOffsetBytes() + length;
    change.put(to.inode(), inode.withSize(Math.max(inode.sizeBytes(), end)));
    change.moved(to.inode());
    return done(change, command.to(), to.inode());
  }

  /** The rules of FICLONERANGE. */
  private static @Nullable Problem whyNotShared(
      Transaction change, FileCommand.Reflink command, Target from, long to, long length) {
    long offset = command.offsetBytes();
    long toOffset = command.toOffsetBytes();
    long size = from.inode().sizeBytes();
    int block = change.geometry.blockBytes();
    if (offset < 0 || toOffset < 0 || command.lengthBytes() < 0 || offset + length > size) {
      return FileProblems.invalid(
          "offset "
              + offset
              + " and length "
              + length
              + " are not within the "
              + size
              + " bytes of "
              + command.path());
    }
    if (length > FileWrites.MAX_FILE_BYTES - toOffset) {
      return FileProblems.tooLarge(command.to() + " would be longer than a file may be");
    }
    Inode target = Objects.requireNonNull(change.inode(to));
    if (target.role() != from.inode().role()) {
      return FileProblems.invalid(
          "One of " + command.path() + " and " + command.to() + " is a realtime file");
    }
    boolean endsFile = offset + length == size && toOffset + length >= target.sizeBytes();
    boolean aligned = offset % block == 0 && toOffset % block == 0;
    if (!aligned || (offset + length) % block != 0 && !endsFile) {
      return FileProblems.invalid(
          "offsets and the end are multiples of the block size "
              + block
              + ", unless both files end there");
    }
    boolean same = from.number() == to;
    if (same && offset < toOffset + length && toOffset < offset + length) {
      return FileProblems.invalid("The ranges of the same file overlap");
    }
    boolean leavesStale = toOffset > target.sizeBytes() && target.sizeBytes() % block != 0;
    if (leavesStale) {
      return FileProblems.invalid(
          command.to()
              + " ends within a block before toOffset; truncate it to "
              + toOffset
              + " first");
    }
    Problem busy =
        whyNotNow(
            change,
            command.path(),
            from.number(),
            offset / SECTOR,
            Math.ceilDiv(offset + length, SECTOR));
    return busy != null
        ? busy
        : whyNotNow(
            change, command.to(), to, toOffset / SECTOR, Math.ceilDiv(toOffset + length, SECTOR));
  }

  private static void share(
      Transaction change, FileCommand.Reflink command, long from, long to, long length) {
    Geometry geometry = change.geometry;
    long first = command.offsetBytes() / SECTOR;
    long last = geometry.blockUp(first + Math.ceilDiv(length, SECTOR));
    long shift = command.toOffsetBytes() / SECTOR - first;
    Role role = Objects.requireNonNull(change.inode(from)).role();
    List<MapRecord> shared = change.map(role).of(from, Fork.DATA, first, last);
    change.unmap(role, to, Fork.DATA, first + shift, last + shift);
    // A page that somebody may store to would be everybody's.
    change.invalidate(from, first, last);
    change.invalidate(to, first + shift, last + shift);
    for (MapRecord each : shared) {
      if (!each.unwritten()) {
        long start = Math.max(first, each.fileOffsetSectors());
        long end = Math.min(last, each.fileOffsetSectors() + each.sectorCount());
        change.mapExtent(
            role,
            to,
            Fork.DATA,
            start + shift,
            each.startSector() + start - each.fileOffsetSectors(),
            end - start,
            false);
      }
    }
  }
}
