package io.faultline.fs.core;

import io.faultline.events.ConsumedBy;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Signals to the processes that map what went bad, as {@code mf_dax_kill_procs} sends them (Linux
 * {@code mm/memory-failure.c}).
 *
 * <p>Poison that somebody else reports is told at once only to a process that asked for early kill,
 * by prctl or by the sysctl, and that has the page present; the others meet it when they touch it.
 * A device that is about to leave is told to every process that has a page of it present, whatever
 * it asked for. Pages of the page cache are copies: nobody is told of those.
 *
 * <p>A signal is for one page of the size that is mapped, its address the first bad 4 KiB in it,
 * and the page is then unmapped from every process.
 */
final class MemoryFailure {

  static final String ACTION_OPTIONAL = "BUS_MCEERR_AO";
  static final String ACTION_REQUIRED = "BUS_MCEERR_AR";
  static final String ADDRESS_ERROR = "BUS_ADRERR";
  static final int NO_LSB = -1;

  /**
   * Signals one mapping gets for one event at most. SIGBUS is not queued: a process sees one or two
   * of those that were sent before it ran.
   */
  static final int MAX_SIGNALS_PER_MAPPING = 256;

  private MemoryFailure() {}

  /**
   * Poison was reported in {@code bad}.
   *
   * @param consumedBy whose own load found it: that one is told that it must act, whatever it asked
   *     for; null where nobody's did
   */
  static void poisoned(
      Draft draft, Filesystem filesystem, Role role, Extents bad, @Nullable ConsumedBy consumedBy) {
    signal(
        draft,
        filesystem,
        role,
        bad,
        mapping -> mapping.killPolicy().isEarly(draft.state.earlyKill),
        consumedBy);
  }

  /** The same where the kernel's walk comes to nothing: only the load itself is answered. */
  static void consumed(
      Draft draft, Filesystem filesystem, Role role, Extents bad, ConsumedBy consumedBy) {
    signal(draft, filesystem, role, bad, mapping -> false, consumedBy);
  }

  /** {@code leaving} is about to be removed. */
  static void leaving(Draft draft, Filesystem filesystem, Role role, Extents leaving) {
    signal(draft, filesystem, role, leaving, mapping -> true, null);
  }

  private static void signal(
      Draft draft,
      Filesystem filesystem,
      Role role,
      Extents bad,
      Predicate<Mapping> isTold,
      @Nullable ConsumedBy consumedBy) {
    Map<Long, Extents> unmapped = new LinkedHashMap<>();
    for (Mapping mapping : Pages.mappingsOf(draft.state, filesystem)) {
      boolean consumes =
          consumedBy != null
              && mapping.pid() == consumedBy.pid()
              && mapping.id().equals(consumedBy.mapping());
      boolean direct = DirectAccess.isDirect(draft.state, filesystem, mapping.inode());
      if (direct && (consumes || isTold.test(mapping))) {
        Extents pages = kill(draft, filesystem, role, mapping, bad, consumes);
        unmapped.merge(mapping.inode(), pages, Extents::union);
      }
    }
    unmapped.forEach((inode, pages) -> Pages.unmap(draft, filesystem, inode, pages));
  }

  /** Signals one mapping; answers the pages that were hit, in sectors of the file. */
  private static Extents kill(
      Draft draft,
      Filesystem filesystem,
      Role role,
      Mapping mapping,
      Extents bad,
      boolean consumes) {
    // Whoever loads from a page has it, whether or not that load was told to us.
    Extents had = consumes ? Extents.of(Pages.span(mapping)) : Pages.deviceOf(draft.state, mapping);
    TreeMap<Long, Long> firstBadByPage = new TreeMap<>();
    Pages.forEachOn(
        draft.state,
        filesystem,
        role,
        mapping.inode(),
        had,
        bad,
        (fileSector, count) -> note(firstBadByPage, mapping, fileSector, count));
    Extents.Builder pages = Extents.builder();
    String code = consumes ? ACTION_REQUIRED : ACTION_OPTIONAL;
    int sent = 0;
    for (Map.Entry<Long, Long> page : firstBadByPage.entrySet()) {
      // One load hits one page.
      if (sent++ < (consumes ? 1 : MAX_SIGNALS_PER_MAPPING)) {
        long address = page.getValue() * SectorRange.SECTOR_BYTES - mapping.offsetBytes();
        draft.signal(mapping, code, address, mapping.pageShift());
      }
      pages.add(page.getKey(), mapping.pageBytes() / SectorRange.SECTOR_BYTES);
    }
    return pages.build();
  }

  private static void note(
      TreeMap<Long, Long> firstBadByPage, Mapping mapping, long fileSector, long count) {
    long pageSectors = mapping.pageBytes() / SectorRange.SECTOR_BYTES;
    long at = fileSector;
    while (at < fileSector + count) {
      long page = at - at % pageSectors;
      long basePage = at - at % Pages.BASE_PAGE_SECTORS;
      firstBadByPage.merge(page, basePage, Math::min);
      at = page + pageSectors;
    }
  }
}
