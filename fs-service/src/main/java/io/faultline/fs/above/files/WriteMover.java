package io.faultline.fs.above.files;

import io.faultline.fs.below.BlockBytes;
import io.faultline.fs.core.FileViews.Place;
import io.faultline.fs.core.FileViews.ReadPiece;
import io.faultline.fs.core.FileViews.WritePiece;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.Role;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.below.BlockDataClient;
import io.faultline.runtime.core.Problem;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Moves the bytes of a planned write to the devices, a part of a piece at a time:
 *
 * <pre>
 * piece    |---------------------------|   zeros
 * fill     |fffffff|           |fffffff|   over them what was there
 * zeros        |00|                        over that what reads as zeros
 * caller          |cccccccccccccc|         over that what is written
 * </pre>
 */
final class WriteMover {

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  /** Of a piece that are moved at a time. */
  private static final long PART_SECTORS = 2048;

  /** What refused. */
  record Refusal(Problem problem, @Nullable Role role, Extents bad) {}

  private final BlockBytes blocks;
  private final String host;
  private final String filesystem;

  WriteMover(BlockBytes blocks, String host, String filesystem) {
    this.blocks = blocks;
    this.host = host;
    this.filesystem = filesystem;
  }

  /**
   * @param content the caller's bytes
   * @param contentOffset where in the file the first of them belongs; only those are taken that the
   *     plan takes
   * @return why it could not be done; null if all is written
   */
  @Nullable Refusal move(WritePlan plan, byte[] content, long contentOffset) {
    for (WritePiece piece : plan.pieces()) {
      long sectors = piece.place().count();
      for (long from = 0; from < sectors; from += PART_SECTORS) {
        long count = Math.min(PART_SECTORS, sectors - from);
        Part part = new Part(plan, piece.offsetBytes() + from * SECTOR_BYTES, count);
        Refusal unread = part.fill();
        if (unread != null) {
          return unread;
        }
        part.zero();
        part.give(content, contentOffset);
        Problem problem = blocks.write(host, filesystem, piece.place(), from, part.bytes);
        if (problem != null) {
          return refusal(problem, piece.place(), from);
        }
      }
    }
    return null;
  }

  private static Refusal refusal(Problem problem, Place place, long from) {
    boolean media = problem.kind().equals("media-error");
    Object told = problem.more().get("sector");
    long sector = told instanceof Number number ? number.longValue() : place.sector() + from;
    return new Refusal(
        problem, media ? place.role() : null, media ? Extents.of(sector, 1) : Extents.EMPTY);
  }

  /** A part of a piece in the making. */
  private final class Part {
    private final WritePlan plan;
    private final SectorRange file;
    private final byte[] bytes;

    Part(WritePlan plan, long offsetBytes, long sectors) {
      this.plan = plan;
      this.file = new SectorRange(offsetBytes, sectors * SECTOR_BYTES);
      this.bytes = new byte[Math.toIntExact(sectors * SECTOR_BYTES)];
    }

    /** What of the file need not be read, because it is written over. Bytes, not sectors. */
    private Extents overwritten() {
      return plan.zeros().union(callers());
    }

    private Extents callers() {
      return plan.startBytes() < plan.endBytes()
          ? Extents.of(plan.startBytes(), plan.endBytes() - plan.startBytes())
          : Extents.EMPTY;
    }

    @Nullable Refusal fill() {
      for (ReadPiece fill : plan.fill()) {
        SectorRange there =
            new SectorRange(fill.offsetBytes(), fill.place().count() * SECTOR_BYTES);
        SectorRange common = file.intersect(there);
        if (!common.isEmpty()) {
          Refusal refusal = fill(fill, common);
          if (refusal != null) {
            return refusal;
          }
        }
      }
      return null;
    }

    private @Nullable Refusal fill(ReadPiece fill, SectorRange common) {
      Place place = fill.place();
      long from = (common.startSector() - fill.offsetBytes()) / SECTOR_BYTES;
      long count = common.sectorCount() / SECTOR_BYTES;
      switch (blocks.read(host, place, from, count)) {
        case BlockDataClient.Read.Refused(Problem problem) -> {
          return refusal(problem, place, from);
        }
        case BlockDataClient.Read.Content(byte[] read, Extents bad) -> {
          System.arraycopy(read, 0, bytes, at(common.startSector()), read.length);
          Extents lost = Extents.EMPTY;
          for (SectorRange range : bad.toList()) {
            long start = common.startSector() + range.startSector() * SECTOR_BYTES;
            lost = lost.union(Extents.of(start, range.sectorCount() * SECTOR_BYTES));
          }
          Extents needed = lost.subtract(overwritten());
          return needed.isEmpty() ? null : lostFill(place, from, bad, needed.startSector(0));
        }
      }
    }

    private Refusal lostFill(Place place, long from, Extents bad, long offsetBytes) {
      Extents onDevice = bad.shift(place.sector() + from);
      Problem problem =
          Problem.refused(
                  "media-error",
                  "Bytes are lost",
                  "The bytes from offset "
                      + offsetBytes
                      + " on, which this write would keep, are lost; whole pages are written over"
                      + " them (EIO)")
              .with("errno", "EIO")
              .with("offsetBytes", offsetBytes)
              .with("sector", onDevice.startSector(0));
      return new Refusal(problem, place.role(), onDevice);
    }

    void zero() {
      for (SectorRange range : plan.zeros().clip(file).toList()) {
        Arrays.fill(bytes, at(range.startSector()), at(range.endSector()), (byte) 0);
      }
    }

    void give(byte[] content, long contentOffset) {
      for (SectorRange range : callers().clip(file).toList()) {
        System.arraycopy(
            content,
            Math.toIntExact(range.startSector() - contentOffset),
            bytes,
            at(range.startSector()),
            Math.toIntExact(range.sectorCount()));
      }
    }

    private int at(long offsetBytes) {
      return Math.toIntExact(offsetBytes - file.startSector());
    }
  }
}
