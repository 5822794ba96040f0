package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileViews.DirectoryView;
import io.faultline.fs.core.FileViews.EntryView;
import io.faultline.fs.core.FileViews.ExtentView;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.LayoutView;
import io.faultline.fs.core.FileViews.Place;
import io.faultline.fs.core.FileViews.ReadPiece;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is asked about files without changing them. */
final class FileReads {

  /** Pieces of one plan: what is more is read by the next one. */
  static final int MAX_PIECES = 4096;

  /** Bytes of one plan. */
  static final long MAX_BYTES = 1L << 30;

  private static final int SECTOR = SectorRange.SECTOR_BYTES;

  private FileReads() {}

  static Decision<FsFact> plan(FsState state, Filesystem filesystem, FileCommand.PlanRead command) {
    if (command.offsetBytes() < 0 || command.lengthBytes() < 0) {
      return Decision.refuse(
          FileProblems.invalid(
              "offset "
                  + command.offsetBytes()
                  + " and length "
                  + command.lengthBytes()
                  + " are not negative"));
    }
    Names names = state.names(filesystem);
    long number = names.inodeOf(command.path());
    Inode inode = number == 0 ? null : names.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    if (inode.directory()) {
      return Decision.refuse(FileProblems.isADirectory(command.path()));
    }
    long size = inode.sizeBytes();
    long from = Math.min(command.offsetBytes(), size);
    long length = Math.min(Math.min(command.lengthBytes(), size - from), MAX_BYTES);
    Reading reading = new Reading(state, filesystem, number, from, from + length);
    boolean refused = !command.recover() && !reading.lost.isEmpty();
    if (refused) {
      return Decision.refuse(
          FileProblems.mediaError(
              command.path(),
              "has lost bytes from offset " + reading.lost.startSector(0) + " on",
              reading.lost.startSector(0),
              reading.firstLostSector));
    }
    return Decision.reply(
        Answer.ok(
            new ReadPlan(
                number,
                inode.version(),
                size,
                from,
                reading.end - from,
                List.copyOf(reading.pieces),
                reading.lost)));
  }

  /** A plan in the making. */
  private static final class Reading {
    private final Filesystem filesystem;
    private final long fromByte;
    private long end;
    private final List<ReadPiece> pieces = new ArrayList<>();
    private Extents lost = Extents.EMPTY;
    private long firstLostSector;

    Reading(FsState state, Filesystem filesystem, long inode, long from, long to) {
      this.filesystem = filesystem;
      this.fromByte = from;
      this.end = to;
      if (from < to) {
        Extents.Builder gone = Extents.builder();
        FileExtents.forEach(
            state,
            filesystem,
            inode,
            from / SECTOR,
            Math.ceilDiv(to, SECTOR),
            (role, fileSector, deviceSector, count, unwritten) -> {
              if (!unwritten) {
                add(state, role, fileSector, deviceSector, count, gone);
              }
            });
        lost = gone.build().clip(SectorRange.between(from, end));
      }
    }

    private void add(
        FsState state,
        Role role,
        long fileSector,
        long deviceSector,
        long count,
        Extents.Builder gone) {
      if (fileSector * SECTOR >= end) {
        return;
      }
      if (pieces.size() >= MAX_PIECES) {
        end = Math.max(fromByte, fileSector * SECTOR);
        return;
      }
      Extents there = Extents.of(deviceSector, count);
      Extents bad = Losses.of(state, filesystem, role).intersect(there);
      bad.forEach(
          (start, sectors) -> {
            firstLostSector = gone.build().isEmpty() ? start : firstLostSector;
            gone.add((fileSector + start - deviceSector) * SECTOR, sectors * SECTOR);
          });
      there
          .subtract(bad)
          .forEach(
              (start, sectors) ->
                  pieces.add(
                      new ReadPiece(
                          (fileSector + start - deviceSector) * SECTOR,
                          place(filesystem, role, start, sectors))));
    }
  }

  static Place place(Filesystem filesystem, Role role, long sector, long count) {
    Holding holding = Objects.requireNonNull(filesystem.holding(role));
    return new Place(role, holding.device(), holding.volume(), holding.generation(), sector, count);
  }

  static Decision<FsFact> stat(FsState state, Filesystem filesystem, FileCommand.StatFile command) {
    Names names = state.names(filesystem);
    long number = names.inodeOf(command.path());
    Inode inode = number == 0 ? null : names.inode(number);
    return inode == null
        ? Decision.refuse(FileProblems.noSuchFile(command.path()))
        : Decision.reply(Answer.ok(view(state, filesystem, command.path(), number, inode)));
  }

  static FileView view(
      FsState state, Filesystem filesystem, String path, long number, Inode inode) {
    Tally tally = new Tally(role -> Losses.of(state, filesystem, role));
    FileExtents.forEach(state, filesystem, number, 0, Long.MAX_VALUE, tally);
    return view(
        path,
        number,
        inode,
        state.contentsOf(filesystem),
        state.names(filesystem).pathsOf(number),
        tally);
  }

  /** What a file is once a change is made. */
  static FileView view(Transaction change, String path, long number) {
    Tally tally = new Tally(change::lost);
    FileExtents.forEach(change, number, tally);
    Inode inode = Objects.requireNonNull(change.inode(number));
    return view(path, number, inode, change.contents, change.pathsOf(number), tally);
  }

  /** Sectors that a file has, and those of them that are lost. */
  private static final class Tally implements FileExtents.Piece {
    private final Function<Role, Extents> lostOf;

    /** Of each device once: a file may have millions of pieces. */
    private final Map<Role, Extents> lost = new EnumMap<>(Role.class);

    private long sectors;
    private long lostSectors;

    Tally(Function<Role, Extents> lostOf) {
      this.lostOf = lostOf;
    }

    @Override
    public void accept(
        Role role, long fileSector, long deviceSector, long sectorCount, boolean unwritten) {
      sectors += sectorCount;
      if (!unwritten) {
        lostSectors +=
            lost.computeIfAbsent(role, lostOf)
                .clip(new SectorRange(deviceSector, sectorCount))
                .totalSectors();
      }
    }
  }

  private static FileView view(
      String path,
      long number,
      Inode inode,
      @Nullable Contents contents,
      List<String> paths,
      Tally tally) {
    TreeMap<String, byte[]> xattrs = contents == null ? null : contents.xattrs.get(number);
    return new FileView(
        path,
        number,
        inode.directory() ? "directory" : "file",
        inode.sizeBytes(),
        tally.sectors * SECTOR,
        inode.links(),
        paths,
        xattrs == null ? List.of() : List.copyOf(xattrs.keySet()),
        inode.dax(),
        inode.realtime(),
        tally.lostSectors * SECTOR);
  }

  static Decision<FsFact> list(
      FsState state, Filesystem filesystem, FileCommand.ListDirectory command) {
    Names names = state.names(filesystem);
    long number = names.inodeOf(command.path());
    Inode inode = number == 0 ? null : names.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    if (!inode.directory()) {
      return Decision.refuse(FileProblems.notADirectory(command.path()));
    }
    List<Map.Entry<String, Long>> found = names.list(number, command.after(), command.limit() + 1);
    List<EntryView> items = new ArrayList<>();
    for (Map.Entry<String, Long> entry :
        found.subList(0, Math.min(found.size(), command.limit()))) {
      Inode each = Objects.requireNonNull(names.inode(entry.getValue()));
      items.add(
          new EntryView(
              entry.getKey(),
              each.directory() ? "directory" : "file",
              entry.getValue(),
              each.sizeBytes()));
    }
    String next = found.size() > items.size() ? items.getLast().name() : null;
    return Decision.reply(Answer.ok(new DirectoryView(items, next)));
  }

  static Decision<FsFact> layout(
      FsState state, Filesystem filesystem, FileCommand.GetLayout command) {
    Names names = state.names(filesystem);
    long number = names.inodeOf(command.path());
    Inode inode = number == 0 ? null : names.inode(number);
    if (inode == null) {
      return Decision.refuse(FileProblems.noSuchFile(command.path()));
    }
    long from = command.after() < 0 ? 0 : command.after() / SECTOR;
    List<ExtentView> extents = new ArrayList<>();
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (filesystem.spec().device(role) != null) {
        ReverseMap map = state.map(filesystem, role);
        map.forEachDataOf(
            number,
            from,
            Long.MAX_VALUE,
            record -> {
              if (record.fileOffsetSectors() >= from) {
                extents.add(extent(filesystem, role, record));
              }
              return extents.size() <= command.limit();
            });
      }
    }
    boolean more = extents.size() > command.limit();
    List<ExtentView> page = extents.subList(0, Math.min(extents.size(), command.limit()));
    Long next = more ? page.getLast().offsetBytes() + page.getLast().lengthBytes() : null;
    return Decision.reply(
        Answer.ok(
            new LayoutView(
                command.path(),
                number,
                inode.sizeBytes(),
                List.copyOf(page),
                names.pathsOf(number),
                next)));
  }

  private static ExtentView extent(Filesystem filesystem, Role role, ReverseMap.Cursor record) {
    List<String> flags = new ArrayList<>(2);
    if (record.shared()) {
      flags.add("shared");
    }
    if (record.unwritten()) {
      flags.add("unwritten");
    }
    return new ExtentView(
        record.fileOffsetSectors() * SECTOR,
        record.sectorCount() * SECTOR,
        role.word(),
        Objects.requireNonNull(filesystem.spec().device(role)),
        record.startSector(),
        record.sectorCount(),
        record.fork().word(),
        flags);
  }
}
