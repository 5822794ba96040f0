package io.faultline.dm.core;

import io.faultline.dm.core.target.Importable;
import io.faultline.dm.core.target.MappedTarget;
import io.faultline.dm.core.target.RegionTable;
import io.faultline.events.VolumeEvent;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How volumes come, change, stop, go on and go. */
final class VolumeRules {

  private static final String VOLUME_HOLDER = "dm:";

  private final Draft draft;

  VolumeRules(Draft draft) {
    this.draft = draft;
  }

  Decision<DmFact> plan(DmCommand.PlanTable plan) {
    List<Answers.Leaf> leaves = new ArrayList<>();
    Set<String> volumes = new TreeSet<>();
    for (String name : TableLoader.named(draft, plan.volume(), plan.table(), plan.devices())) {
      if (draft.isVolume(name)) {
        volumes.add(name);
      } else {
        DmFact.Device known = draft.device(name);
        leaves.add(new Answers.Leaf(name, known != null && known.complete()));
      }
    }
    if (draft.isVolume(plan.volume())) {
      volumes.add(plan.volume());
    }
    return draft.answer(Answer.ok(new Answers.Plan(leaves, stands(volumes))));
  }

  /** Who stands on which device, from these volumes down. */
  private List<Answers.Stand> stands(Set<String> volumes) {
    List<Answers.Stand> stands = new ArrayList<>();
    Set<String> seen = new TreeSet<>(volumes);
    List<String> open = new ArrayList<>(volumes);
    while (!open.isEmpty()) {
      String volume = open.removeLast();
      for (String lower : below(volume)) {
        if (!draft.isVolume(lower)) {
          stands.add(new Answers.Stand(volume, lower));
        } else if (seen.add(lower)) {
          open.add(lower);
        }
      }
    }
    return stands;
  }

  Decision<DmFact> create(DmCommand.CreateVolume create) {
    String name = create.volume();
    TableLoader loader = new TableLoader(draft, name, create.devices(), create.claims());
    if (draft.isVolume(name)) {
      return switch (loader.read(create.table())) {
        case TableLoader.Loaded.Refused(Problem problem) -> draft.refuse(problem);
        case TableLoader.Loaded.Ok(Table table) ->
            table.lines().equals(draft.live(name).lines())
                ? draft.answer(Answer.ok(Views.volume(draft, name)))
                : draft.refuse(Refusals.exists(name));
      };
    }
    if (draft.device(name) != null) {
      return draft.refuse(Refusals.nameTaken(name));
    }
    int volumes = draft.scan(Keys.VOLUMES).size();
    if (volumes >= Limits.MAX_VOLUMES) {
      return draft.refuse(Refusals.limit("MAX_VOLUMES", Limits.MAX_VOLUMES, volumes + 1L));
    }
    return switch (loader.load(create.table())) {
      case TableLoader.Loaded.Refused(Problem problem) -> draft.refuse(problem);
      case TableLoader.Loaded.Ok(Table table) -> {
        Problem stale = loader.adopt(table);
        yield stale == null ? begin(name, table) : draft.refuse(stale);
      }
    };
  }

  private Decision<DmFact> begin(String name, Table table) {
    DmFact.Counters counters = draft.counters();
    long generation = counters.generations() + 1;
    draft.put(Keys.COUNTERS, new DmFact.Counters(generation, counters.heldEntries()));
    draft.put(Keys.volume(name), new DmFact.Volume(generation, false, null, 0));
    draft.putTable(Keys.liveTable(name), table);
    new Stale(draft, name, table).begin();
    draft.publish(
        name,
        new VolumeEvent.VolumeAdded(
            draft.host(),
            name,
            table.sectors(),
            Views.dax(draft, name),
            generation,
            table.lines(),
            List.copyOf(table.below())),
        null,
        null);
    Differences.tellOfVolume(draft, name, new BadSet(), BadSet.told(draft, name));
    return draft.answer(Answer.created(Views.volume(draft, name)));
  }

  Decision<DmFact> load(DmCommand.LoadTable load) {
    String name = load.volume();
    if (!draft.isVolume(name)) {
      return draft.refuse(Refusals.noVolume(name));
    }
    TableLoader loader = new TableLoader(draft, name, load.devices(), load.claims());
    return switch (loader.load(load.table())) {
      case TableLoader.Loaded.Refused(Problem problem) -> draft.refuse(problem);
      case TableLoader.Loaded.Ok(Table table) -> {
        Problem stale = loader.adopt(table);
        if (stale != null) {
          yield draft.refuse(stale);
        }
        Set<String> before = needs(name);
        draft.putTable(Keys.inactiveTable(name), table);
        yield changed(name, before);
      }
    };
  }

  Decision<DmFact> suspend(String name) {
    DmFact.Volume volume = draft.volume(name);
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    if (!volume.suspended()) {
      new Copies(draft, name).interrupt("suspended");
      for (String lower : draft.live(name).below()) {
        BadSet.told(draft, lower).writeAll(draft, Keys.badAsHeard(name, lower));
      }
      draft.put(
          Keys.volume(name),
          new DmFact.Volume(
              volume.generation(), true, volume.claimHolder(), volume.claimRevision()));
    }
    return changed(name, needs(name));
  }

  /**
   * Swaps the inactive table in, if there is one. First what the table itself makes of what was
   * heard before the suspension, then, in order, what was heard since.
   */
  Decision<DmFact> resume(String name) {
    DmFact.Volume volume = draft.volume(name);
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    Table inactive = draft.inactive(name);
    if (inactive != null) {
      Problem problem = noLongerFits(name, inactive);
      if (problem != null) {
        return draft.refuse(problem);
      }
    }
    Set<String> before = needs(name);
    if (inactive != null) {
      new Copies(draft, name).interrupt("table");
    }
    List<DmFact.Held> kept = takeHeld(name);
    Told known = new Told(draft);
    Map<String, BadSet> heard = new TreeMap<>();
    for (String lower : (inactive == null ? draft.live(name) : inactive).below()) {
      boolean old = draft.live(name).below().contains(lower);
      heard.put(lower, (old ? known.heard(name, lower) : known.of(lower)).copy());
    }
    BadSet told = known.of(name);
    BadSet.removeAll(draft, Keys.badAsHeard(name));
    putActive(name, volume);
    if (inactive != null) {
      told = swap(name, inactive, told, heard);
    }
    replay(name, kept, told, heard);
    return changed(name, before);
  }

  /** Since it was loaded, those below and those above may have changed. */
  private @Nullable Problem noLongerFits(String name, Table inactive) {
    Map<String, Claim> known = new TreeMap<>();
    for (String lower : inactive.below()) {
      DmFact.Device device = draft.device(lower);
      if (device != null && !draft.isVolume(lower)) {
        known.put(lower, asClaim(device));
      }
    }
    TableLoader loader = new TableLoader(draft, name, Map.of(), known);
    return loader.load(String.join("\n", inactive.lines()))
            instanceof TableLoader.Loaded.Refused(Problem problem)
        ? problem
        : null;
  }

  /**
   * A device that left meanwhile does not keep the volume from going on: that is told as a fault.
   */
  private static Claim asClaim(DmFact.Device device) {
    return new Claim(
        device.generation() + 1,
        device.sectors(),
        device.dax(),
        device.logicalBlockBytes(),
        Extents.EMPTY,
        device.sequence(),
        device.sliceId(),
        List.of(),
        0);
  }

  /**
   * @param told with the old table
   * @param heard of those that the new table stands on
   * @return what is told with the new table
   */
  private BadSet swap(String name, Table table, BadSet told, Map<String, BadSet> heard) {
    Table old = draft.live(name);
    if (!sameMap(old.importable(), table.importable())) {
      Imports.forget(draft, name);
    }
    BadSet.removeAll(draft, Keys.regions(name));
    draft.putTable(Keys.liveTable(name), table);
    draft.remove(Keys.inactiveTable(name));
    Stale.moved(draft, name, old, table);
    draft.publish(
        name,
        new VolumeEvent.TableChanged(
            draft.host(),
            name,
            table.sectors(),
            Views.dax(draft, name),
            table.lines(),
            List.copyOf(table.below())),
        null,
        null);
    BadSet now = Images.of(table, heard, new Stale(draft, name, table).sets());
    Differences.tellOfVolume(draft, name, told, now);
    return now;
  }

  /** Whether a map that was imported for one target is one for the other too. */
  private static boolean sameMap(@Nullable Importable old, @Nullable Importable swapped) {
    return old != null
        && swapped != null
        && old.form() == swapped.form()
        && old.blockSectors() == swapped.blockSectors();
  }

  private void putActive(String name, DmFact.Volume volume) {
    if (volume.suspended()) {
      draft.put(
          Keys.volume(name),
          new DmFact.Volume(
              volume.generation(), false, volume.claimHolder(), volume.claimRevision()));
    }
  }

  private List<DmFact.Held> takeHeld(String name) {
    List<DmFact.Held> kept = new ArrayList<>();
    draft
        .scan(Keys.held(name))
        .forEach(
            (key, fact) -> {
              kept.add((DmFact.Held) fact);
              draft.remove(key);
            });
    return kept;
  }

  private void replay(
      String name, List<DmFact.Held> kept, BadSet toldAtFirst, Map<String, BadSet> heard) {
    BadSet told = toldAtFirst;
    int from = 0;
    while (from < kept.size()) {
      DmFact.Held first = kept.get(from);
      Map<String, List<Change>> below = new TreeMap<>();
      int to = from;
      while (to < kept.size() && kept.get(to).group() == first.group()) {
        DmFact.Held part = kept.get(to);
        below
            .computeIfAbsent(part.lower(), any -> new ArrayList<>())
            .add(new Change(part.news(), part.ranges()));
        to++;
      }
      told = new Telling(draft, name, told).fromResumed(told, below, heard, first.credit());
      from = to;
    }
  }

  Decision<DmFact> delete(String name) {
    DmFact.Volume volume = draft.volume(name);
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    if (volume.claimHolder() != null) {
      return draft.refuse(Refusals.claimed(name, volume.claimHolder()));
    }
    Set<String> above = TableLoader.standingOn(draft, name);
    if (!above.isEmpty()) {
      return draft.refuse(Refusals.stoodUpon(name, above));
    }
    List<String> released = List.copyOf(needs(name));
    Copies copies = new Copies(draft, name);
    copies.interrupt("deleted");
    copies.forget();
    for (DmFact.Held held : takeHeld(name)) {
      if (held.credit() > 0) {
        Telling.acknowledge(draft, held.news(), name, held.credit(), "gone");
      }
    }
    BadSet.removeAll(draft, Keys.badAsHeard(name));
    Imports.forget(draft, name);
    BadSet.removeAll(draft, Keys.stale(name));
    BadSet.removeAll(draft, Keys.regions(name));
    draft.remove(Keys.liveTable(name));
    if (draft.inactive(name) != null) {
      draft.remove(Keys.inactiveTable(name));
    }
    draft.remove(Keys.volume(name));
    draft.publish(name, new VolumeEvent.VolumeRemoved(draft.host(), name), null, null);
    return draft.answer(Answer.ok(new Answers.Changed(null, released)));
  }

  /** As the kernel does, to the live table, whether the volume is suspended or not. */
  Decision<DmFact> message(DmCommand.Message message) {
    String name = message.volume();
    if (!draft.isVolume(name)) {
      return draft.refuse(Refusals.noVolume(name));
    }
    List<String> words = List.of(message.message().strip().split("\\s+"));
    if (words.getFirst().isEmpty()) {
      return draft.refuse(Refusals.message("Empty message.", "a message has one word at least"));
    }
    Table table = draft.live(name);
    int row = table.rowAt(message.sector());
    if (row < 0) {
      return draft.refuse(
          Refusals.message(
              "Target message sector outside device.",
              name + " has " + table.sectors() + " sectors"));
    }
    if (!(table.target(row) instanceof MappedTarget target
        && target.map() instanceof RegionTable regions)) {
      return draft.refuse(
          Refusals.message(
              "Target type does not support messages",
              table.typeOf(row) + " takes none here; switch takes set_region_mappings"));
    }
    return switch (regions.message(words)) {
      case RegionTable.Changed.Refused(String reason) ->
          draft.refuse(
              Refusals.message(
                  reason,
                  "it is: set_region_mappings, then <region>:<path>, :<path> for the next region,"
                      + " or R<cycle>,<count>, in hexadecimal"));
      case RegionTable.Changed.Ok(RegionTable changed) -> {
        BadSet told = BadSet.told(draft, name);
        for (int part = 0; part < changed.parts(); part++) {
          if (!changed.samePart(regions, part)) {
            draft.put(
                Keys.regions(name, row, part), new DmFact.Regions(row, part, changed.part(part)));
          }
        }
        draft.putRegions(name, table.withTarget(row, target.withMap(changed)));
        Differences.tellOfVolume(draft, name, told, BadSet.told(draft, name));
        yield changed(name, needs(name));
      }
    };
  }

  Decision<DmFact> claim(DmCommand.ClaimVolume claim) {
    String name = claim.volume();
    DmFact.Volume volume = draft.volume(name);
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    String holder = volume.claimHolder();
    if (holder != null && !holder.equals(claim.holder())) {
      return draft.refuse(Refusals.claimed(name, holder));
    }
    Set<String> above = TableLoader.standingOn(draft, name);
    String upper = upperOf(claim.holder());
    if (upper != null) {
      return above.contains(upper)
          ? draft.answer(claimed(name, volume, volume.claimRevision()))
          : draft.refuse(Refusals.notStanding(name, upper));
    }
    if (!above.isEmpty()) {
      return draft.refuse(Refusals.claimed(name, "dm:" + above.iterator().next()));
    }
    long revision = volume.claimRevision() + 1;
    draft.put(
        Keys.volume(name),
        new DmFact.Volume(volume.generation(), volume.suspended(), claim.holder(), revision));
    return draft.answer(claimed(name, volume, revision));
  }

  /**
   * The volume that such a holder is; null if it is none. What it stands on its tables say, so it
   * has no claim of its own to take or to give back.
   */
  private static @Nullable String upperOf(String holder) {
    return holder.startsWith(VOLUME_HOLDER) ? holder.substring(VOLUME_HOLDER.length()) : null;
  }

  private Answer claimed(String name, DmFact.Volume volume, long revision) {
    BadSet told = BadSet.told(draft, name);
    return Answer.ok(
        new Claim(
            volume.generation(),
            draft.live(name).sectors(),
            Views.dax(draft, name),
            Views.logicalBlockBytes(draft, name),
            told.loss(),
            draft.stamp().lastSequence(),
            draft.stamp().sliceId(),
            knownFaults(told),
            revision));
  }

  /** One for each fault, over however many leaves it reaches. */
  private static List<Claim.KnownFault> knownFaults(BadSet told) {
    Map<String, Claim.KnownFault> faults = new TreeMap<>();
    told.entries()
        .forEach(
            (key, entry) -> {
              if (key.effect().isLoss()) {
                faults.merge(
                    key.faultId(),
                    new Claim.KnownFault(key.faultId(), entry.cause(), entry.ranges()),
                    (one, other) ->
                        new Claim.KnownFault(
                            one.faultId(), one.cause(), one.ranges().union(other.ranges())));
              }
            });
    return List.copyOf(faults.values());
  }

  Decision<DmFact> release(DmCommand.ReleaseVolume release) {
    String name = release.volume();
    DmFact.Volume volume = draft.volume(name);
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    String upper = upperOf(release.holder());
    if (upper != null && TableLoader.standingOn(draft, name).contains(upper)) {
      return draft.refuse(Refusals.stoodUpon(name, Set.of(upper)));
    }
    String holder = volume.claimHolder();
    if (holder == null) {
      return draft.answer(Answer.noContent());
    }
    if (!holder.equals(release.holder())) {
      return draft.refuse(Refusals.claimed(name, holder));
    }
    Long revision = release.revision();
    if (revision != null && revision != volume.claimRevision()) {
      return draft.refuse(Refusals.staleRevision(name, revision, volume.claimRevision()));
    }
    draft.put(
        Keys.volume(name),
        new DmFact.Volume(volume.generation(), volume.suspended(), null, volume.claimRevision()));
    return draft.answer(Answer.noContent());
  }

  Decision<DmFact> needsOf(String name) {
    boolean exists = draft.isVolume(name);
    Set<String> needs = exists ? needs(name) : Set.of();
    return draft.answer(
        Answer.ok(
            new Answers.Plan(
                needs.stream().map(device -> new Answers.Leaf(device, true)).toList(),
                stands(exists ? Set.of(name) : Set.of()))));
  }

  /** The leaf devices that the volume stands on directly, in either slot. */
  private Set<String> needs(String name) {
    Set<String> needs = below(name);
    needs.removeIf(draft::isVolume);
    return needs;
  }

  /** The devices and volumes that either table of a volume names. */
  private Set<String> below(String name) {
    Set<String> below = new TreeSet<>(draft.live(name).below());
    Table inactive = draft.inactive(name);
    if (inactive != null) {
      below.addAll(inactive.below());
    }
    return below;
  }

  private Decision<DmFact> changed(String name, Set<String> neededBefore) {
    Set<String> released = new TreeSet<>(neededBefore);
    released.removeAll(needs(name));
    Answers.Volume view = Objects.requireNonNull(Views.volume(draft, name));
    return draft.answer(Answer.ok(new Answers.Changed(view, List.copyOf(released))));
  }
}
