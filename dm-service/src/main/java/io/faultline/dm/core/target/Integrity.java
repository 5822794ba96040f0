package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * {@code integrity <device> <sector> <tag bytes> <mode> <#options> <options>}: a device with a tag
 * for each block. The kernel's {@code drivers/md/dm-integrity.c}.
 *
 * <pre>
 * device, from the sector:  | superblock | journal | tags 0 | data 0 | tags 1 | data 1 | ...
 * with meta_device:         | superblock | journal | tags of all |     and the data elsewhere
 * </pre>
 *
 * A block is read whole or not at all, and not without its tag; tags are read in buffers. The
 * journal holds what was written in the last moments, and is written over and over: that a part of
 * it is bad is told of no sector. Without the superblock the target cannot be made again.
 *
 * <p>The superblock is not read. What it says stands in the line as {@code dmsetup table} prints
 * it, so {@code journal_sectors} must be there.
 */
final class Integrity implements Target {

  static final int SUPERBLOCK_SECTORS = 8;
  private static final int SECTOR_BYTES = 512;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "integrity";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          IntegrityLine line = new IntegrityLine(sectorCount, arguments);
          Parsed refused = line.read();
          return refused == null ? new Parsed.Ok(new Integrity(line)) : refused;
        }
      };

  private final long sectorCount;
  private final String arguments;
  private final List<Leg> legs;
  private final boolean separate;
  private final boolean checksTags;
  private final int tagBytes;
  private final int blockSectors;
  private final int bufferSectors;
  private final long initialSectors;
  private final long interleaveSectors;
  private final long tagRunSectors;

  private Integrity(IntegrityLine line) {
    sectorCount = line.sectorCount();
    arguments = line.text();
    separate = line.metaDevice() != null;
    checksTags = !line.mode().equals("R");
    tagBytes = line.tagBytes();
    blockSectors = line.blockSectors();
    initialSectors = SUPERBLOCK_SECTORS + line.journalSectors();
    if (separate) {
      interleaveSectors = sectorCount;
      bufferSectors = line.bufferSectors();
      long bytes = sectorCount / blockSectors * tagBytes;
      long bufferBytes = (long) bufferSectors * SECTOR_BYTES;
      tagRunSectors = (bytes + bufferBytes - 1) / bufferBytes * bufferSectors;
      legs =
          List.of(
              new Leg(line.device(), 0, sectorCount),
              new Leg(
                  String.valueOf(line.metaDevice()),
                  line.startSector(),
                  initialSectors + tagRunSectors,
                  LegRole.METADATA));
    } else {
      interleaveSectors = line.interleaveSectors();
      long bytes = interleaveSectors / blockSectors * tagBytes;
      long padding = line.paddingBytes();
      tagRunSectors = (bytes + padding - 1) / padding * padding / SECTOR_BYTES;
      bufferSectors = (int) Math.min(line.bufferSectors(), Long.lowestOneBit(tagRunSectors));
      long end = dataOffset(sectorCount - 1) + 1;
      legs = List.of(new Leg(line.device(), line.startSector(), end));
    }
  }

  /** Where a sector of data lies on its leg. */
  private long dataOffset(long sector) {
    if (separate) {
      return sector;
    }
    long area = sector / interleaveSectors;
    return initialSectors + sector + (area + 1) * tagRunSectors;
  }

  @Override
  public long sectorCount() {
    return sectorCount;
  }

  @Override
  public String arguments() {
    return arguments;
  }

  @Override
  public List<Leg> legs() {
    return legs;
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    Leg data = legs.getFirst();
    long from = offset;
    while (from < offset + count) {
      long toNextArea = interleaveSectors - from % interleaveSectors;
      long length = Math.min(toNextArea, offset + count - from);
      out.piece(from, length, data.device(), data.startSector() + dataOffset(from));
      from += length;
    }
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg != 0) {
      return;
    }
    if (separate) {
      data(legOffset, legOffset + count, out);
      return;
    }
    forEachArea(
        legOffset,
        count,
        (area, start, end) -> {
          long first = area * interleaveSectors;
          long from = Math.max(start - tagRunSectors, 0);
          long to = end - tagRunSectors;
          if (from < to) {
            data(first + from, first + to, out);
          }
        });
  }

  /** Sectors of data, outwards to whole blocks. */
  private void data(long start, long end, RangeConsumer out) {
    long from = start / blockSectors * blockSectors;
    long to = (end + blockSectors - 1) / blockSectors * blockSectors;
    to = Math.min(to, sectorCount);
    if (from < to) {
      out.accept(from, to - from);
    }
  }

  private interface AreaConsumer {
    /** Offsets within the tags and the data of an area. */
    void accept(long area, long start, long end);
  }

  private void forEachArea(long legOffset, long count, AreaConsumer out) {
    long areaSectors = interleaveSectors + tagRunSectors;
    long from = Math.max(legOffset, initialSectors) - initialSectors;
    long end = legOffset + count - initialSectors;
    while (from < end) {
      long area = from / areaSectors;
      long start = from % areaSectors;
      long length = Math.min(areaSectors - start, end - from);
      out.accept(area, start, start + length);
      from += length;
    }
  }

  @Override
  public void answer(int leg, long legOffset, long count, EffectConsumer out) {
    boolean onMetadata = !separate || leg == 1;
    if (onMetadata && legOffset < SUPERBLOCK_SECTORS) {
      out.accept(Effect.TARGET_FAILED, 0, sectorCount);
    }
    RangeConsumer lost = (from, sectors) -> out.accept(Effect.DATA_LOST, from, sectors);
    inverse(leg, legOffset, count, lost);
    if (!checksTags || !onMetadata) {
      return;
    }
    if (separate) {
      long end = legOffset + count - initialSectors;
      if (end > 0) {
        tags(0, Math.max(legOffset - initialSectors, 0), end, lost);
      }
    } else {
      forEachArea(
          legOffset,
          count,
          (area, start, end) -> {
            if (start < tagRunSectors) {
              tags(area * interleaveSectors, start, Math.min(end, tagRunSectors), lost);
            }
          });
    }
  }

  /** The blocks whose tags lie in buffers that cannot be read. */
  private void tags(long firstSector, long start, long end, RangeConsumer out) {
    long fromByte = start / bufferSectors * bufferSectors * SECTOR_BYTES;
    long toByte = (end + bufferSectors - 1) / bufferSectors * bufferSectors * SECTOR_BYTES;
    long first = fromByte / tagBytes * blockSectors;
    long last = (toByte + tagBytes - 1) / tagBytes * blockSectors;
    last = Math.min(last, interleaveSectors);
    if (first < last) {
      data(firstSector + first, firstSector + last, out);
    }
  }

  @Override
  public boolean joint() {
    return true;
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ;
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
