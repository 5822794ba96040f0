package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/** The files of a filesystem: who decides which command, and when none can be carried out. */
final class Files {

  private Files() {}

  static Decision<FsFact> decide(Draft draft, FileCommand command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    Problem refusal = whyNot(draft.state, filesystem, command);
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    return switch (command) {
      case FileCommand.PlanRead read -> FileReads.plan(draft.state, filesystem, read);
      case FileCommand.StatFile stat -> FileReads.stat(draft.state, filesystem, stat);
      case FileCommand.ListDirectory list -> FileReads.list(draft.state, filesystem, list);
      case FileCommand.GetLayout layout -> FileReads.layout(draft.state, filesystem, layout);
      case FileCommand.PlanWrite write -> FileWrites.plan(draft, filesystem, write);
      case FileCommand.CommitWrite commit -> FileWrites.commit(draft, filesystem, commit);
      case FileCommand.AbandonWrite abandon -> FileWrites.abandon(draft, filesystem, abandon);
      case FileCommand.FindWrite find -> FileWrites.find(draft.state, filesystem, find);
      case FileCommand.MakeDirectory make -> FileNames.makeDirectory(draft, filesystem, make);
      case FileCommand.Unlink unlink -> FileNames.unlink(draft, filesystem, unlink);
      case FileCommand.Rename rename -> FileNames.rename(draft, filesystem, rename);
      case FileCommand.Link link -> FileNames.link(draft, filesystem, link);
      case FileCommand.Reflink reflink -> FileRanges.reflink(draft, filesystem, reflink);
      case FileCommand.Truncate truncate -> FileRanges.truncate(draft, filesystem, truncate);
      case FileCommand.Punch punch -> FileRanges.punch(draft, filesystem, punch);
      case FileCommand.Allocate allocate -> FileRanges.allocate(draft, filesystem, allocate);
      case FileCommand.SetDax dax -> FileAttributes.setDax(draft, filesystem, dax);
      case FileCommand.SetRealtime set -> FileAttributes.setRealtime(draft, filesystem, set);
      case FileCommand.SetXattr set -> FileAttributes.set(draft, filesystem, set);
      case FileCommand.GetXattr get -> FileAttributes.get(draft.state, filesystem, get);
      case FileCommand.RemoveXattr remove -> FileAttributes.remove(draft, filesystem, remove);
    };
  }

  private static @Nullable Problem whyNot(
      FsState state, Filesystem filesystem, FileCommand command) {
    // A freeze is met first: a change of one that was shut down while it was frozen waits for the
    // thaw, and only then is told.
    boolean waits = changes(command) && filesystem.isMounted() && filesystem.state().frozen();
    Problem unusable =
        waits
            ? Problems.frozen(filesystem)
            : Filesystems.whyNotUsable(filesystem, filesystem.name());
    if (unusable != null) {
      return unusable;
    }
    Problem path = whyNotPaths(command);
    if (path != null) {
      return path;
    }
    return Disks.whyNone(state, filesystem);
  }

  private static @Nullable Problem whyNotPaths(FileCommand command) {
    return switch (command) {
      case FileCommand.PlanRead read -> Paths.whyNot(read.path());
      case FileCommand.StatFile stat -> Paths.whyNot(stat.path());
      case FileCommand.ListDirectory list -> Paths.whyNot(list.path());
      case FileCommand.GetLayout layout -> Paths.whyNot(layout.path());
      case FileCommand.PlanWrite write -> Paths.whyNot(write.path());
      case FileCommand.CommitWrite ignored -> null;
      case FileCommand.AbandonWrite ignored -> null;
      case FileCommand.FindWrite ignored -> null;
      case FileCommand.MakeDirectory make -> Paths.whyNot(make.path());
      case FileCommand.Unlink unlink -> Paths.whyNot(unlink.path());
      case FileCommand.Rename rename -> whyNotBoth(rename.path(), rename.to());
      case FileCommand.Link link -> whyNotBoth(link.path(), link.to());
      case FileCommand.Reflink reflink -> whyNotBoth(reflink.path(), reflink.to());
      case FileCommand.Truncate truncate -> Paths.whyNot(truncate.path());
      case FileCommand.Punch punch -> Paths.whyNot(punch.path());
      case FileCommand.Allocate allocate -> Paths.whyNot(allocate.path());
      case FileCommand.SetDax dax -> Paths.whyNot(dax.path());
      case FileCommand.SetRealtime set -> Paths.whyNot(set.path());
      case FileCommand.SetXattr set -> Paths.whyNot(set.path());
      case FileCommand.GetXattr get -> Paths.whyNot(get.path());
      case FileCommand.RemoveXattr remove -> Paths.whyNot(remove.path());
    };
  }

  private static @Nullable Problem whyNotBoth(String path, String to) {
    Problem first = Paths.whyNot(path);
    return first != null ? first : Paths.whyNot(to);
  }

  private static boolean changes(FileCommand command) {
    return switch (command) {
      case FileCommand.PlanRead ignored -> false;
      case FileCommand.StatFile ignored -> false;
      case FileCommand.ListDirectory ignored -> false;
      case FileCommand.GetLayout ignored -> false;
      case FileCommand.GetXattr ignored -> false;
      case FileCommand.FindWrite ignored -> false;
      case FileCommand.PlanWrite ignored -> true;
      case FileCommand.CommitWrite ignored -> true;
      case FileCommand.AbandonWrite ignored -> true;
      case FileCommand.MakeDirectory ignored -> true;
      case FileCommand.Unlink ignored -> true;
      case FileCommand.Rename ignored -> true;
      case FileCommand.Link ignored -> true;
      case FileCommand.Reflink ignored -> true;
      case FileCommand.Truncate ignored -> true;
      case FileCommand.Punch ignored -> true;
      case FileCommand.Allocate ignored -> true;
      case FileCommand.SetDax ignored -> true;
      case FileCommand.SetRealtime ignored -> true;
      case FileCommand.SetXattr ignored -> true;
      case FileCommand.RemoveXattr ignored -> true;
    };
  }
}
