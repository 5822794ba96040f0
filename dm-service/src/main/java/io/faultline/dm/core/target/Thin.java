package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code thin <pool> <device id> [<external origin>]}: a volume whose blocks lie somewhere in a
 * pool, once they have been written. The kernel's {@code drivers/md/dm-thin.c}. What is not
 * provisioned reads as zeros, or as the external origin.
 *
 * @param externalOrigin null if it has none
 * @param map of the pool's metadata; null before the table is bound to its pool
 */
record Thin(
    long sectorCount,
    String pool,
    long deviceId,
    @Nullable String externalOrigin,
    @Nullable SectorMap map)
    implements PoolMember {

  private static final int POOL = 0;

  /** The kernel's {@code MAX_DEV_ID}. */
  private static final long MAX_DEVICE_ID = (1L << 24) - 1;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "thin";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          int count = arguments.count();
          if (count != 2 && count != 3) {
            return Parsed.invalid(
                "Invalid argument count", "the arguments are: pool device-id [external-origin]");
          }
          String origin = null;
          if (count == 3) {
            if (arguments.words().get(0).equals(arguments.words().get(2))) {
              return Parsed.invalid("Error setting origin device", "it is not the pool");
            }
            if (!(arguments.device(2) instanceof DeviceLookup.Answer.Found found)) {
              return Parsed.notFound("Error opening origin device", arguments.device(2));
            }
            origin = found.name();
          }
          if (!(arguments.device(0) instanceof DeviceLookup.Answer.Found pool)) {
            return Parsed.notFound("Error opening pool device", arguments.device(0));
          }
          long id = arguments.number(1);
          if (id == Arguments.NO_NUMBER || id > MAX_DEVICE_ID) {
            return Parsed.invalid("Invalid device id", "it is a number from 0 to 2^24 - 1");
          }
          return new Parsed.Ok(new Thin(sectorCount, pool.name(), id, origin, null));
        }
      };

  @Override
  public Parsed.@Nullable Refused misfit(LowerDevices lower) {
    return lower.soleTargetOf(pool) instanceof ThinPool
        ? null
        : new Parsed.Refused(
            "Couldn't find pool object", "-EINVAL", pool + " is no volume with a thin-pool target");
  }

  @Override
  public Target bound(@Nullable Target poolTarget, BlockMap blocks) {
    return poolTarget instanceof ThinPool thinPool
        ? new Thin(
            sectorCount,
            pool,
            deviceId,
            externalOrigin,
            new SectorMap(blocks, blocks.deviceOf(deviceId), thinPool.blockSectors()))
        : this;
  }

  private SectorMap blocks() {
    return map == null ? SectorMap.empty(1) : map;
  }

  @Override
  public String arguments() {
    return pool + " " + deviceId + (externalOrigin == null ? "" : " " + externalOrigin);
  }

  @Override
  public List<Leg> legs() {
    List<Leg> legs = new ArrayList<>();
    legs.add(Leg.whole(pool, LegRole.DATA));
    if (externalOrigin != null) {
      legs.add(Leg.whole(externalOrigin, LegRole.DATA));
    }
    return List.copyOf(legs);
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    String origin = externalOrigin;
    blocks()
        .forward(
            offset,
            count,
            (at, data, length, marked) -> out.piece(at, length, pool, data),
            (at, length) -> {
              if (origin == null) {
                out.hole(at, length, HoleKind.ZERO);
              } else {
                out.piece(at, length, origin, at);
              }
            });
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == POOL) {
      blocks()
          .inverse(
              legOffset,
              count,
              (at, data, length, marked) -> {
                if (at < sectorCount) {
                  out.accept(at, Math.min(length, sectorCount - at));
                }
              });
    } else if (legOffset < sectorCount) {
      blocks()
          .forward(
              legOffset,
              Math.min(count, sectorCount - legOffset),
              (at, data, length, marked) -> {},
              out);
    }
  }

  /** Both the pool's map and its data count, and only all that is bad tells which of them it is. */
  @Override
  public boolean joint() {
    return true;
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    if (bad.get(POOL).contains(ThinPool.MAP_SECTOR)) {
      out.accept(Effect.TARGET_FAILED, 0, sectorCount);
    } else {
      PoolMember.super.answer(bad, absent, out);
    }
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ;
  }

  /** What is provisioned already, in a pool that shares no block: nothing is allocated here. */
  @Override
  public boolean writable(long offset, long count) {
    boolean[] gap = new boolean[1];
    blocks()
        .forward(offset, count, (at, data, length, marked) -> {}, (at, length) -> gap[0] = true);
    return !gap[0] && !blocks().blocks().sharesBlocks();
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
