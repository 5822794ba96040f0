package io.faultline.fs.core;

import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.RecoveredData;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FileFact.Staged;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tells what a write makes good of a file that no device tells: it writes what was zeroed, which is
 * bad to no device any more, or it moves away from what is lost, which stays so for others.
 *
 * <pre>
 * written in place, bad      told when the device says range_recovered
 * written in place, zeroed   told here, for every file that has the sectors
 * shared, so staged          told here, for the file that moves
 * </pre>
 *
 * <p>Each range is told under the fault that it was lost to. No event made it good, so none is
 * named as the one before.
 */
final class Mending {

  /** Ranges of a file that are told one by one; of more their span is: all of it is written. */
  static final int MAX_RANGES = 256;

  private final Transaction change;
  private final PendingWrite write;
  private final String device;
  private final DeviceFaults faults;

  private Mending(Transaction change, PendingWrite write) {
    this.change = change;
    this.write = write;
    this.device = Objects.requireNonNull(change.filesystem.spec().device(write.role()));
    this.faults = change.draft.faultsOf(device);
  }

  /** Tells of a write whose bytes are on the device, before it becomes part of the file. */
  static void tell(Transaction change, PendingWrite write) {
    if (change.filesystem.isWalkable(write.role())) {
      Mending mending = new Mending(change, write);
      if (!mending.faults.isEmpty()) {
        mending.tellInPlace();
        mending.tellMoved();
        change.draft.because(null, null);
      }
    }
  }

  /** Sectors of a file that lie side by side on the device. */
  private record Piece(long fileSector, long deviceSector, long sectors) {}

  /** What lies in sectors {@code [from, from + count)} of the file and can be lost. */
  private List<Piece> pieces(long from, long count) {
    List<Piece> pieces = new ArrayList<>();
    for (MapRecord each :
        change.map(write.role()).of(write.inode(), Fork.DATA, from, from + count)) {
      if (!each.unwritten()) {
        long first = Math.max(from, each.fileOffsetSectors());
        long last = Math.min(from + count, each.fileOffsetSectors() + each.sectorCount());
        long start = each.startSector() + first - each.fileOffsetSectors();
        pieces.add(new Piece(first, start, last - first));
      }
    }
    return pieces;
  }

  private void tellInPlace() {
    Extents.Builder staged = Extents.builder();
    write.staged().forEach(each -> staged.add(each.fileSector(), each.sectors()));
    Extents.Builder inPlace = Extents.builder();
    write
        .written()
        .subtract(staged.build())
        .forEach(
            (start, count) ->
                pieces(start, count)
                    .forEach(each -> inPlace.add(each.deviceSector(), each.sectors())));
    faults
        .byFault(piece -> piece.cause() == null, inPlace.build())
        .forEach(
            (fault, ranges) -> {
              change.draft.because(fault, null);
              Teller.recovered(
                  change.draft, change.filesystem, write.role(), ranges, RecoveredData.REWRITTEN);
            });
  }

  private void tellMoved() {
    for (Staged staged : write.staged()) {
      for (Piece piece : pieces(staged.fileSector(), staged.sectors())) {
        long to = staged.deviceSector() + piece.fileSector() - staged.fileSector();
        faults
            .byFault(any -> true, Extents.of(piece.deviceSector(), piece.sectors()))
            .forEach((fault, lost) -> tellMoved(fault, lost, piece, to));
      }
    }
  }

  private void tellMoved(String fault, Extents lost, Piece piece, long to) {
    Extents told = lost.rangeCount() > MAX_RANGES ? Extents.of(lost.span()) : lost;
    List<String> paths = change.names.pathsOf(write.inode());
    change.draft.because(fault, null);
    told.forEach(
        (start, count) -> {
          long within = start - piece.deviceSector();
          change.draft.publish(
              change.filesystem,
              new FileRangeRecovered(
                  change.draft.state.host,
                  change.filesystem.name(),
                  write.inode(),
                  paths,
                  Fork.DATA.word(),
                  (piece.fileSector() + within) * SectorRange.SECTOR_BYTES,
                  count * SectorRange.SECTOR_BYTES,
                  false,
                  false,
                  RecoveredData.REWRITTEN,
                  new Block(device, Extents.of(to + within, count))));
        });
  }
}
