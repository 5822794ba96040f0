package io.faultline.dm.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.dm.core.target.DeviceLookup;
import io.faultline.dm.core.target.LowerDevices;
import io.faultline.dm.core.target.Target;
import io.faultline.events.Names;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a table for a volume and checks it against what there is on the host. */
final class TableLoader {

  /** A table that may be used, or why not. */
  sealed interface Loaded {

    record Ok(Table table) implements Loaded {}

    record Refused(Problem problem) implements Loaded {}
  }

  private static final Pattern MAJOR_MINOR = Pattern.compile("\\d+:\\d+");
  private static final List<String> FOLDERS = List.of("/dev/mapper/", "/dev/");

  private final Draft draft;
  private final String volume;
  private final Map<String, String> devices;
  private final Map<String, Claim> claims;

  /**
   * @param devices what each {@code major:minor} is called
   * @param claims of leaf devices, by name
   */
  TableLoader(Draft draft, String volume, Map<String, String> devices, Map<String, Claim> claims) {
    this.draft = draft;
    this.volume = volume;
    this.devices = devices;
    this.claims = claims;
  }

  /**
   * The devices and volumes that a table names, as far as the table can be read: behind a line that
   * is refused anyway nothing is looked up.
   */
  static Set<String> named(Draft draft, String volume, String text, Map<String, String> devices) {
    Set<String> names = new LinkedHashSet<>();
    if (text.length() <= Limits.MAX_TABLE_BYTES
        && TableText.read(text) instanceof TableText.Read.Ok(List<TableText.Line> lines)) {
      Table.build(
          lines,
          written -> {
            String name = nameOf(written, devices);
            if (name != null && !name.equals(volume)) {
              names.add(name);
            }
            return new DeviceLookup.Answer.Found(name == null ? written : name);
          });
    }
    return names;
  }

  /** Only what the lines say and whom they name. */
  Loaded read(String text) {
    return read(text, this::lookUp, Refusals::table);
  }

  /**
   * The same with whoever knows the devices.
   *
   * @param toProblem how a refusal of a line is told
   */
  static Loaded read(String text, DeviceLookup devices, Function<TableRefusal, Problem> toProblem) {
    int bytes = text.getBytes(UTF_8).length;
    if (bytes > Limits.MAX_TABLE_BYTES) {
      return new Loaded.Refused(Refusals.tableTooLarge(bytes));
    }
    long textLines = text.lines().count();
    if (textLines > Limits.MAX_TABLE_LINES) {
      return limit("MAX_TABLE_LINES", Limits.MAX_TABLE_LINES, textLines);
    }
    return switch (TableText.read(text)) {
      case TableText.Read.Refused(TableRefusal refusal) ->
          new Loaded.Refused(toProblem.apply(refusal));
      case TableText.Read.Ok(List<TableText.Line> lines) -> build(lines, devices, toProblem);
    };
  }

  private static Loaded build(
      List<TableText.Line> lines, DeviceLookup devices, Function<TableRefusal, Problem> toProblem) {
    if (lines.size() > Limits.MAX_TARGETS) {
      return limit("MAX_TARGETS", Limits.MAX_TARGETS, lines.size());
    }
    return switch (Table.build(lines, devices)) {
      case Table.Built.Refused(TableRefusal refusal) ->
          new Loaded.Refused(toProblem.apply(refusal));
      case Table.Built.Ok(Table table) -> {
        long bytes = table.lines().stream().mapToLong(line -> line.length() + 1L).sum();
        yield bytes > Limits.MAX_TABLE_BYTES
            ? new Loaded.Refused(Refusals.tableTooLarge(bytes))
            : new Loaded.Ok(table);
      }
    };
  }

  /** What the lines say, and whether it fits those below and those above. */
  Loaded load(String text) {
    Loaded read = read(text);
    return read instanceof Loaded.Ok(Table table) ? check(table) : read;
  }

  private Loaded check(Table table) {
    Problem problem = checkBelow(table);
    if (problem == null) {
      problem = checkAbove(table);
    }
    return problem == null ? new Loaded.Ok(table) : new Loaded.Refused(problem);
  }

  private @Nullable Problem checkBelow(Table table) {
    int level = 0;
    for (String lower : table.below()) {
      DmFact.Volume lowerVolume = draft.volume(lower);
      if (lowerVolume != null && lowerVolume.claimHolder() != null) {
        return Refusals.claimed(lower, lowerVolume.claimHolder());
      }
      Problem gone = lowerVolume == null ? leavingOrGone(lower) : null;
      if (gone != null) {
        return gone;
      }
      level = Math.max(level, draft.topology().levelOf(lower));
    }
    TableRefusal misfit = table.misfit(new Below());
    if (misfit != null) {
      return Refusals.table(misfit);
    }
    TableRefusal unfitArea = table.unfitArea(this::sectorsOf, this::blockSectorsOf);
    if (unfitArea != null) {
      return Refusals.table(unfitArea);
    }
    long depth = level + 1L + heightAbove();
    return depth > Limits.MAX_STACK_DEPTH
        ? Refusals.limit("MAX_STACK_DEPTH", Limits.MAX_STACK_DEPTH, depth)
        : null;
  }

  /** The block devices below as they are now. */
  private final class Below implements LowerDevices {
    @Override
    public long sectors(String device) {
      return sectorsOf(device);
    }

    @Override
    public boolean directAccess(String device) {
      Claim claim = draft.isVolume(device) ? null : claims.get(device);
      return claim == null ? Views.dax(draft, device) : claim.dax();
    }

    @Override
    public @Nullable Target soleTargetOf(String lowerVolume) {
      return draft.isVolume(lowerVolume) ? draft.live(lowerVolume).soleTarget() : null;
    }
  }

  private @Nullable Problem leavingOrGone(String device) {
    DmFact.Device known = draft.device(device);
    Claim claim = claims.get(device);
    boolean claimIsNewer =
        known != null && claim != null && claim.generation() > known.generation();
    if (known == null || claimIsNewer || claim == null) {
      return null;
    }
    if (known.removed()) {
      return Refusals.removed(device);
    }
    return known.removalId() == null ? null : Refusals.leaving(device);
  }

  private int heightAbove() {
    Topology topology = draft.topology();
    int own = topology.levelOf(volume);
    return topology.allAbove(volume).stream()
        .mapToInt(upper -> topology.levelOf(upper) - own)
        .max()
        .orElse(0);
  }

  private @Nullable Problem checkAbove(Table table) {
    DmFact.Volume known = draft.volume(volume);
    if (known == null) {
      return null;
    }
    long sectors = draft.live(volume).sectors();
    if (known.claimHolder() != null && table.sectors() < sectors) {
      return Refusals.claimedNotSmaller(volume, known.claimHolder(), sectors);
    }
    long needed = 0;
    Set<String> above = new TreeSet<>();
    for (String upper : standingOn(draft, volume)) {
      long needs = sectorsNeededBy(upper);
      needed = Math.max(needed, needs);
      if (needs > table.sectors()) {
        above.add(upper);
      }
    }
    return above.isEmpty()
        ? null
        : Refusals.tooSmallForThoseAbove(volume, table.sectors(), needed, above);
  }

  private long sectorsNeededBy(String upper) {
    Table inactive = draft.inactive(upper);
    return Math.max(
        draft.live(upper).sectorsNeededOf(volume),
        inactive == null ? 0 : inactive.sectorsNeededOf(volume));
  }

  /** The volumes that stand directly on a volume or would at their next resume. */
  static Set<String> standingOn(Draft draft, String volume) {
    Set<String> above = new TreeSet<>(draft.topology().directlyAbove(volume));
    for (String key : draft.scan(Keys.INACTIVE_TABLES).keySet()) {
      String upper = key.substring(Keys.INACTIVE_TABLES.length());
      Table inactive = draft.inactive(upper);
      if (inactive != null && inactive.below().contains(volume)) {
        above.add(upper);
      }
    }
    return above;
  }

  private long sectorsOf(String block) {
    DmFact.Device known = draft.device(block);
    Claim claim = draft.isVolume(block) ? null : claims.get(block);
    boolean claimKnowsBetter =
        claim != null && (known == null || claim.generation() >= known.generation());
    return claimKnowsBetter ? claim.sectors() : draft.sectors(block);
  }

  private long blockSectorsOf(String block) {
    Claim claim = draft.isVolume(block) ? null : claims.get(block);
    long bytes = claim == null ? Views.logicalBlockBytes(draft, block) : claim.logicalBlockBytes();
    return bytes / SectorRange.SECTOR_BYTES;
  }

  private DeviceLookup.Answer lookUp(String written) {
    String name = nameOf(written, devices);
    if (name == null) {
      return nameless(written);
    }
    if (name.equals(volume)) {
      return new DeviceLookup.Answer.NotFound("-EINVAL", name + " would stand on itself");
    }
    if (draft.topology().allAbove(volume).contains(name)) {
      return new DeviceLookup.Answer.NotFound(
          "-ELOOP", name + " stands on " + volume + ", which would stand on it: a cycle");
    }
    return draft.isVolume(name) || claims.containsKey(name)
        ? new DeviceLookup.Answer.Found(name)
        : new DeviceLookup.Answer.NotFound(
            "-ENOENT", "there is no device or volume " + name + " on this host");
  }

  /** What is answered for a word that {@link #nameOf} finds no name in. */
  static DeviceLookup.Answer nameless(String written) {
    return MAJOR_MINOR.matcher(written).matches()
        ? new DeviceLookup.Answer.NotFound(
            "-ENXIO", written + " is named by no ?device=" + written + "=name")
        : new DeviceLookup.Answer.NotFound("-ENOENT", "that is no name of a device or volume");
  }

  /** The name that a table means; null if it means none. */
  static @Nullable String nameOf(String written, Map<String, String> devices) {
    if (MAJOR_MINOR.matcher(written).matches()) {
      return devices.get(written);
    }
    String name = written;
    for (String folder : FOLDERS) {
      if (name.startsWith(folder)) {
        name = name.substring(folder.length());
        break;
      }
    }
    return Names.isName(name) ? name : null;
  }

  /**
   * Takes over what claims tell of leaf devices that not everything is known of.
   *
   * @return why not: a claim was answered before an event that was heard since
   */
  @Nullable Problem adopt(Table table) {
    for (String device : table.below()) {
      Claim claim = claims.get(device);
      if (claim == null || draft.isVolume(device)) {
        continue;
      }
      DmFact.Device known = draft.device(device);
      if (known != null && known.complete()) {
        adoptShape(device, known, claim);
      } else if (known != null
          && known.sliceId().equals(claim.sliceId())
          && claim.sequence() < known.sequence()) {
        return Refusals.staleClaim(device);
      } else {
        adoptAll(device, claim);
      }
    }
    return null;
  }

  /** Events tell what is bad; but the device may have been plugged or made anew meanwhile. */
  private void adoptShape(String device, DmFact.Device known, Claim claim) {
    boolean otherBlocks =
        claim.generation() == known.generation()
            && claim.logicalBlockBytes() != known.logicalBlockBytes();
    if (claim.generation() > known.generation() || otherBlocks) {
      draft.put(
          Keys.device(device),
          new DmFact.Device(
              known.sliceId(),
              known.sequence(),
              true,
              claim.sectors(),
              claim.dax(),
              claim.logicalBlockBytes(),
              claim.generation(),
              known.removalId(),
              known.removed()));
    }
  }

  private void adoptAll(String device, Claim claim) {
    BadSet before = BadSet.read(draft, Keys.badOfDevice(device));
    BadSet after = new BadSet();
    for (Claim.KnownFault fault : claim.faults()) {
      BadSet.Key key = new BadSet.Key(device, fault.faultId());
      Extents ranges = after.ranges(key).union(fault.ranges());
      after.set(key, fault.cause(), ranges);
    }
    draft.put(
        Keys.device(device),
        new DmFact.Device(
            claim.sliceId(),
            claim.sequence(),
            true,
            claim.sectors(),
            claim.dax(),
            claim.logicalBlockBytes(),
            claim.generation(),
            null,
            false));
    Differences.tellOfDevice(draft, device, before, after);
  }

  private static Loaded limit(String limit, long most, long found) {
    return new Loaded.Refused(Refusals.limit(limit, most, found));
  }
}
