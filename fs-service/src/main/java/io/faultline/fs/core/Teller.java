package io.faultline.fs.core;

import io.faultline.events.Cause;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RecoveredData;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Telling;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says what a lost (or recovered) range means: an event for each piece of a file, one for each kind
 * of metadata, the log, and space that nobody owns; in the order of the sectors.
 *
 * <p>A range may have millions of owners. One step tells at most {@link #MAX_RECORDS_PER_STEP} of
 * them; what is left is kept and told on as time passes, between other work of the host.
 */
final class Teller {

  static final int MAX_RECORDS_PER_STEP = 5000;

  private Teller() {}

  /** Tells of a loss, and keeps what is too much for one step. Nothing beyond the filesystem. */
  static void lost(Draft draft, Filesystem filesystem, Role role, Extents ranges, Cause cause) {
    begin(draft, filesystem, role, cause, null, ranges);
  }

  /** Tells which pieces of files can be used again, with what they should hold. */
  static void recovered(
      Draft draft, Filesystem filesystem, Role role, Extents ranges, RecoveredData data) {
    begin(draft, filesystem, role, null, data, ranges);
  }

  private static void begin(
      Draft draft,
      Filesystem filesystem,
      Role role,
      @Nullable Cause cause,
      @Nullable RecoveredData data,
      Extents ranges) {
    Extents known = ranges.subtract(tellUnknown(draft, filesystem, role, cause, ranges));
    Telling telling =
        new Telling(
            filesystem.name(),
            role,
            cause,
            data,
            Objects.requireNonNullElse(draft.faultId(), ""),
            draft.causationId(),
            known);
    Step step = tell(draft, filesystem, telling, MAX_RECORDS_PER_STEP);
    if (!step.left().isEmpty()) {
      draft.fact(
          Keys.telling(filesystem.name(), draft.stamp.newId()), telling.withRemaining(step.left()));
    }
  }

  /** Tells what of a loss lies where nobody knows owners any more; answers all that lies there. */
  private static Extents tellUnknown(
      Draft draft, Filesystem filesystem, Role role, @Nullable Cause cause, Extents ranges) {
    if (role != Role.DATA) {
      return Extents.EMPTY;
    }
    Extents unknown = ranges.intersect(Damage.closed(draft.state, filesystem, draft.faultId()));
    if (cause != null && !unknown.isEmpty()) {
      draft.publish(
          filesystem,
          new RangeUnowned(
              draft.state.host,
              filesystem.name(),
              SpecialOwner.UNKNOWN.kernelName(),
              filesystem.spec().data(),
              unknown,
              cause));
    }
    return unknown;
  }

  /** Goes on with what earlier steps left, oldest first. */
  static void goOn(Draft draft) {
    int budget = MAX_RECORDS_PER_STEP;
    for (Map.Entry<String, Telling> entry : draft.state.tellings.entrySet()) {
      Telling telling = entry.getValue();
      Filesystem filesystem = draft.state.filesystems.get(telling.filesystem());
      if (filesystem == null || !filesystem.isMounted()) {
        draft.gone(entry.getKey());
        continue;
      }
      if (budget <= 0) {
        return;
      }
      draft.because(telling.faultId().isEmpty() ? null : telling.faultId(), telling.causationId());
      Step step = tell(draft, filesystem, telling, budget);
      budget -= step.told();
      if (step.left().isEmpty()) {
        draft.gone(entry.getKey());
      } else {
        draft.fact(entry.getKey(), telling.withRemaining(step.left()));
      }
    }
  }

  private record Step(int told, Extents left) {}

  private static Step tell(Draft draft, Filesystem filesystem, Telling telling, int budget) {
    ReverseMap map = draft.state.map(filesystem, telling.role());
    Extents ranges = telling.remaining().clip(SectorRange.between(0, map.endSector()));
    Effects effects = new Effects(draft, filesystem, telling, map);
    for (int i = 0; i < ranges.rangeCount(); i++) {
      long start = ranges.startSector(i);
      while (start < ranges.endSector(i)) {
        if (effects.told >= budget) {
          effects.publish();
          SectorRange rest = SectorRange.between(start, Long.MAX_VALUE);
          return new Step(effects.told, ranges.clip(rest));
        }
        long end = Math.min(ranges.endSector(i), windowEnd(map, start, budget - effects.told));
        effects.add(start, end);
        start = end;
      }
    }
    effects.publish();
    return new Step(effects.told, Extents.EMPTY);
  }

  /**
   * Where to cut a range so that about {@code records} records start in it: between two starts, so
   * that each record is told once on either side of the cut, with what lies there.
   */
  private static long windowEnd(ReverseMap map, long start, int records) {
    long[] cut = {Long.MAX_VALUE};
    int[] starting = {0};
    map.forEachOverlapping(
        start,
        map.endSector(),
        record -> {
          if (record.startSector() > start && starting[0] >= records) {
            cut[0] = record.startSector();
            return false;
          }
          starting[0] += record.startSector() >= start ? 1 : 0;
          return true;
        });
    return cut[0];
  }

  /** What one step found, in the order in which it was hit. */
  private static final class Effects {
    private final Draft draft;
    private final Filesystem filesystem;
    private final Telling telling;
    private final ReverseMap map;
    private final Names paths;
    private final String device;
    private final Map<Object, Object> found = new LinkedHashMap<>();
    private final EnumMap<SpecialOwner, Extents.Builder> special =
        new EnumMap<>(SpecialOwner.class);
    private final Map<Long, List<String>> names = new LinkedHashMap<>();
    private int told;

    Effects(Draft draft, Filesystem filesystem, Telling telling, ReverseMap map) {
      this.draft = draft;
      this.filesystem = filesystem;
      this.telling = telling;
      this.map = map;
      this.paths = draft.state.names(filesystem);
      this.device = Objects.requireNonNull(filesystem.spec().device(telling.role()));
    }

    void add(long start, long end) {
      map.forEachOverlapping(
          start,
          end,
          record -> {
            long from = Math.max(start, record.startSector());
            long count = Math.min(end, record.endSector()) - from;
            if (record.isInode()) {
              if (isNews(record)) {
                found.put(told, fileEvent(record, from, count));
              }
            } else {
              SpecialOwner owner = record.special();
              special.computeIfAbsent(owner, o -> Extents.builder()).add(from, count);
              found.putIfAbsent(owner, owner);
            }
            told++;
            return true;
          });
    }

    /**
     * Zeroes can be read, but what was there is lost as before; an unwritten extent held nothing
     * else.
     */
    private boolean isNews(ReverseMap.Cursor record) {
      boolean isBlank = record.fork() == Fork.DATA && record.unwritten();
      return telling.data() != RecoveredData.ZEROED || isBlank;
    }

    void publish() {
      for (Object effect : found.values()) {
        if (effect instanceof EventData event) {
          draft.publish(filesystem, event);
        } else if (effect instanceof SpecialOwner owner && telling.cause() != null) {
          Extents ranges = Objects.requireNonNull(special.get(owner)).build();
          publish(owner, ranges, telling.cause());
        }
      }
    }

    private void publish(SpecialOwner owner, Extents ranges, Cause cause) {
      boolean hasSuperblock =
          owner == SpecialOwner.STATIC_FS_METADATA && telling.role() == Role.DATA;
      Extents rest = hasSuperblock ? PrimarySuperblock.rebuildable(map, ranges) : ranges;
      Extents superblock = ranges.subtract(rest);
      if (!superblock.isEmpty()) {
        draft.publish(filesystem, metadataEvent(owner, superblock, cause, false));
      }
      if (!rest.isEmpty()) {
        draft.publish(filesystem, specialEvent(owner, rest, cause));
      }
      boolean trees = owner == SpecialOwner.PER_AG_METADATA && telling.role() == Role.DATA;
      if (trees && filesystem.spec().policy() == Policy.PRECISE) {
        Damage.add(draft, filesystem, rest);
      }
    }

    private EventData metadataEvent(
        SpecialOwner owner, Extents ranges, Cause cause, boolean rebuildable) {
      return new MetadataLost(
          draft.state.host,
          filesystem.name(),
          owner.kernelName(),
          device,
          ranges,
          rebuildable,
          cause);
    }

    private EventData fileEvent(ReverseMap.Cursor record, long from, long count) {
      Fork fork = record.fork();
      long inode = record.inode();
      long offset =
          fork == Fork.BMBT ? 0 : record.fileOffsetSectors() + (from - record.startSector());
      List<String> known = names.computeIfAbsent(inode, paths::pathsOf);
      Block block = new Block(device, Extents.of(from, count));
      Cause cause = telling.cause();
      if (cause != null) {
        return new FileRangeLost(
            draft.state.host,
            filesystem.name(),
            inode,
            known,
            fork.word(),
            offset * SectorRange.SECTOR_BYTES,
            count * SectorRange.SECTOR_BYTES,
            record.shared(),
            record.unwritten(),
            cause,
            block);
      }
      return new FileRangeRecovered(
          draft.state.host,
          filesystem.name(),
          inode,
          known,
          fork.word(),
          offset * SectorRange.SECTOR_BYTES,
          count * SectorRange.SECTOR_BYTES,
          record.shared(),
          record.unwritten(),
          Objects.requireNonNull(telling.data()),
          block);
    }

    private EventData specialEvent(SpecialOwner owner, Extents ranges, Cause cause) {
      String host = draft.state.host;
      String name = filesystem.name();
      return switch (owner) {
        case FREE_SPACE, UNKNOWN ->
            new RangeUnowned(host, name, owner.kernelName(), device, ranges, cause);
        case JOURNALLING_LOG -> new LogLost(host, name, device, ranges, false, cause);
        case STATIC_FS_METADATA,
            PER_AG_METADATA,
            INODE_BTREE,
            INODES,
            REFCOUNT_BTREE,
            COW_RESERVATION,
            DEFECTIVE ->
            metadataEvent(owner, ranges, cause, owner.rebuildable());
      };
    }
  }
}
