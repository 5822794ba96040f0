package io.faultline.fs.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.KnownDevice;
import io.faultline.fs.core.FsFact.SliceProgress;
import io.faultline.fs.core.Views.KernelView;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Problem;
import java.util.Objects;

/** The filesystem layer: what it decides, and what changes by it. */
public final class FsCore implements LayerCore<FsState, FsCommand, FsFact> {

  @Override
  public FsState initial(String host) {
    return new FsState(host);
  }

  @Override
  public FsState evolve(FsState state, Fact<FsFact> fact) {
    state.apply(fact);
    return state;
  }

  @Override
  public boolean waitsForTime(FsState state) {
    return !state.tellings.isEmpty()
        || Removals.waitsForTime(state)
        || state.contents.values().stream().anyMatch(each -> !each.writes.isEmpty())
        || Orphans.areThere(state)
        || state.contents.keySet().stream().anyMatch(id -> !state.isLive(id))
        || state.uploads.values().stream().anyMatch(upload -> upload.upload() != null);
  }

  @Override
  public Decision<FsFact> decide(FsState state, Input<FsCommand> input) {
    Draft draft = new Draft(state, input.stamp());
    return switch (input) {
      case Input.Heard<FsCommand> heard -> heard(draft, heard.event());
      case Input.Commanded<FsCommand> commanded -> commanded(draft, commanded.command());
      case Input.Ticked<FsCommand> ticked -> {
        Imports.dropForgotten(draft);
        Removals.endForgotten(draft);
        FileWrites.dropForgotten(draft);
        Orphans.goOn(draft);
        DeadContents.goOn(draft);
        Teller.goOn(draft);
        yield draft.build();
      }
    };
  }

  private static Decision<FsFact> commanded(Draft draft, FsCommand command) {
    FsState state = draft.state;
    return switch (command) {
      case FsCommand.MakeFilesystem make -> Filesystems.make(draft, make);
      case FsCommand.MountFilesystem mount -> Filesystems.mount(draft, mount);
      case FsCommand.UnmountFilesystem unmount -> Filesystems.unmount(draft, unmount);
      case FsCommand.DeleteFilesystem delete -> Filesystems.delete(draft, delete);
      case FsCommand.GetFilesystem get -> Filesystems.get(state, get);
      case FsCommand.GetHoldings get -> Filesystems.holdings(state, get);
      case FsCommand.ListFilesystems list -> Filesystems.list(state, list);
      case FsCommand.FreezeFilesystem freeze -> Filesystems.freeze(draft, freeze);
      case FsCommand.ThawFilesystem thaw -> Filesystems.thaw(draft, thaw);
      case FsCommand.BeginImport begin -> Imports.begin(draft, begin);
      case FsCommand.ImportPart part -> Imports.part(draft, part);
      case FsCommand.CommitRecords commit -> Imports.commit(draft, commit);
      case FsCommand.CommitPaths commit -> Imports.commit(draft, commit);
      case FsCommand.AbandonImport abandon -> Imports.abandon(draft, abandon);
      case FsCommand.ContinueTelling ignored -> {
        Teller.goOn(draft);
        yield draft.reply(Answer.noContent());
      }
      case FsCommand.FindOwners find -> owners(state, find);
      case FsCommand.MapFile map -> Mappings.map(draft, map);
      case FsCommand.UnmapFile unmap -> Mappings.unmap(draft, unmap);
      case FsCommand.GetProcess get -> Mappings.get(state, get);
      case FsCommand.TouchPage touch -> Touches.touch(draft, touch);
      case FsCommand.SetKernel set -> Mappings.setKernel(draft, set);
      case FsCommand.GetKernel ignored ->
          Decision.reply(Answer.ok(new KernelView(state.earlyKill)));
      case FsCommand.AskImpact ask -> Impact.ask(state, ask);
      case FileCommand file -> Files.decide(draft, file);
    };
  }

  private static Decision<FsFact> owners(FsState state, FsCommand.FindOwners find) {
    Filesystem filesystem = state.filesystems.get(find.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(find.filesystem()));
    }
    if (filesystem.spec().device(find.role()) == null) {
      return Decision.refuse(
          Problem.notFound(
              "The filesystem " + filesystem.name() + " has no " + find.role().word() + " device"));
    }
    if (!Owners.isCursor(find.after())) {
      return Decision.refuse(
          Problem.malformed("after is no cursor that an earlier answer gave as next"));
    }
    SectorRange asked = new SectorRange(find.sector(), find.count());
    return Decision.reply(
        Answer.ok(Owners.find(state, filesystem, find.role(), asked, find.limit(), find.after())));
  }

  private static Decision<FsFact> heard(Draft draft, Event event) {
    draft.fact(Keys.slice(event.sliceId()), new SliceProgress(event.sequence()));
    switch (event.data()) {
      case BlockEvent block -> heardOfRanges(draft, event, block);
      case DeviceEvent device -> heardOfDevice(draft, event, device);
      case VolumeEvent volume -> heardOfVolume(draft, event, volume);
      case FilesystemEvent ignored -> {}
      case FaultEvent _, RemovalAck _ -> {}
    }
    return draft.build();
  }

  private static void heardOfRanges(Draft draft, Event event, BlockEvent block) {
    boolean news = isNews(draft, event, block.device());
    switch (block) {
      case BlockEvent.CorruptedRange corrupted -> {
        if (news) {
          Failures.corrupted(draft, event, corrupted);
        }
      }
      case BlockEvent.RangeRecovered recovered -> {
        if (news) {
          Recoveries.recovered(draft, event, recovered);
        }
      }
      // Credit comes back however old the news is.
      case BlockEvent.MfMemPreRemove leaving -> Removals.announced(draft, event, leaving);
      // Everything still reads right: nothing changes for a filesystem.
      case BlockEvent.RedundancyLost ignored -> {}
    }
  }

  private static void heardOfDevice(Draft draft, Event event, DeviceEvent device) {
    switch (device) {
      case DeviceEvent.DeviceAdded added -> appeared(draft, event, added.device());
      case DeviceEvent.DeviceRemoved removed -> {
        draft.because(event.faultId(), event.id());
        Filesystem filesystem = draft.state.mountedOn(removed.device());
        Role role = filesystem == null ? null : FsState.roleOf(filesystem, removed.device());
        if (filesystem != null && role != null && !filesystem.isOlderThanMount(role, event)) {
          Failures.deviceGone(draft, filesystem, role, removed.device());
        }
        Removals.left(draft, removed.device(), removed.removalId());
        if (removed.removalId() == null) {
          draft.forget(removed.device());
        }
      }
      // What it brings back is told by the range_recovered that follows.
      case DeviceEvent.DevicePlugged ignored -> {}
      case DeviceEvent.ScrubCompleted ignored -> {}
    }
  }

  private static void heardOfVolume(Draft draft, Event event, VolumeEvent volume) {
    switch (volume) {
      case VolumeEvent.VolumeAdded added -> appeared(draft, event, added.volume());
      case VolumeEvent.VolumeRemoved removed -> draft.forget(removed.volume());
      // What a new table makes bad or good again is told by block events that follow.
      case VolumeEvent.TableChanged ignored -> {}
    }
  }

  /**
   * Whether an event tells something that a claim's answer did not hold already. A device under
   * another log than before is another device: what was known of the old one goes.
   */
  private static boolean isNews(Draft draft, Event event, String device) {
    KnownDevice known = draft.state.devices.get(device);
    boolean sameLog = known != null && known.sliceId().equals(event.sliceId());
    if (sameLog) {
      return event.sequence() > Objects.requireNonNull(known).adoptedSequence();
    }
    if (known != null) {
      draft.forget(device);
    }
    draft.fact(Keys.device(device), new KnownDevice(event.sliceId(), false, -1));
    return true;
  }

  private static void appeared(Draft draft, Event event, String device) {
    KnownDevice known = draft.state.devices.get(device);
    boolean told =
        known != null
            && known.sliceId().equals(event.sliceId())
            && event.sequence() <= known.adoptedSequence();
    if (!told) {
      draft.forget(device);
      draft.fact(Keys.device(device), new KnownDevice(event.sliceId(), true, -1));
    }
  }
}
