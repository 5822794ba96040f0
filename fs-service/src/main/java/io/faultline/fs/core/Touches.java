package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.PresentPages;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process loads from or stores to a page of a mapping. A page that is present is reached without
 * the filesystem; one that is not is a page fault, which a filesystem that was shut down refuses.
 *
 * <p>With DAX a page is the device's memory: a bad one is a machine check ({@code BUS_MCEERR_AR}),
 * one behind a device that left a bus error. Without DAX it is a copy in the page cache, which
 * stays readable whatever happens to the device; only reading it in can fail.
 */
final class Touches {

  private Touches() {}

  static Decision<FsFact> touch(Draft draft, FsCommand.TouchPage command) {
    ProcessState process = draft.state.processes.get(command.pid());
    Mapping mapping = process == null ? null : process.mappings.get(command.mapping());
    if (mapping == null) {
      return draft.reply(
          Problem.notFound("Process " + command.pid() + " has no mapping " + command.mapping())
              .asAnswer());
    }
    long bytes = Pages.span(mapping).sectorCount() * SectorRange.SECTOR_BYTES;
    if (command.offsetBytes() >= bytes) {
      return draft.reply(
          Problem.refused(
                  "outside-mapping",
                  "The address is not mapped",
                  "Offset "
                      + command.offsetBytes()
                      + " is past the mapping's "
                      + bytes
                      + " bytes: SIGSEGV")
              .asAnswer());
    }
    return new Fault(draft, mapping, command).handle();
  }

  /** One touch. */
  private static final class Fault {
    private final Draft draft;
    private final Mapping mapping;
    private final boolean store;
    private final @Nullable Filesystem filesystem;
    private final long pageOffsetBytes;

    /** The touched 4 KiB, in sectors of the file. */
    private final SectorRange page;

    private final PresentPages present;
    private final long window;
    private final List<OnDevice> below = new ArrayList<>();

    /** Where a piece of the page lies. */
    private record OnDevice(Role role, Extents sectors, boolean unwritten) {}

    Fault(Draft draft, Mapping mapping, FsCommand.TouchPage command) {
      this.draft = draft;
      this.mapping = mapping;
      this.store = command.store();
      this.filesystem = draft.state.filesystems.get(mapping.filesystem());
      this.pageOffsetBytes = command.offsetBytes() - command.offsetBytes() % Pages.BASE_PAGE_BYTES;
      long first = (mapping.offsetBytes() + pageOffsetBytes) / SectorRange.SECTOR_BYTES;
      this.page = new SectorRange(first, Pages.BASE_PAGE_SECTORS);
      this.window = first / Pages.WINDOW_SECTORS;
      this.present = draft.pages(mapping, window);
      if (filesystem != null) {
        FileExtents.forEach(
            draft.state,
            filesystem,
            mapping.inode(),
            page.startSector(),
            page.endSector(),
            (role, fileSector, deviceSector, count, unwritten) ->
                below.add(new OnDevice(role, Extents.of(deviceSector, count), unwritten)));
      }
    }

    Decision<FsFact> handle() {
      if (present.copied().intersects(page)) {
        return ok();
      }
      boolean livingMount =
          filesystem != null
              && filesystem.isMounted()
              && filesystem.state().mount() == mapping.mount();
      if (filesystem == null || !livingMount) {
        return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
      }
      return DirectAccess.isDirect(draft.state, filesystem, mapping.inode())
          ? touchDevice(filesystem)
          : touchCache(filesystem);
    }

    private Decision<FsFact> touchDevice(Filesystem on) {
      boolean reachable = !isRevoked(on) && !isUnreachable(on);
      if (reachable && present.device().intersects(page)) {
        Extents poisoned = poisoned(on);
        if (!poisoned.isEmpty()) {
          return signal(MemoryFailure.ACTION_REQUIRED, mapping.pageShift(), poisoned);
        }
        boolean writable = !store || present.writable().intersects(page);
        return writable ? waitIfFrozen(on, this::ok) : makeWritable(on);
      }
      if (reachable && !store && present.zero().intersects(page)) {
        return ok();
      }
      return fault(on);
    }

    /** A page that was only loaded is write-protected: the first store asks the filesystem. */
    private Decision<FsFact> makeWritable(Filesystem on) {
      if (on.isShutDown()) {
        return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
      }
      return waitIfFrozen(on, this::map);
    }

    private Decision<FsFact> fault(Filesystem on) {
      if (on.isShutDown() || isUnreachable(on)) {
        return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
      }
      boolean readsZeros = !store && below.stream().allMatch(OnDevice::unwritten);
      if (!readsZeros) {
        Extents poisoned = poisoned(on);
        if (!poisoned.isEmpty()) {
          // The large mapping does not come about: the fault is for the one small page.
          return signal(MemoryFailure.ACTION_REQUIRED, Pages.BASE_PAGE_SHIFT, poisoned);
        }
      }
      return waitIfFrozen(on, this::map);
    }

    private Decision<FsFact> touchCache(Filesystem on) {
      boolean revoked = isRevoked(on);
      if (!revoked && present.device().intersects(page)) {
        boolean writable = !store || present.writable().intersects(page);
        return writable ? waitIfFrozen(on, this::ok) : makeWritable(on);
      }
      boolean cached = !revoked && isCached(on);
      if (on.isShutDown() && (store || !cached)) {
        return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
      }
      if (!cached && (isUnreachable(on) || !poisoned(on).isEmpty())) {
        // The page cannot be read in: an I/O error is a bus error to a mapping.
        return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
      }
      return waitIfFrozen(on, this::map);
    }

    /** Whether some mapping has brought the page in: the cache belongs to the file. */
    private boolean isCached(Filesystem on) {
      for (Mapping other : Pages.mappingsOf(draft.state, on)) {
        if (other.inode() == mapping.inode()
            && draft.pages(other, window).device().intersects(page)) {
          return true;
        }
      }
      return false;
    }

    private boolean isRevoked(Filesystem on) {
      List<Role> revoked = on.state().revoked();
      return below.isEmpty()
          ? revoked.contains(Role.DATA)
          : below.stream().anyMatch(piece -> revoked.contains(piece.role()));
    }

    private Extents poisoned(Filesystem on) {
      Extents bad = Extents.EMPTY;
      for (OnDevice piece : below) {
        bad = bad.union(faults(on, piece).media().intersect(piece.sectors()));
      }
      return bad;
    }

    private boolean isUnreachable(Filesystem on) {
      return below.stream()
          .anyMatch(piece -> !faults(on, piece).unreachable().intersect(piece.sectors()).isEmpty());
    }

    private DeviceFaults faults(Filesystem on, OnDevice piece) {
      return draft.state.faultsOf(Objects.requireNonNull(on.spec().device(piece.role())));
    }

    /** A store to a shared page of a frozen filesystem waits until it is thawed. */
    private Decision<FsFact> waitIfFrozen(Filesystem on, Supplier<Decision<FsFact>> go) {
      boolean waits = store && mapping.shared() && on.state().frozen() && !on.isShutDown();
      return waits ? draft.reply(Problems.frozen(on).asAnswer()) : go.get();
    }

    private Decision<FsFact> map() {
      if (store && mapping.shared() && filesystem != null) {
        PageFaults.Made made = PageFaults.makeWritable(draft, filesystem, mapping.inode(), page);
        if (made.decision() != null) {
          return made.decision();
        }
        if (made.failed()) {
          // As the kernel answers a page fault for which there is no room: VM_FAULT_SIGBUS.
          return signal(MemoryFailure.ADDRESS_ERROR, MemoryFailure.NO_LSB, null);
        }
      }
      boolean zeros = !store && below.stream().allMatch(OnDevice::unwritten);
      SectorRange whole = zeros ? page : Pages.pageAround(mapping, page.startSector());
      long first = whole.startSector() / Pages.WINDOW_SECTORS;
      long last = (whole.endSector() - 1) / Pages.WINDOW_SECTORS;
      for (long each = first; each <= last; each++) {
        SectorRange part =
            whole.intersect(new SectorRange(each * Pages.WINDOW_SECTORS, Pages.WINDOW_SECTORS));
        draft.putPages(mapping, each, mapped(draft.pages(mapping, each), part, zeros));
      }
      return ok();
    }

    private PresentPages mapped(PresentPages before, SectorRange range, boolean zeros) {
      Extents pages = Extents.of(range);
      Extents here = Extents.of(page);
      if (store && !mapping.shared()) {
        return new PresentPages(
            before.device().subtract(here),
            before.writable(),
            before.zero().subtract(here),
            before.copied().union(here.intersect(pages)));
      }
      if (zeros) {
        return new PresentPages(
            before.device(), before.writable(), before.zero().union(pages), before.copied());
      }
      Extents device = pages.subtract(before.copied());
      return new PresentPages(
          before.device().union(device),
          store ? before.writable().union(device) : before.writable(),
          before.zero().subtract(device),
          before.copied());
    }

    private Decision<FsFact> ok() {
      return draft.reply(Answer.ok(new Views.AccessView("ok", null, null, null)));
    }

    private Decision<FsFact> signal(String code, int lsb, @Nullable Extents poisoned) {
      if (poisoned != null) {
        draft.because(faultOf(poisoned), null);
        if (filesystem != null && present.device().intersects(page)) {
          Extents whole = Extents.of(Pages.pageAround(mapping, page.startSector()));
          Pages.unmap(draft, filesystem, mapping.inode(), whole);
        }
      }
      draft.signal(mapping, code, pageOffsetBytes, lsb);
      return draft.reply(Answer.ok(new Views.AccessView("signal", code, pageOffsetBytes, lsb)));
    }

    private @Nullable String faultOf(Extents poisoned) {
      if (filesystem == null) {
        return null;
      }
      for (OnDevice piece : below) {
        String fault = faults(filesystem, piece).faultOf(poisoned.intersect(piece.sectors()));
        if (fault != null) {
          return fault;
        }
      }
      return null;
    }
  }
}
