package io.faultline.notifier.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent.DeviceAdded;
import io.faultline.events.DeviceEvent.DevicePlugged;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.FilesystemUnmounted;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent.TableChanged;
import io.faultline.events.VolumeEvent.VolumeAdded;
import io.faultline.events.VolumeEvent.VolumeRemoved;
import io.faultline.notifier.core.NotifierFact.DeviceKnown;
import io.faultline.notifier.core.NotifierFact.FilesystemKnown;
import io.faultline.notifier.core.NotifierFact.RemovalKnown;
import io.faultline.notifier.core.NotifierFact.VolumeKnown;
import io.faultline.runtime.core.Decision;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Who stands on whom, from what the layers tell of their inventory. */
final class TopologyRules {

  private final NotifierState state;
  private final Layer layer;
  private final Decision.Builder<NotifierFact> decision;

  private TopologyRules(NotifierState state, Layer layer, Decision.Builder<NotifierFact> decision) {
    this.state = state;
    this.layer = layer;
    this.decision = decision;
  }

  static void heard(NotifierState state, Event event, Decision.Builder<NotifierFact> decision) {
    new TopologyRules(state, Layer.of(event), decision).hear(event);
  }

  private void hear(Event event) {
    switch (event.data()) {
      case DeviceAdded added ->
          device(
              added.device(),
              _ ->
                  new DeviceKnown(
                      added.device(),
                      added.kind(),
                      added.sectors(),
                      added.dax(),
                      added.generation(),
                      "active",
                      null));
      case DevicePlugged plugged ->
          device(
              plugged.device(),
              known ->
                  new DeviceKnown(
                      known.device(),
                      known.kind(),
                      plugged.sectors(),
                      known.dax(),
                      plugged.generation(),
                      "active",
                      null));
      case DeviceRemoved removed when removed.mode().equals("deleted") ->
          gone(state.devices, removed.device(), NotifierState.deviceKey(removed.device()));
      case DeviceRemoved removed ->
          device(
              removed.device(),
              known -> in(known, "removed", gone(known.removal(), event, removed)));
      case MfMemPreRemove leaving when layer == Layer.DEVICE ->
          device(leaving.device(), known -> in(known, "leaving", announced(event, leaving)));
      case CorruptedRange lost when layer == Layer.DEVICE && lost.cause() == Cause.DEVICE_REMOVED ->
          device(
              lost.device(),
              known ->
                  in(known, "removed", known.removal() == null ? begun(event) : known.removal()));
      case BlockEvent _, ScrubCompleted _, FaultEvent _, RemovalAck _ -> {}

      case VolumeAdded added ->
          volume(
              new VolumeKnown(
                  added.volume(),
                  added.sectors(),
                  added.dax(),
                  added.generation(),
                  added.below(),
                  targets(added.table())));
      case TableChanged changed -> {
        VolumeKnown known = state.volumes.get(changed.volume());
        volume(
            new VolumeKnown(
                changed.volume(),
                changed.sectors(),
                changed.dax(),
                known == null ? null : known.generation(),
                changed.below(),
                targets(changed.table())));
      }
      case VolumeRemoved removed ->
          gone(state.volumes, removed.volume(), NotifierState.volumeKey(removed.volume()));

      case FilesystemEvent told -> hear(told);
    }
  }

  private void hear(FilesystemEvent told) {
    switch (told) {
      case FilesystemMounted mounted ->
          filesystem(
              mounted.filesystem(),
              _ ->
                  new FilesystemKnown(
                      mounted.filesystem(),
                      mounted.devices(),
                      mounted.dax(),
                      mounted.rmapbt(),
                      true,
                      new TreeSet<>(),
                      null));
      case FilesystemUnmounted _ ->
          filesystem(
              told.filesystem(),
              known ->
                  new FilesystemKnown(
                      known.filesystem(),
                      known.devices(),
                      known.dax(),
                      known.rmapbt(),
                      false,
                      new TreeSet<>(),
                      null));
      case FilesystemFrozen frozen ->
          filesystem(
              told.filesystem(),
              known -> {
                SortedSet<String> holders = new TreeSet<>(known.frozenBy());
                holders.add(frozen.holder());
                return frozenBy(known, holders);
              });
      case FilesystemThawed thawed ->
          filesystem(
              told.filesystem(),
              known -> {
                SortedSet<String> holders = new TreeSet<>(known.frozenBy());
                holders.remove(thawed.holder());
                return frozenBy(known, holders);
              });
      case FilesystemShutdown shutdown ->
          filesystem(
              told.filesystem(),
              known ->
                  new FilesystemKnown(
                      known.filesystem(),
                      known.devices(),
                      known.dax(),
                      known.rmapbt(),
                      known.mounted(),
                      known.frozenBy(),
                      shutdown.reason()));
      case FileRangeLost _,
          FileRangeRecovered _,
          MetadataLost _,
          LogLost _,
          RangeUnowned _,
          ProcessSignalled _,
          FailureUnsupported _ -> {}
    }
  }

  private static DeviceKnown in(DeviceKnown known, String now, RemovalKnown removal) {
    return new DeviceKnown(
        known.device(),
        known.kind(),
        known.sectors(),
        known.dax(),
        known.generation(),
        now,
        removal);
  }

  private static RemovalKnown announced(Event event, MfMemPreRemove leaving) {
    SortedSet<String> holders = new TreeSet<>();
    leaving.credits().keySet().stream().limit(Limits.REMOVAL_HOLDERS).forEach(holders::add);
    return new RemovalKnown(
        leaving.removalId(),
        event.faultId(),
        event.time(),
        leaving.deadline(),
        holders,
        null,
        null);
  }

  private static RemovalKnown begun(Event event) {
    return new RemovalKnown(null, event.faultId(), event.time(), null, new TreeSet<>(), null, null);
  }

  private static RemovalKnown gone(
      @Nullable RemovalKnown before, Event event, DeviceRemoved removed) {
    RemovalKnown begun = before == null ? begun(event) : before;
    return new RemovalKnown(
        removed.removalId(),
        begun.faultId(),
        begun.since(),
        begun.deadline(),
        begun.holders(),
        removed.mode(),
        removed.acknowledged());
  }

  /** The third word of each line of a table. */
  private static SortedSet<String> targets(List<String> table) {
    SortedSet<String> targets = new TreeSet<>();
    for (String line : table) {
      String[] words = line.strip().split("\\s+", 4);
      if (words.length > 2 && targets.size() < Limits.VOLUME_TARGETS) {
        targets.add(words[2]);
      }
    }
    return targets;
  }

  private static FilesystemKnown frozenBy(FilesystemKnown known, SortedSet<String> holders) {
    return new FilesystemKnown(
        known.filesystem(),
        known.devices(),
        known.dax(),
        known.rmapbt(),
        known.mounted(),
        holders,
        known.shutdownReason());
  }

  private void device(String name, UnaryOperator<DeviceKnown> change) {
    DeviceKnown before = state.devices.get(name);
    DeviceKnown now =
        change.apply(
            before == null
                ? new DeviceKnown(name, null, null, null, null, "active", null)
                : before);
    if (!now.equals(before) && room(state.devices, name)) {
      decision.fact(NotifierState.deviceKey(name), now);
    }
  }

  private void volume(VolumeKnown now) {
    if (room(state.volumes, now.volume())) {
      decision.fact(NotifierState.volumeKey(now.volume()), now);
    }
  }

  private void filesystem(String name, UnaryOperator<FilesystemKnown> change) {
    FilesystemKnown before = state.filesystems.get(name);
    FilesystemKnown now =
        change.apply(
            before == null
                ? new FilesystemKnown(name, List.of(), null, null, true, new TreeSet<>(), null)
                : before);
    if (!now.equals(before) && room(state.filesystems, name)) {
      decision.fact(NotifierState.filesystemKey(name), now);
    }
  }

  private void gone(Map<String, ?> things, String name, String key) {
    if (things.containsKey(name)) {
      decision.gone(key);
    }
  }

  private static boolean room(Map<String, ?> things, String name) {
    return things.containsKey(name) || things.size() < Limits.KNOWN_THINGS;
  }
}
