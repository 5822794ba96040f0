package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.Views.ImpactFilesystem;
import io.faultline.fs.core.Views.ImpactProcess;
import io.faultline.fs.core.Views.ImpactView;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.core.Views.OwnersView;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What if a range went bad: the same rules, and nothing changes. */
final class Impact {

  /** Owners that are named of each filesystem. */
  static final int MAX_OWNERS = 10_000;

  private Impact() {}

  static Decision<FsFact> ask(FsState state, FsCommand.AskImpact command) {
    List<ImpactFilesystem> filesystems = new ArrayList<>();
    for (FsCommand.Target target : command.targets()) {
      Filesystem filesystem = state.mountedOn(target.device());
      Role role = filesystem == null ? null : FsState.roleOf(filesystem, target.device());
      if (filesystem != null && role != null) {
        filesystems.add(impact(state, filesystem, role, target));
      }
    }
    return Decision.reply(Answer.ok(new ImpactView(filesystems)));
  }

  private static ImpactFilesystem impact(
      FsState state, Filesystem filesystem, Role role, FsCommand.Target target) {
    Extents device = Extents.of(0, filesystem.sectors(role));
    Extents ranges = target.whole() ? device : target.ranges().intersect(device);
    List<OwnerView> owners = new ArrayList<>();
    boolean more = false;
    for (int i = 0; i < ranges.rangeCount() && !more; i++) {
      SectorRange asked = new SectorRange(ranges.startSector(i), ranges.sectorCount(i));
      int room = MAX_OWNERS - owners.size();
      if (room == 0) {
        more = true;
      } else {
        OwnersView found = Owners.find(state, filesystem, role, asked, room, null);
        owners.addAll(found.owners());
        more = found.next() != null;
      }
    }
    ShutdownReason reason = shutdown(state, filesystem, role, ranges, target.whole());
    return new ImpactFilesystem(
        filesystem.name(),
        target.device(),
        role.word(),
        ranges,
        owners,
        more,
        processes(state, filesystem, role, ranges),
        reason != null,
        reason == null ? null : reason.name());
  }

  private static @Nullable ShutdownReason shutdown(
      FsState state, Filesystem filesystem, Role role, Extents ranges, boolean whole) {
    if (filesystem.isShutDown() || ranges.isEmpty()) {
      return null;
    }
    if (whole) {
      return ShutdownReason.DEVICE_REMOVED;
    }
    boolean fatal =
        role == Role.LOG
            ? Verdict.isLogFatal(state, filesystem, ranges)
            : filesystem.isWalkable(role) && Verdict.isFatal(state, filesystem, role, ranges);
    return fatal ? ShutdownReason.CORRUPT_ONDISK : null;
  }

  private static List<ImpactProcess> processes(
      FsState state, Filesystem filesystem, Role role, Extents ranges) {
    List<ImpactProcess> processes = new ArrayList<>();
    for (Mapping mapping : Pages.mappingsOf(state, filesystem)) {
      SectorRange span = Pages.span(mapping);
      Extents.Builder lost = Extents.builder();
      Pages.forEachOn(
          state, filesystem, role, mapping.inode(), Extents.of(span), ranges, lost::add);
      Extents hit = lost.build();
      if (!hit.isEmpty()) {
        Extents pages = hit.roundOut(Pages.BASE_PAGE_SECTORS);
        boolean present = !Pages.deviceOf(state, mapping).intersect(pages).isEmpty();
        long address = (pages.startSector(0) - span.startSector()) * SectorRange.SECTOR_BYTES;
        processes.add(
            new ImpactProcess(
                mapping.pid(),
                mapping.id(),
                mapping.path(),
                address,
                present
                    && DirectAccess.isDirect(state, filesystem, mapping.inode())
                    && mapping.killPolicy().isEarly(state.earlyKill)));
      }
    }
    return processes;
  }
}
