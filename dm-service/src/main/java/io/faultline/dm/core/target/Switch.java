package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code switch <paths> <region> 0 [<device> <sector>]...}: regions of one size, each on one of the
 * paths, at the same offset on any of them. The kernel's {@code drivers/md/dm-switch.c}. Which
 * region is on which path is told by messages; at first they go round.
 */
record Switch(long sectorCount, long regionSectors, List<Leg> legs, RegionTable table)
    implements MappedTarget {

  private static final long MAX_PATHS = 262_000;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "switch";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          ArgumentCursor words = new ArgumentCursor(arguments);
          long paths = words.read(1, MAX_PATHS);
          if (paths == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid number of paths", "there is one path at least");
          }
          long region = words.read(1, 0xFFFF_FFFFL);
          if (region == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid region size", "a region has one sector at least");
          }
          if (words.readGroup(0, 0) == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid number of optional args", "there are none, so it is 0");
          }
          if (words.left() != 2 * paths) {
            return Parsed.invalid(
                "Incorrect number of path arguments", "each path is: device sector");
          }
          List<Leg> legs = new ArrayList<>();
          while (words.left() > 0) {
            DeviceLookup.Answer device = words.device(String.valueOf(words.shift()));
            if (device instanceof DeviceLookup.Answer.NotFound none) {
              return new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
            }
            long start = words.read(0, Long.MAX_VALUE);
            if (start == Arguments.NO_NUMBER) {
              return Parsed.invalid(
                  "Invalid device starting offset", "the sector is a number from 0");
            }
            legs.add(new Leg(((DeviceLookup.Answer.Found) device).name(), start, sectorCount));
          }
          long regions = sectorCount / region + (sectorCount % region == 0 ? 0 : 1);
          if (regions > RegionTable.MAX_REGIONS) {
            return Parsed.invalid(
                "Region table too large", "it has " + RegionTable.MAX_REGIONS + " regions at most");
          }
          return new Parsed.Ok(
              new Switch(
                  sectorCount,
                  region,
                  List.copyOf(legs),
                  RegionTable.roundRobin((int) regions, (int) paths)));
        }
      };

  @Override
  public Switch withMap(CompiledMap map) {
    if (map instanceof RegionTable regions
        && regions.regions() == table.regions()
        && regions.paths() == table.paths()) {
      return new Switch(sectorCount, regionSectors, legs, regions);
    }
    throw new IllegalArgumentException("no region table of this target: " + map);
  }

  @Override
  public CompiledMap map() {
    return table;
  }

  @Override
  public String arguments() {
    StringBuilder text = new StringBuilder().append(legs.size());
    text.append(' ').append(regionSectors).append(" 0");
    for (Leg leg : legs) {
      text.append(' ').append(leg.device()).append(' ').append(leg.startSector());
    }
    return text.toString();
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    long from = offset;
    while (from < offset + count) {
      int region = (int) (from / regionSectors);
      long length = Math.min((region + 1L) * regionSectors, offset + count) - from;
      Leg leg = legs.get(table.path(region));
      out.piece(from, length, leg.device(), leg.startSector() + from);
      from += length;
    }
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    long end = legOffset + count;
    long from = legOffset;
    while (from < end) {
      int region = (int) (from / regionSectors);
      long to = Math.min((region + 1L) * regionSectors, end);
      if (table.path(region) == leg) {
        out.accept(from, to - from);
      }
      from = to;
    }
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
