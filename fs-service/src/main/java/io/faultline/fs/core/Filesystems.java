package io.faultline.fs.core;

import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.FilesystemUnmounted;
import io.faultline.fs.core.FsFact.BadRanges;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.KnownDevice;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.Views.FilesystemList;
import io.faultline.fs.core.Views.FilesystemView;
import io.faultline.fs.core.Views.HoldingsView;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Claim.KnownFault;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Make, mount, freeze, thaw, unmount, delete. */
final class Filesystems {

  private Filesystems() {}

  static Decision<FsFact> make(Draft draft, FsCommand.MakeFilesystem command) {
    Spec spec = command.spec();
    Filesystem existing = draft.state.filesystems.get(command.filesystem());
    if (existing == null) {
      Filesystem fresh = Filesystem.fresh(command.filesystem(), spec, draft.stamp.newId());
      return mount(draft, fresh, command.claims(), 201);
    }
    if (!existing.spec().equals(spec)) {
      return Decision.refuse(
          Problem.conflict(
              "exists",
              "Something else has that name",
              "The filesystem "
                  + existing.name()
                  + " exists with another shape: "
                  + describe(existing.spec())));
    }
    if (existing.isMounted()) {
      Filesystem renewed = withNewRevisions(existing, command.claims());
      draft.put(renewed);
      return draft.reply(Answer.ok(view(draft.state, renewed)));
    }
    return mount(draft, existing, command.claims(), 200);
  }

  static Decision<FsFact> mount(Draft draft, FsCommand.MountFilesystem command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    if (filesystem.isMounted()) {
      return Decision.refuse(
          Problem.conflict(
              "already-mounted",
              "The filesystem is mounted",
              filesystem.name() + " is mounted already (EBUSY)"));
    }
    return mount(draft, filesystem, command.claims(), 200);
  }

  private static Decision<FsFact> mount(
      Draft draft, Filesystem filesystem, List<ClaimedDevice> claims, int status) {
    Problem refusal = whyNotOn(draft.state, filesystem, claims);
    boolean isNew = status == 201;
    if (refusal == null) {
      refusal =
          isNew
              ? Mkfs.whyNot(filesystem.spec(), sectors(claims, Role.DATA))
              : KnownPoison.whyNotMounted(draft.state, filesystem, claims);
    }
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    Map<String, List<KnownFault>> badByDevice = new LinkedHashMap<>();
    for (ClaimedDevice claim : claims) {
      badByDevice.put(claim.device(), adopt(draft, claim));
    }
    List<Holding> holdings = claims.stream().map(ClaimedDevice::holding).toList();
    Filesystem mounted = draft.put(filesystem.with(filesystem.state().mountedOn(holdings)));
    if (isNew) {
      Mkfs.make(draft, mounted);
      Problem poisoned = KnownPoison.whyNotMade(draft.change(mounted), claims);
      if (poisoned != null) {
        // Nothing of this draft comes about.
        return Decision.refuse(poisoned);
      }
    } else {
      FileWrites.abandonAll(draft, mounted);
    }
    draft.publish(
        mounted,
        new FilesystemMounted(
            draft.state.host,
            mounted.name(),
            mounted.spec().devices(),
            mounted.effectiveDax().word(),
            mounted.rmapbt()));
    for (Holding holding : holdings) {
      tellKnown(
          draft,
          mounted,
          holding.role(),
          Objects.requireNonNull(badByDevice.get(holding.device())));
    }
    FilesystemView view = view(draft.state, mounted, badByDevice);
    return draft.reply(isNew ? Answer.created(view) : Answer.ok(view));
  }

  private static long sectors(List<ClaimedDevice> claims, Role role) {
    return claims.stream()
        .filter(claim -> claim.role() == role)
        .mapToLong(claim -> claim.claim().sectors())
        .findFirst()
        .orElse(0);
  }

  private static @Nullable Problem whyNotOn(
      FsState state, Filesystem filesystem, List<ClaimedDevice> claims) {
    for (ClaimedDevice claim : claims) {
      String device = claim.device();
      Filesystem other = state.mountedOn(device);
      if (other != null && !other.name().equals(filesystem.name())) {
        return Problem.conflict(
                "claimed",
                "Somebody else stands on the device",
                device + " is held by the filesystem " + other.name())
            .with("holder", Draft.holder(other.name()));
      }
      if (!isComplete(state, device)
          && claim.claim().sequence() < state.slices.getOrDefault(claim.claim().sliceId(), -1L)) {
        return Problem.conflict(
            "stale-claim",
            "The claim's answer is older than what was heard",
            "Events of "
                + device
                + " were heard beyond sequence "
                + claim.claim().sequence()
                + "; claim it again");
      }
    }
    return null;
  }

  /** Whether all that was told of a device was heard. */
  static boolean isComplete(FsState state, String device) {
    KnownDevice known = state.devices.get(device);
    return known != null && known.complete();
  }

  /**
   * What is bad on a device at the mount: what events told, if all of them were heard; else what
   * the claim's answer says, which then stands for every event up to its sequence.
   */
  private static List<KnownFault> adopt(Draft draft, ClaimedDevice claim) {
    String device = claim.device();
    Claim answer = claim.claim();
    DeviceFaults faults = draft.state.faultsOf(device);
    if (isComplete(draft.state, device)) {
      return known(faults);
    }
    faults.pieces().keySet().forEach(draft::gone);
    draft.fact(Keys.device(device), new KnownDevice(answer.sliceId(), true, answer.sequence()));
    for (KnownFault fault : answer.faults()) {
      draft.fact(
          Keys.bad(device, fault.faultId(), answer.sequence()),
          new BadRanges(fault.faultId(), fault.cause(), fault.ranges(), false));
    }
    return answer.faults();
  }

  private static List<KnownFault> known(DeviceFaults faults) {
    List<KnownFault> known = new ArrayList<>();
    for (BadRanges piece : faults.pieces().values()) {
      if (piece.cause() != null) {
        known.add(new KnownFault(piece.faultId(), piece.cause(), piece.ranges()));
      }
    }
    return known;
  }

  /**
   * Tells what has been bad since before the filesystem (or its map) came, each range once. Nobody
   * is signalled and nothing stops: the kernel is not told of old poison either.
   */
  private static void tellKnown(
      Draft draft, Filesystem filesystem, Role role, List<KnownFault> faults) {
    Extents told = Extents.EMPTY;
    for (KnownFault fault : faults) {
      Extents ranges = fault.ranges().subtract(told);
      told = told.union(ranges);
      if (!ranges.isEmpty()) {
        draft.because(fault.faultId(), null);
        Failures.tellWhatWasHit(draft, filesystem, role, ranges, fault.cause());
      }
    }
  }

  /** The same once a map was imported; the map is not built yet, so the telling comes after. */
  static void tellKnownLater(Draft draft, Filesystem filesystem) {
    for (Holding holding : filesystem.state().holdings()) {
      Extents told = Extents.EMPTY;
      for (KnownFault fault : known(draft.state.faultsOf(holding.device()))) {
        Extents ranges = fault.ranges().subtract(told);
        told = told.union(ranges);
        if (!ranges.isEmpty() && filesystem.isWalkable(holding.role())) {
          draft.fact(
              Keys.telling(filesystem.name(), draft.stamp.newId()),
              new FsFact.Telling(
                  filesystem.name(),
                  holding.role(),
                  fault.cause(),
                  null,
                  fault.faultId(),
                  null,
                  ranges));
        }
      }
    }
  }

  private static Filesystem withNewRevisions(Filesystem filesystem, List<ClaimedDevice> claims) {
    List<Holding> renewed = new ArrayList<>();
    for (Holding holding : filesystem.state().holdings()) {
      Holding newer = holding;
      for (ClaimedDevice claim : claims) {
        if (claim.device().equals(holding.device())) {
          newer = holding.withRevision(claim.claim().revision());
        }
      }
      renewed.add(newer);
    }
    return filesystem.with(filesystem.state().withHoldings(List.copyOf(renewed)));
  }

  static Decision<FsFact> freeze(Draft draft, FsCommand.FreezeFilesystem command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    Problem refusal = whyNotUsable(filesystem, command.filesystem());
    if (refusal != null || filesystem == null) {
      return Decision.refuse(Objects.requireNonNull(refusal));
    }
    if (filesystem.state().frozenByUser()) {
      return Decision.refuse(
          Problem.conflict(
              "already-frozen",
              "The filesystem is frozen",
              filesystem.name() + " is frozen by userspace already (EBUSY)"));
    }
    Filesystem frozen = draft.put(filesystem.with(filesystem.state().withFrozenByUser(true)));
    draft.publish(
        frozen,
        new FilesystemFrozen(draft.state.host, frozen.name(), FreezeHolder.USERSPACE.word()));
    return draft.reply(Answer.ok(view(draft.state, frozen)));
  }

  /** Takes away userspace's hold only. Possible after a shutdown, as was observed. */
  static Decision<FsFact> thaw(Draft draft, FsCommand.ThawFilesystem command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    if (!filesystem.state().frozenByUser()) {
      return Decision.refuse(
          Problem.conflict(
              "not-frozen",
              "The filesystem is not frozen",
              filesystem.name() + " is not frozen by userspace (EINVAL)"));
    }
    Filesystem thawed = draft.put(filesystem.with(filesystem.state().withFrozenByUser(false)));
    draft.publish(
        thawed,
        new FilesystemThawed(draft.state.host, thawed.name(), FreezeHolder.USERSPACE.word()));
    return draft.reply(Answer.ok(view(draft.state, thawed)));
  }

  static Decision<FsFact> unmount(Draft draft, FsCommand.UnmountFilesystem command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    if (!filesystem.isMounted()) {
      return Decision.refuse(Problems.notMounted(filesystem.name()));
    }
    Problem busy = whyBusy(draft.state, filesystem);
    if (busy != null) {
      return Decision.refuse(busy);
    }
    Filesystem unmounted = leave(draft, filesystem);
    return draft.reply(Answer.ok(view(draft.state, unmounted)));
  }

  static Decision<FsFact> delete(Draft draft, FsCommand.DeleteFilesystem command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    if (filesystem.isMounted()) {
      Problem busy = whyBusy(draft.state, filesystem);
      if (busy != null) {
        return Decision.refuse(busy);
      }
      leave(draft, filesystem);
    }
    for (Map.Entry<Long, ProcessState> process : draft.state.processes.entrySet()) {
      for (Mapping mapping : process.getValue().mappings.values()) {
        if (mapping.filesystem().equals(filesystem.name())) {
          Mappings.forget(draft, process.getValue(), mapping);
        }
      }
    }
    draft.gone(Keys.filesystem(filesystem.name()));
    Imports.forgetRecords(draft, filesystem);
    Damage.forget(draft, filesystem);
    Imports.forgetPaths(draft, filesystem);
    DeadContents.forget(draft, filesystem);
    return draft.reply(Answer.noContent());
  }

  private static Filesystem leave(Draft draft, Filesystem filesystem) {
    if (!filesystem.isShutDown()) {
      FileWrites.abandonAll(draft, filesystem);
    }
    Filesystem unmounted = draft.put(filesystem.with(filesystem.state().unmounted()));
    draft.publish(unmounted, new FilesystemUnmounted(draft.state.host, unmounted.name()));
    draft.state.tellings.forEach(
        (key, telling) -> {
          if (telling.filesystem().equals(filesystem.name())) {
            draft.gone(key);
          }
        });
    return unmounted;
  }

  /**
   * A filesystem in use cannot be unmounted. One that was shut down may be: its mappings are of no
   * use to anybody ({@code umount -l}).
   */
  private static @Nullable Problem whyBusy(FsState state, Filesystem filesystem) {
    if (filesystem.state().frozen() && !filesystem.isShutDown()) {
      return Problems.frozen(filesystem);
    }
    List<Long> pids =
        Pages.mappingsOf(state, filesystem).stream().map(Mapping::pid).distinct().toList();
    if (pids.isEmpty() || filesystem.isShutDown()) {
      return null;
    }
    return Problem.conflict(
            "busy",
            "The filesystem is in use",
            filesystem.name() + " is mapped by processes " + pids + " (EBUSY)")
        .with("pids", pids);
  }

  /** Why nothing can be done with a filesystem that changes it; null if it works. */
  static @Nullable Problem whyNotUsable(@Nullable Filesystem filesystem, String name) {
    if (filesystem == null) {
      return Problems.unknownFilesystem(name);
    }
    if (!filesystem.isMounted()) {
      return Problems.notMounted(name);
    }
    return filesystem.isShutDown() ? Problems.shutDown(filesystem) : null;
  }

  static Decision<FsFact> get(FsState state, FsCommand.GetFilesystem command) {
    Filesystem filesystem = state.filesystems.get(command.filesystem());
    return filesystem == null
        ? Decision.refuse(Problems.unknownFilesystem(command.filesystem()))
        : Decision.reply(Answer.ok(view(state, filesystem)));
  }

  static Decision<FsFact> holdings(FsState state, FsCommand.GetHoldings command) {
    Filesystem filesystem = state.filesystems.get(command.filesystem());
    return filesystem == null
        ? Decision.refuse(Problems.unknownFilesystem(command.filesystem()))
        : Decision.reply(
            Answer.ok(
                new HoldingsView(
                    filesystem.name(),
                    filesystem.spec(),
                    filesystem.isMounted(),
                    filesystem.state().holdings())));
  }

  static Decision<FsFact> list(FsState state, FsCommand.ListFilesystems command) {
    String after = command.after();
    NavigableMap<String, Filesystem> rest =
        after == null ? state.filesystems : state.filesystems.tailMap(after, false);
    List<FilesystemView> items =
        rest.values().stream().limit(command.limit()).map(each -> view(state, each)).toList();
    String next = rest.size() > items.size() ? items.getLast().name() : null;
    return Decision.reply(Answer.ok(new FilesystemList(items, next)));
  }

  private static String describe(Spec spec) {
    return "data "
        + spec.data()
        + ", log "
        + spec.log()
        + ", realtime "
        + spec.realtime()
        + ", dax "
        + spec.dax().word()
        + ", rmapbt "
        + spec.rmapbt()
        + ", reflink "
        + spec.reflink()
        + ", policy "
        + spec.policy().word()
        + ", blockSizeBytes "
        + spec.blockSizeBytes()
        + ", realtimeGroups "
        + spec.realtimeGroups();
  }

  static FilesystemView view(FsState state, Filesystem filesystem) {
    return view(state, filesystem, Map.of());
  }

  /** What a filesystem looks like; {@code adopted} where this decision learned it just now. */
  private static FilesystemView view(
      FsState state, Filesystem filesystem, Map<String, List<KnownFault>> adopted) {
    Spec spec = filesystem.spec();
    Holding data = filesystem.holding(Role.DATA);
    Extents bad = bad(state, spec.data(), adopted);
    String stateWord =
        !filesystem.isMounted()
            ? "unmounted"
            : filesystem.isShutDown()
                ? "shutdown"
                : filesystem.state().frozen() ? "frozen" : "mounted";
    ShutdownReason reason = filesystem.state().shutdownReason();
    return new FilesystemView(
        filesystem.name(),
        spec.data(),
        spec.log(),
        spec.realtime(),
        filesystem.effectiveDax().word(),
        spec.dax().word(),
        filesystem.rmapbt(),
        spec.reflink(),
        spec.policy().word(),
        stateWord,
        reason == null ? null : reason.name(),
        filesystem.state().frozenBy().stream().map(FreezeHolder::word).toList(),
        bad,
        spec.log() == null ? null : bad(state, spec.log(), adopted),
        spec.realtime() == null ? null : bad(state, spec.realtime(), adopted),
        bad.union(state.faultsOf(spec.data()).zeroed()),
        data == null ? 0 : data.generation(),
        filesystem.sectors(Role.DATA),
        spec.log() == null ? null : filesystem.sectors(Role.LOG),
        spec.realtime() == null ? null : filesystem.sectors(Role.REALTIME),
        filesystem.imported().sections().stream().mapToLong(Section::records).sum(),
        filesystem.imported().pathCount(),
        spec.blockSizeBytes());
  }

  private static Extents bad(FsState state, String device, Map<String, List<KnownFault>> adopted) {
    List<KnownFault> faults = adopted.get(device);
    if (faults == null) {
      return state.faultsOf(device).bad();
    }
    Extents.Builder bad = Extents.builder();
    faults.forEach(fault -> bad.addAll(fault.ranges()));
    return bad.build();
  }
}
