package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FileFact.Staged;
import io.faultline.fs.core.FileViews.ReadPiece;
import io.faultline.fs.core.FileViews.WritePiece;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plans where bytes go, block by block:
 *
 * <pre>
 * written, not shared    in place, by sectors; what is given in part is read before
 * written and shared     into staging, by blocks; what is not given is read before
 * unwritten              in place, by blocks; what is not given is zeros
 * a hole                 into new unwritten blocks, the same
 * </pre>
 *
 * <p>Bytes behind the old end of the file count as zeros, whatever the block of the end holds
 * there; a write behind that end makes them so.
 */
final class WritePlanner {

  /** Bytes that one plan takes of the caller. */
  static final long MAX_BYTES = 256L << 20;

  /** Pieces of one plan. */
  static final int MAX_PIECES = 1024;

  private static final int SECTOR = SectorRange.SECTOR_BYTES;

  private final Transaction change;
  private final Geometry geometry;
  private final String path;
  private final long number;
  private final Inode inode;
  private final boolean recover;
  private final Role role;
  private final Extents lost;
  private final Extents bad;
  private final Extents unreachable;

  private final List<ReadPiece> fill = new ArrayList<>();
  private final List<WritePiece> pieces = new ArrayList<>();
  private final List<Staged> staged = new ArrayList<>();
  private final Extents.Builder written = Extents.builder();
  private final Extents.Builder fresh = Extents.builder();
  private final Extents.Builder zeros = Extents.builder();
  private @Nullable Problem problem;
  private long start;
  private long end;
  private boolean aligned = true;
  private boolean isWrite;

  WritePlanner(Transaction change, String path, long number, boolean recover) {
    this.change = change;
    this.geometry = change.geometry;
    this.path = path;
    this.number = number;
    this.inode = Objects.requireNonNull(change.inode(number));
    this.recover = recover;
    this.role = inode.role();
    DeviceFaults faults =
        change.draft.faultsOf(Objects.requireNonNull(change.filesystem.spec().device(role)));
    this.bad = faults.bad();
    this.unreachable = faults.unreachable();
    this.lost = bad.union(faults.zeroed());
  }

  /** The caller's bytes {@code [from, to)}; perhaps not all of them: see {@link #end}. */
  void write(long from, long to) {
    isWrite = true;
    start = from;
    end = from;
    long last = Math.min(to, from + MAX_BYTES);
    zeros.add(inode.sizeBytes(), Math.max(0, Long.MAX_VALUE - inode.sizeBytes()));
    if (from < last) {
      zeroTail(from);
      aligned = isPageAligned(from, to);
      end = cover(from, last);
    }
  }

  private boolean isPageAligned(long from, long to) {
    boolean endsRight = to % Pages.BASE_PAGE_BYTES == 0 || to >= inode.sizeBytes();
    return from % Pages.BASE_PAGE_BYTES == 0 && endsRight;
  }

  /** The file grows to {@code size}: what its last block holds behind the old end is zeros. */
  void grow(long size) {
    zeros.add(inode.sizeBytes(), Math.max(0, Long.MAX_VALUE - inode.sizeBytes()));
    zeroTail(size);
  }

  private void zeroTail(long upTo) {
    long size = inode.sizeBytes();
    long blockEnd = Math.ceilDiv(size, geometry.blockBytes()) * geometry.blockBytes();
    zeroWritten(size, Math.min(upTo, blockEnd));
  }

  /** Bytes that are zeros from now on, where they are anything else. */
  void zero(long from, long to) {
    zeros.add(from, to - from);
    zeroWritten(from, to);
  }

  private void zeroWritten(long from, long to) {
    if (from >= to) {
      return;
    }
    for (MapRecord each :
        change.map(role).of(number, Fork.DATA, from / SECTOR, Math.ceilDiv(to, SECTOR))) {
      if (!each.unwritten()) {
        long first = Math.max(from, each.fileOffsetSectors() * SECTOR);
        long last = Math.min(to, (each.fileOffsetSectors() + each.sectorCount()) * SECTOR);
        aligned = isPageAligned(first, last);
        cover(first, last);
      }
    }
  }

  /** Sectors {@code [first, last)} become the file's own and written, with what they hold now. */
  void makeOwn(long first, long last) {
    for (long at = geometry.blockDown(first); at < geometry.blockUp(last) && problem == null; ) {
      long end = at + geometry.blockSectors();
      if (!isOwn(at)) {
        if (FileWrites.isBusy(change, number, at, end)) {
          problem = FileProblems.busy(path);
        } else {
          coverFrom(at, end, at * SECTOR, at * SECTOR);
        }
      }
      at = end;
    }
  }

  private boolean isOwn(long block) {
    List<MapRecord> there =
        change.map(role).of(number, Fork.DATA, block, block + geometry.blockSectors());
    if (there.isEmpty() || there.getFirst().unwritten()) {
      return false;
    }
    MapRecord record = there.getFirst();
    long device = record.startSector() + block - record.fileOffsetSectors();
    return shared(record, device, geometry.blockSectors()).isEmpty();
  }

  /** Plans {@code [from, to)} of the file; up to where it went. */
  private long cover(long from, long to) {
    long first = geometry.blockDown(from / SECTOR);
    long last = geometry.blockUp(Math.ceilDiv(to, SECTOR));
    if (FileWrites.isBusy(change, number, first, last)) {
      problem = FileProblems.busy(path);
      return from;
    }
    long at = first;
    while (at < last && problem == null) {
      if (pieces.size() >= MAX_PIECES) {
        return Math.max(from, at * SECTOR);
      }
      at = coverFrom(at, last, from, to);
    }
    return to;
  }

  /** Plans the record or hole at a sector of the file; where it ends. */
  private long coverFrom(long at, long last, long from, long to) {
    List<MapRecord> there = change.map(role).of(number, Fork.DATA, at, last);
    MapRecord record = there.isEmpty() ? null : there.getFirst();
    if (record == null || record.fileOffsetSectors() > at) {
      long hole = record == null ? last : record.fileOffsetSectors();
      return allocate(at, hole);
    }
    long end = Math.min(last, record.fileOffsetSectors() + record.sectorCount());
    long device = record.startSector() + at - record.fileOffsetSectors();
    if (record.unwritten()) {
      addPiece(at, device, end - at);
      return end;
    }
    Extents shared = shared(record, device, end - at);
    if (shared.contains(device)) {
      return coverShared(at, device, shared.endSector(0) - device, from, to);
    }
    long count = shared.isEmpty() ? end - at : shared.startSector(0) - device;
    overwrite(at, device, count, from, to);
    return at + count;
  }

  /**
   * What is shared is copied; unless it is lost, and whoever writes it means to mend it for all.
   */
  private long coverShared(long at, long device, long count, long from, long to) {
    Extents healed =
        recover
            ? lost.clip(new SectorRange(device, count)).roundOut(geometry.blockSectors())
            : Extents.EMPTY;
    if (!healed.contains(device)) {
      long untilHealed = healed.isEmpty() ? count : healed.startSector(0) - device;
      return stage(at, device, untilHealed, from, to);
    }
    long until = at + Math.min(count, healed.endSector(0) - device);
    if (!isLostByPages(at, device, Math.max(at, from / SECTOR), until, to)) {
      problem =
          FileProblems.invalid(
              path
                  + " shares a block that is lost in part; give only the lost pages of it to be"
                  + " recovered");
      return until;
    }
    overwrite(at, device, until - at, from, to);
    return until;
  }

  /** Whether each page that would be written has something lost. */
  private boolean isLostByPages(long at, long device, long first, long until, long to) {
    long last = Math.min(until, Math.ceilDiv(to, SECTOR));
    if (first >= last) {
      return true;
    }
    Extents pages =
        lost.clip(new SectorRange(first - at + device, last - first))
            .shift(at - device)
            .roundOut(Pages.BASE_PAGE_SECTORS);
    return pages.containsAll(SectorRange.between(first, last));
  }

  /** What of a piece other files own as well, by whole blocks. */
  private Extents shared(MapRecord record, long device, long count) {
    if (record.shared()) {
      return Extents.of(device, count);
    }
    Extents.Builder shared = Extents.builder();
    for (MapRecord other : change.map(role).overlapping(device, device + count)) {
      boolean same =
          other.special() == null
              && other.inode() == record.inode()
              && other.fork() == record.fork()
              && other.fileOffsetSectors() == record.fileOffsetSectors();
      if (!same) {
        long first = Math.max(device, other.startSector());
        shared.add(first, Math.min(device + count, other.endSector()) - first);
      }
    }
    return shared.build();
  }

  private void overwrite(long at, long device, long count, long from, long to) {
    long first = Math.max(at, from / SECTOR);
    long last = Math.min(at + count, Math.ceilDiv(to, SECTOR));
    if (first >= last) {
      return;
    }
    long offset = device - at;
    fillPart(first, last, from, to, offset, first, last);
    addPiece(first, first + offset, last - first);
  }

  private long stage(long at, long device, long count, long from, long to) {
    List<SectorRange> found = room(count, 0);
    if (found == null) {
      return at;
    }
    long next = at;
    for (SectorRange range : found) {
      change.stage(role, range.startSector(), range.sectorCount());
      staged.add(new Staged(next, range.startSector(), range.sectorCount()));
      addPiece(next, range.startSector(), range.sectorCount());
      next += range.sectorCount();
    }
    fillPart(at, next, from, to, device - at, at, next);
    return next;
  }

  /** Reads what the caller does not give of sectors {@code [first, last)} of the file. */
  private void fillPart(
      long first, long last, long from, long to, long offset, long low, long high) {
    long givenFrom = Math.clamp(Math.ceilDiv(from, SECTOR), low, high);
    long givenTo = Math.clamp(to / SECTOR, low, high);
    if (givenFrom >= givenTo) {
      read(first, last, offset);
    } else {
      read(first, givenFrom, offset);
      read(givenTo, last, offset);
    }
  }

  private void read(long first, long last, long offset) {
    long end = Math.min(last, Math.ceilDiv(inode.sizeBytes(), SECTOR));
    if (first >= end) {
      return;
    }
    Extents device = Extents.of(first + offset, end - first);
    if (!device.intersect(lost).isEmpty()) {
      refuseLost(device.intersect(lost).startSector(0), offset);
      return;
    }
    fill.add(
        new ReadPiece(
            first * SECTOR, FileReads.place(change.filesystem, role, first + offset, end - first)));
  }

  private long allocate(long at, long hole) {
    List<SectorRange> found = room(hole - at, targetOf(at));
    long next = at;
    if (found != null) {
      for (SectorRange range : found) {
        change.mapExtent(
            role, number, Fork.DATA, next, range.startSector(), range.sectorCount(), true);
        fresh.add(next, range.sectorCount());
        addPiece(next, range.startSector(), range.sectorCount());
        next += range.sectorCount();
      }
    }
    return next;
  }

  private @Nullable List<SectorRange> room(long sectors, long target) {
    List<SectorRange> found = room(change, number, target, sectors, MAX_PIECES - pieces.size());
    if (found == null) {
      problem = FileProblems.noSpace(change, role, sectors * SECTOR);
    }
    return found;
  }

  /** Room for data of a file on its device, as {@link Allocator#data} finds it. */
  static @Nullable List<SectorRange> room(
      Transaction change, long number, long target, long sectors, int maxPieces) {
    Role role = Objects.requireNonNull(change.inode(number)).role();
    return role == Role.REALTIME
        ? new RealtimeAllocator(change).find(target, sectors, maxPieces)
        : new Allocator(change).data(change.geometry.agOfInode(number), target, sectors, maxPieces);
  }

  /** Behind what the file has before a sector. */
  private long targetOf(long at) {
    List<MapRecord> before = change.map(role).of(number, Fork.DATA, Math.max(0, at - 1), at);
    return before.isEmpty() ? 0 : before.getLast().endSector();
  }

  private void addPiece(long fileSector, long device, long count) {
    Extents range = Extents.of(device, count);
    Extents gone = lost.intersect(range);
    boolean heals = !gone.isEmpty();
    if (heals && (!aligned || !unreachable.intersect(range).isEmpty())) {
      refuseLost(gone.startSector(0), device - fileSector);
      return;
    }
    written.add(fileSector, count);
    pieces.add(
        new WritePiece(
            fileSector * SECTOR, FileReads.place(change.filesystem, role, device, count), heals));
  }

  private void refuseLost(long sector, long offset) {
    long bytes = (sector - offset) * SECTOR;
    problem =
        FileProblems.mediaError(
            path,
            "has lost bytes at offset " + bytes + "; only whole pages can be written there",
            bytes,
            sector);
  }

  /** Up to where the caller's bytes are taken. */
  long end() {
    return end;
  }

  long sizeAfter(boolean replaces) {
    return replaces || end > inode.sizeBytes() && end > start ? end : inode.sizeBytes();
  }

  boolean isEmpty() {
    return pieces.isEmpty() && problem == null;
  }

  @Nullable Problem problem() {
    return problem;
  }

  /**
   * The plan as it is, for a change that is finished when its bytes are written.
   *
   * @param id the name of the write
   */
  Decision<FsFact> finish(
      String id, boolean created, long size, boolean replaces, Extents punched) {
    if (problem != null) {
      return Decision.refuse(problem);
    }
    change.put(
        id,
        new PendingWrite(
            path,
            number,
            role,
            created,
            written.build(),
            fresh.build(),
            List.copyOf(staged),
            size,
            replaces,
            punched,
            change.draft.stamp.now()));
    if (!fresh.build().isEmpty() || !staged.isEmpty()) {
      change.moved(number);
    }
    WritePlan plan =
        new WritePlan(
            change.filesystem.name(),
            id,
            number,
            start,
            end,
            List.copyOf(fill),
            zerosPlanned(),
            List.copyOf(pieces),
            created);
    return change.draft.reply(isWrite ? Answer.ok(plan) : Answer.accepted(plan));
  }

  /** What is zeros of the sectors that are written. */
  private Extents zerosPlanned() {
    Extents.Builder planned = Extents.builder();
    for (WritePiece piece : pieces) {
      planned.add(piece.offsetBytes(), piece.place().count() * SECTOR);
    }
    return zeros.build().intersect(planned.build());
  }
}
