package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.PresentPages;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Units of pages, and the walk over a filesystem's process mappings. */
final class Pages {

  static final int BASE_PAGE_BYTES = 4096;
  static final int BASE_PAGE_SHIFT = 12;
  static final long BASE_PAGE_SECTORS = BASE_PAGE_BYTES / SectorRange.SECTOR_BYTES;

  /** Present pages are kept in windows of this many sectors of the file (64 MiB). */
  static final long WINDOW_SECTORS = (64L << 20) / SectorRange.SECTOR_BYTES;

  private Pages() {}

  /** The mappings of a filesystem that belong to its present mount, by process and name. */
  static List<Mapping> mappingsOf(FsState state, Filesystem filesystem) {
    List<Mapping> mappings = new ArrayList<>();
    for (ProcessState process : state.processes.values()) {
      for (Mapping mapping : process.mappings.values()) {
        if (mapping.filesystem().equals(filesystem.name())
            && mapping.mount() == filesystem.state().mount()) {
          mappings.add(mapping);
        }
      }
    }
    return mappings;
  }

  /** The windows of a mapping in which something is present. */
  static Map<Long, PresentPages> windowsOf(FsState state, Mapping mapping) {
    ProcessState process = state.processes.get(mapping.pid());
    return process == null ? Map.of() : process.present(mapping.id());
  }

  /** The pages of a mapping that are the device's memory, in sectors of the file. */
  static Extents deviceOf(FsState state, Mapping mapping) {
    Extents.Builder device = Extents.builder();
    for (PresentPages present : windowsOf(state, mapping).values()) {
      device.addAll(present.device());
    }
    return device.build();
  }

  /**
   * Where pages of a file lie in {@code ranges} of a device.
   *
   * @param pages sectors of the file
   * @param ranges sectors of the device
   * @param hits takes sectors of the file
   */
  static void forEachOn(
      FsState state,
      Filesystem filesystem,
      Role role,
      long inode,
      Extents pages,
      Extents ranges,
      RangeConsumer hits) {
    for (int i = 0; i < pages.rangeCount(); i++) {
      FileExtents.forEach(
          state,
          filesystem,
          inode,
          pages.startSector(i),
          pages.endSector(i),
          (on, fileSector, deviceSector, count, unwritten) -> {
            if (on == role) {
              ranges
                  .clip(new SectorRange(deviceSector, count))
                  .forEach((start, hit) -> hits.accept(fileSector + start - deviceSector, hit));
            }
          });
    }
  }

  /** Sectors of the file, from the mapping's offset on. */
  static SectorRange span(Mapping mapping) {
    long start = mapping.offsetBytes() / SectorRange.SECTOR_BYTES;
    long pages = (mapping.lengthBytes() + BASE_PAGE_BYTES - 1) / BASE_PAGE_BYTES;
    return new SectorRange(start, pages * BASE_PAGE_SECTORS);
  }

  /** The mapping's page (of its own size) around a sector of the file. */
  static SectorRange pageAround(Mapping mapping, long fileSector) {
    long pageSectors = mapping.pageBytes() / SectorRange.SECTOR_BYTES;
    long start = fileSector - fileSector % pageSectors;
    return new SectorRange(start, pageSectors).intersect(span(mapping));
  }

  /**
   * The blocks of a file are not what they were: whoever has a page of them, or one of zeros
   * because there were none, has to ask for it again. Copies that are private stay.
   */
  static void invalidate(Draft draft, Filesystem filesystem, long inode, Extents fileSectors) {
    Extents pages = fileSectors.roundOut(BASE_PAGE_SECTORS);
    for (Mapping mapping : mappingsOf(draft.state, filesystem)) {
      if (mapping.inode() == inode) {
        for (Long window : windowsOf(draft.state, mapping).keySet()) {
          PresentPages before = draft.pages(mapping, window);
          PresentPages after = before.invalidated(pages);
          if (!after.equals(before)) {
            draft.putPages(mapping, window, after);
          }
        }
      }
    }
  }

  /** Takes pages away from every mapping of a file. */
  static void unmap(Draft draft, Filesystem filesystem, long inode, Extents fileSectors) {
    for (Mapping mapping : mappingsOf(draft.state, filesystem)) {
      if (mapping.inode() != inode) {
        continue;
      }
      for (Long window : windowsOf(draft.state, mapping).keySet()) {
        PresentPages before = draft.pages(mapping, window);
        PresentPages after = before.without(fileSectors);
        if (!after.equals(before)) {
          draft.putPages(mapping, window, after);
        }
      }
    }
  }
}
