package io.faultline.dm.core;

import io.faultline.dm.core.target.Arguments;
import io.faultline.dm.core.target.DeviceLookup;
import io.faultline.dm.core.target.Effect;
import io.faultline.dm.core.target.EffectConsumer;
import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.dm.core.target.Importable;
import io.faultline.dm.core.target.Leg;
import io.faultline.dm.core.target.LegRole;
import io.faultline.dm.core.target.LowerDevices;
import io.faultline.dm.core.target.MappedTarget;
import io.faultline.dm.core.target.Parsed;
import io.faultline.dm.core.target.PoolMember;
import io.faultline.dm.core.target.Recipe;
import io.faultline.dm.core.target.RegionTable;
import io.faultline.dm.core.target.Target;
import io.faultline.dm.core.target.TargetType;
import io.faultline.dm.core.target.Targets;
import io.faultline.dm.core.target.WritesBack;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A table that is understood: its targets side by side from sector 0 on, and for every block device
 * below an index of who stands where. Immutable.
 */
public final class Table {

  /** A table, or why it is none. */
  public sealed interface Built {

    record Ok(Table table) implements Built {}

    record Refused(TableRefusal refusal) implements Built {}
  }

  private record Row(int line, String type, Target target) {}

  private static final SectorRange ANY_VOLUME = new SectorRange(0, Limits.MAX_VOLUME_SECTORS);

  private final List<Row> rows;
  private final long[] starts;
  private final long sectors;
  private final TreeMap<String, LegIndex> legsBelow = new TreeMap<>();
  private final boolean joint;
  private final boolean redundant;

  private Table(List<Row> rows, long[] starts, long sectors) {
    this.rows = rows;
    this.starts = starts;
    this.sectors = sectors;
    TreeMap<String, List<LegIndex.Entry>> legs = new TreeMap<>();
    for (int i = 0; i < rows.size(); i++) {
      List<Leg> ofTarget = rows.get(i).target().legs();
      for (int k = 0; k < ofTarget.size(); k++) {
        Leg leg = ofTarget.get(k);
        legs.computeIfAbsent(leg.device(), device -> new ArrayList<>())
            .add(new LegIndex.Entry(i, k, leg.startSector(), leg.endSector()));
      }
    }
    legs.forEach((device, entries) -> legsBelow.put(device, new LegIndex(entries)));
    joint = rows.stream().anyMatch(row -> row.target().joint());
    redundant = rows.stream().anyMatch(row -> row.target().redundant());
  }

  /** Understands lines one after another, checking what the kernel checks, in its order. */
  public static Built build(List<TableText.Line> lines, DeviceLookup devices) {
    List<Row> rows = new ArrayList<>(lines.size());
    long[] starts = new long[lines.size()];
    long end = 0;
    for (TableText.Line line : lines) {
      TargetType type = Targets.byName(line.type());
      if (!rows.isEmpty() && isSingleton(rows.getFirst())) {
        return refused(
            line,
            "target type " + rows.getFirst().type() + " must appear alone in table",
            "a table with " + rows.getFirst().type() + " has one line");
      }
      if (line.sectorCount() == 0) {
        return refused(line, "zero-length target", "a target has one sector at least");
      }
      if (line.startSector() > Limits.MAX_VOLUME_SECTORS - line.sectorCount()) {
        return refused(
            line,
            "too large device",
            "a volume has " + Limits.MAX_VOLUME_SECTORS + " sectors at most");
      }
      if (type == null) {
        return refused(
            line, line.type() + ": unknown target type", "there is no target of this type");
      }
      if (type.singleton() && !rows.isEmpty()) {
        return refused(
            line,
            line.type() + ": singleton target type must appear alone in table (-EINVAL)",
            "a table with " + line.type() + " has one line");
      }
      if (line.startSector() != end) {
        return refused(
            line,
            line.type() + ": Gap in table (-EINVAL)",
            "this line must begin at sector " + end + ", not at " + line.startSector());
      }
      switch (type.parse(line.sectorCount(), new Arguments(line.arguments(), devices))) {
        case Parsed.Ok ok -> {
          String past = legPastTheNumbers(ok.target());
          if (past != null) {
            return refused(line, past, "no block device is that large");
          }
          starts[rows.size()] = end;
          rows.add(new Row(line.number(), line.type(), ok.target()));
          end += line.sectorCount();
        }
        case Parsed.Refused no -> {
          return refused(
              line, line.type() + ": " + no.error() + " (" + no.errno() + ")", no.explanation());
        }
      }
    }
    return new Built.Ok(new Table(List.copyOf(rows), starts, end));
  }

  /** From lines that {@link #lines} printed. */
  static Table ofPrinted(List<String> printed) {
    TableText.Read read = TableText.read(String.join("\n", printed));
    if (read instanceof TableText.Read.Ok(List<TableText.Line> lines)
        && build(lines, DeviceLookup.Answer.Found::new) instanceof Built.Ok(Table table)) {
      return table;
    }
    throw new IllegalArgumentException("not the lines of a table that was taken: " + read);
  }

  private static @Nullable String legPastTheNumbers(Target target) {
    for (Leg leg : target.legs()) {
      if (!leg.isWhole() && leg.startSector() > Limits.MAX_VOLUME_SECTORS - leg.sectorCount()) {
        return leg.device()
            + " too small for target: start="
            + leg.startSector()
            + ", len="
            + leg.sectorCount();
      }
    }
    return null;
  }

  private static boolean isSingleton(Row row) {
    return Objects.requireNonNull(Targets.byName(row.type())).singleton();
  }

  private static Built refused(TableText.Line line, String reason, String explanation) {
    return new Built.Refused(new TableRefusal(line.number(), reason, explanation));
  }

  /** The first target that cannot stand on what it names; null if all can. */
  @Nullable TableRefusal misfit(LowerDevices lower) {
    for (Row row : rows) {
      Parsed.Refused refused = row.target().misfit(lower);
      if (refused != null) {
        return new TableRefusal(
            row.line(),
            row.type() + ": " + refused.error() + " (" + refused.errno() + ")",
            refused.explanation());
      }
    }
    return null;
  }

  /**
   * The first leg that reaches past the end of what it stands on, or is not made of its logical
   * blocks; null if none is so. The kernel's {@code device_area_is_invalid}, {@code
   * drivers/md/dm-table.c}.
   *
   * @param blockSectorsOf a block device's logical block, a power of two
   */
  @Nullable TableRefusal unfitArea(
      ToLongFunction<String> sectorsOf, ToLongFunction<String> blockSectorsOf) {
    for (Row row : rows) {
      for (Leg leg : row.target().legs()) {
        long deviceSectors = sectorsOf.applyAsLong(leg.device());
        if (!leg.isWhole() && leg.endSector() > deviceSectors) {
          return new TableRefusal(
              row.line(),
              leg.device()
                  + " too small for target: start="
                  + leg.startSector()
                  + ", len="
                  + leg.sectorCount()
                  + ", dev_size="
                  + deviceSectors,
              leg.device() + " has " + deviceSectors + " sectors");
        }
        long blockSectors = blockSectorsOf.applyAsLong(leg.device());
        if (leg.startSector() % blockSectors != 0) {
          return unaligned(row, "start=" + leg.startSector(), leg, blockSectors);
        }
        if (!leg.isWhole() && leg.sectorCount() % blockSectors != 0) {
          return unaligned(row, "len=" + leg.sectorCount(), leg, blockSectors);
        }
      }
    }
    return unfitBoundary(blockSectorsOf);
  }

  private static TableRefusal unaligned(Row row, String what, Leg leg, long blockSectors) {
    return new TableRefusal(
        row.line(),
        what
            + " not aligned to h/w logical block size "
            + blockSectors * SectorRange.SECTOR_BYTES
            + " of "
            + leg.device(),
        leg.device() + " has blocks of " + blockSectors + " sectors");
  }

  /**
   * The first target that cuts a logical block of the volume, which are as large as the largest
   * below; smaller ones may fill up what is left of one. The kernel's {@code
   * validate_hardware_logical_block_alignment}.
   */
  private @Nullable TableRefusal unfitBoundary(ToLongFunction<String> blockSectorsOf) {
    long blockSectors = below().stream().mapToLong(blockSectorsOf).max().orElse(1);
    long remaining = 0;
    for (int i = 0; i < rows.size(); i++) {
      Target target = rows.get(i).target();
      long own =
          target.legs().stream()
              .mapToLong(leg -> blockSectorsOf.applyAsLong(leg.device()))
              .max()
              .orElse(1);
      boolean cut = remaining < target.sectorCount() && remaining % own != 0;
      remaining = Math.floorMod(-(starts[i] + target.sectorCount()), blockSectors);
      if (cut || (i == rows.size() - 1 && remaining != 0)) {
        return new TableRefusal(
            rows.get(i).line(),
            "table line "
                + i
                + " (start sect "
                + starts[i]
                + " len "
                + target.sectorCount()
                + ") not aligned to h/w logical block size "
                + blockSectors * SectorRange.SECTOR_BYTES,
            "the blocks of this volume have " + blockSectors + " sectors");
      }
    }
    return null;
  }

  /** As {@code dmsetup table} prints it, but with devices by name. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      String arguments = row.target().arguments();
      lines.add(
          starts[i]
              + " "
              + row.target().sectorCount()
              + " "
              + row.type()
              + (arguments.isEmpty() ? "" : " " + arguments));
    }
    return lines;
  }

  public long sectors() {
    return sectors;
  }

  int targetCount() {
    return rows.size();
  }

  /** With the region tables that messages made, as they are kept. */
  Table withRegions(Collection<DmFact> kept) {
    Table table = this;
    for (DmFact fact : kept) {
      if (fact instanceof DmFact.Regions(int row, int part, List<Integer> paths)
          && table.target(row) instanceof MappedTarget target
          && target.map() instanceof RegionTable regions) {
        table = table.withTarget(row, target.withMap(regions.withPart(part, paths)));
      }
    }
    return table;
  }

  /** The row that has a sector; negative past the end. */
  int rowAt(long sector) {
    int found = Arrays.binarySearch(starts, sector);
    return sector >= sectors ? -1 : found >= 0 ? found : -found - 2;
  }

  /** The line of the text that a row was read from, from 1. */
  int lineOf(int row) {
    return rows.get(row).line();
  }

  /** As the table names it: {@code linear}. */
  String typeOf(int row) {
    return rows.get(row).type();
  }

  /** The block devices that it stands on directly, by name. */
  public Set<String> below() {
    return legsBelow.keySet();
  }

  /** How large a block device below must be for every leg on it. */
  long sectorsNeededOf(String device) {
    long needed = 0;
    for (Row row : rows) {
      for (Leg leg : row.target().legs()) {
        if (leg.device().equals(device) && !leg.isWhole()) {
          needed = Math.max(needed, leg.endSector());
        }
      }
    }
    return needed;
  }

  /** Whether it has a target that is asked with everything that is bad at once. */
  boolean joint() {
    return joint;
  }

  /** Whether it has a target with copies that can get out of step. */
  boolean redundant() {
    return redundant;
  }

  /** Whether each fault loses what it loses alone, and several no more than that. */
  boolean additive() {
    return rows.stream().allMatch(row -> !row.target().joint() || row.target().additive());
  }

  /**
   * Whether a fault loses something together with others only where it has a part in it: true of
   * copies and parity.
   */
  boolean losesBySupport() {
    return rows.stream().allMatch(row -> !row.target().joint() || row.target().redundant());
  }

  /** The target of a row; rows count from 0. */
  Target target(int row) {
    return rows.get(row).target();
  }

  /** The same table with another target in one row, of the same shape: one that got its map. */
  Table withTarget(int row, Target target) {
    List<Row> changed = new ArrayList<>(rows);
    Row old = rows.get(row);
    changed.set(row, new Row(old.line(), old.type(), target));
    return new Table(List.copyOf(changed), starts, sectors);
  }

  /** Its only target; null if it has several. */
  @Nullable Target soleTarget() {
    return rows.size() == 1 ? rows.getFirst().target() : null;
  }

  /**
   * What the volume tells of such ranges. Where only those above it lose anything it tells nothing,
   * unless its map is what is meant: that is said with a sector that no volume has, which nobody
   * outside is told.
   */
  Extents shown(Extents ranges) {
    boolean tells =
        ranges.contains(Limits.MAX_VOLUME_SECTORS)
            || rows.stream().allMatch(row -> row.target().tellsLosses());
    return tells ? ranges.clip(ANY_VOLUME) : Extents.EMPTY;
  }

  /** The only target whose map is imported; null if there is none, or several. */
  @Nullable Importable importable() {
    List<Importable> found = new ArrayList<>();
    for (Row row : rows) {
      if (row.target() instanceof Importable importable) {
        found.add(importable);
      }
    }
    return found.size() == 1 ? found.getFirst() : null;
  }

  /** The pools that it has members of. */
  Set<String> pools() {
    Set<String> pools = new TreeSet<>();
    for (Row row : rows) {
      if (row.target() instanceof PoolMember member) {
        pools.add(member.pool());
      }
    }
    return pools;
  }

  /** The same table with every target replaced; {@code change} answers one of the same shape. */
  Table withTargets(UnaryOperator<Target> change) {
    Table changed = this;
    for (int row = 0; row < rows.size(); row++) {
      Target old = rows.get(row).target();
      Target replaced = change.apply(old);
      if (replaced != old) {
        changed = changed.withTarget(row, replaced);
      }
    }
    return changed;
  }

  /** Whether direct access passes through, as the kernel decides it for the whole table. */
  boolean directAccess(Predicate<String> lower) {
    return rows.stream()
        .allMatch(
            row ->
                row.target().directAccess()
                    && row.target().legs().stream()
                        .filter(leg -> leg.role() == LegRole.DATA)
                        .map(Leg::device)
                        .allMatch(lower));
  }

  /** The way down of a part of the volume, one level: {@code range} lies within the volume. */
  void forward(SectorRange range, ForwardConsumer out) {
    forEachRow(
        range,
        (row, offset, count) ->
            rows.get(row).target().forward(offset, count, new Placed(starts[row], out)));
  }

  /** A part of a target, in its offsets. */
  @FunctionalInterface
  private interface RowConsumer {
    void accept(int row, long offset, long count);
  }

  private void forEachRow(SectorRange range, RowConsumer out) {
    int first = Arrays.binarySearch(starts, range.startSector());
    int from = first >= 0 ? first : -first - 2;
    for (int i = from; i < rows.size() && starts[i] < range.endSector(); i++) {
      long start = starts[i];
      long begin = Math.max(range.startSector(), start);
      long end = Math.min(range.endSector(), start + rows.get(i).target().sectorCount());
      if (begin < end) {
        out.accept(i, begin - start, end - begin);
      }
    }
  }

  /** Target offsets as sectors of the volume. */
  private record Placed(long start, ForwardConsumer out) implements ForwardConsumer {
    @Override
    public void piece(long offset, long sectorCount, String device, long lowerSector) {
      out.piece(start + offset, sectorCount, device, lowerSector);
    }

    @Override
    public void alternative(long offset, long sectorCount, String device, long lowerSector) {
      out.alternative(start + offset, sectorCount, device, lowerSector);
    }

    @Override
    public void hole(long offset, long sectorCount, HoleKind kind) {
      out.hole(start + offset, sectorCount, kind);
    }
  }

  /** Whether anything of the volume shows a sector of {@code bad} of {@code device}. */
  boolean touches(String device, Extents bad) {
    LegIndex legs = legsBelow.get(device);
    if (legs == null) {
      return false;
    }
    boolean[] touched = new boolean[1];
    for (int i = 0; i < bad.rangeCount() && !touched[0]; i++) {
      legs.find(bad.startSector(i), bad.endSector(i), entry -> touched[0] = true);
    }
    return touched[0];
  }

  /**
   * The image of bad sectors below: what becomes of which sectors of the volume. An effect that
   * nothing suffers is not in the answer.
   */
  Map<Effect, Extents> answer(Map<String, Extents> badBelow) {
    return answer(badBelow, Map.of());
  }

  /**
   * The same where some sectors below missed writes: for targets with copies they are as good as
   * bad, for others they are as they are.
   */
  Map<Effect, Extents> answer(Map<String, Extents> badBelow, Map<String, Extents> absentBelow) {
    Image image = new Image();
    TreeMap<Integer, Hits> hits = new TreeMap<>();
    badBelow.forEach((device, bad) -> find(device, bad, image, hits));
    absentBelow.forEach((device, absent) -> findAbsent(device, absent, hits));
    hits.forEach(
        (row, found) ->
            rows.get(row)
                .target()
                .answer(Hits.build(found.bad), Hits.build(found.absent), image.of(starts[row])));
    return image.build();
  }

  /** What a joint target is asked with, by leg. */
  private static final class Hits {
    final Extents.Builder[] bad;
    final Extents.Builder[] absent;

    Hits(int legs) {
      bad = new Extents.Builder[legs];
      absent = new Extents.Builder[legs];
    }

    static void add(Extents.Builder[] hits, int leg, long start, long count) {
      Extents.Builder ofLeg = hits[leg];
      if (ofLeg == null) {
        ofLeg = Extents.builder();
        hits[leg] = ofLeg;
      }
      ofLeg.add(start, count);
    }

    static List<Extents> build(Extents.Builder[] hits) {
      List<Extents> built = new ArrayList<>(hits.length);
      for (Extents.Builder leg : hits) {
        built.add(leg == null ? Extents.EMPTY : leg.build());
      }
      return built;
    }
  }

  /** Joint targets are kept until all their hits are found; others answer at once. */
  private void find(String device, Extents bad, Image image, TreeMap<Integer, Hits> hits) {
    forEachHit(
        device,
        bad,
        (row, leg, start, count) -> {
          Target target = rows.get(row).target();
          if (target.joint()) {
            Hits.add(hitsOf(hits, row).bad, leg, start, count);
          } else {
            target.answer(leg, start, count, image.of(starts[row]));
          }
        });
  }

  private void findAbsent(String device, Extents absent, TreeMap<Integer, Hits> hits) {
    forEachHit(
        device,
        absent,
        (row, leg, start, count) -> {
          if (rows.get(row).target().redundant()) {
            Hits.add(hitsOf(hits, row).absent, leg, start, count);
          }
        });
  }

  private Hits hitsOf(TreeMap<Integer, Hits> hits, int row) {
    return hits.computeIfAbsent(row, any -> new Hits(rows.get(row).target().legs().size()));
  }

  /** A part of a leg, in its offsets. */
  @FunctionalInterface
  private interface HitConsumer {
    void accept(int row, int leg, long start, long count);
  }

  private void forEachHit(String device, Extents ranges, HitConsumer out) {
    LegIndex legs = legsBelow.get(device);
    if (legs == null) {
      return;
    }
    for (int i = 0; i < ranges.rangeCount(); i++) {
      long badStart = ranges.startSector(i);
      long badEnd = ranges.endSector(i);
      legs.find(
          badStart,
          badEnd,
          entry -> {
            // leg        |-------------|
            // bad   |---------|
            // hit        |----|
            long begin = Math.max(badStart, entry.startSector());
            long end = Math.min(badEnd, entry.endSector());
            out.accept(entry.target(), entry.leg(), begin - entry.startSector(), end - begin);
          });
    }
  }

  /** Collects effects as sectors of the volume. */
  private final class Image implements EffectConsumer {
    private final Map<Effect, ImageBuilder> effects = new EnumMap<>(Effect.class);
    private long targetStart;

    /** From now on the target that begins there answers. */
    Image of(long start) {
      targetStart = start;
      return this;
    }

    @Override
    public void accept(Effect effect, long offset, long count) {
      effects
          .computeIfAbsent(effect, any -> new ImageBuilder(Limits.MAX_IMAGE_RANGES))
          .add(targetStart + offset, count);
    }

    /** Each sector has the worst of its effects only. */
    Map<Effect, Extents> build() {
      Map<Effect, Extents> answer = new EnumMap<>(Effect.class);
      effects.forEach((effect, image) -> answer.put(effect, image.build(sectors)));
      without(answer, Effect.DATA_LOST, Effect.TARGET_FAILED);
      without(answer, Effect.REDUNDANCY_LOST, Effect.TARGET_FAILED);
      without(answer, Effect.REDUNDANCY_LOST, Effect.DATA_LOST);
      return answer;
    }

    private static void without(Map<Effect, Extents> answer, Effect effect, Effect worse) {
      Extents of = answer.get(effect);
      Extents ofWorse = answer.get(worse);
      if (of != null && ofWorse != null) {
        Extents left = of.subtract(ofWorse);
        if (left.isEmpty()) {
          answer.remove(effect);
        } else {
          answer.put(effect, left);
        }
      }
    }
  }

  /** The sectors of the volume that these sectors below have a part in. */
  Extents supported(Map<String, Extents> below) {
    return supported(below, Target::support);
  }

  /** Those of them that are kept with redundancy, and now have less of it. */
  Extents weakened(Map<String, Extents> badBelow) {
    return joint ? supported(badBelow, Target::weaken) : Extents.EMPTY;
  }

  /** What a target says of a part of a leg. */
  @FunctionalInterface
  private interface Saying {
    void of(Target target, int leg, long legOffset, long sectorCount, RangeConsumer out);
  }

  private Extents supported(Map<String, Extents> below, Saying saying) {
    ImageBuilder image = new ImageBuilder(Limits.MAX_IMAGE_RANGES);
    below.forEach(
        (device, ranges) ->
            forEachHit(
                device,
                ranges,
                (row, leg, start, count) ->
                    saying.of(
                        rows.get(row).target(),
                        leg,
                        start,
                        count,
                        (offset, length) -> image.add(starts[row] + offset, length))));
    return image.build(sectors);
  }

  /** Those of these sectors of a block device that a leg of a redundant target has. */
  Extents redundantLegs(String device, Extents ranges) {
    Extents.Builder found = Extents.builder();
    forEachHit(
        device,
        ranges,
        (row, leg, start, count) -> {
          Target target = rows.get(row).target();
          Leg ofTarget = target.legs().get(leg);
          if (target.redundant() && ofTarget.role() == LegRole.DATA) {
            found.add(ofTarget.startSector() + start, count);
          }
        });
    return found.build();
  }

  /**
   * The same where the target still has what the leg holds, from elsewhere.
   *
   * @param lost sectors of the volume that are lost
   */
  Extents goesOnWithout(String device, Extents ranges, Extents lost) {
    Extents.Builder found = Extents.builder();
    forEachHit(
        device,
        ranges,
        (row, leg, start, count) -> {
          Target target = rows.get(row).target();
          Leg ofTarget = target.legs().get(leg);
          if (target.redundant() && ofTarget.role() == LegRole.DATA) {
            ImageBuilder held = new ImageBuilder(Limits.MAX_IMAGE_RANGES);
            target.inverse(
                leg, start, count, (offset, sectors) -> held.add(starts[row] + offset, sectors));
            if (!held.build(sectors).subtract(lost).isEmpty()) {
              found.add(ofTarget.startSector() + start, count);
            }
          }
        });
    return found.build();
  }

  /** The sectors of a block device that a leg has which the table says is to be rebuilt. */
  Extents outOfStep(String device) {
    Extents.Builder found = Extents.builder();
    for (Row row : rows) {
      for (int leg : row.target().outOfStepLegs()) {
        Leg ofTarget = row.target().legs().get(leg);
        if (ofTarget.device().equals(device)) {
          found.add(ofTarget.startSector(), ofTarget.sectorCount());
        }
      }
    }
    return found.build();
  }

  /** The sectors of the volume that are lost with these sectors below, for whatever reason. */
  Extents lost(Map<String, Extents> badBelow) {
    return lossOf(answer(badBelow));
  }

  /** Of an image, what cannot be read any more. */
  static Extents lossOf(Map<Effect, Extents> image) {
    Extents data = image.getOrDefault(Effect.DATA_LOST, Extents.EMPTY);
    return data.union(image.getOrDefault(Effect.TARGET_FAILED, Extents.EMPTY));
  }

  /** A part of the way to make sectors again: what is read, and its factor. */
  record Ingredient(String device, long lowerSector, int factor) {}

  /** Takes ways to make sectors of a block device below again. */
  @FunctionalInterface
  interface RecipeConsumer {
    void accept(long lowerSector, long count, List<Ingredient> ingredients);
  }

  /**
   * How a range of a block device below can be made again out of others.
   *
   * @param gone what cannot be read below, or is out of step
   */
  void rebuild(String device, SectorRange range, Map<String, Extents> gone, RecipeConsumer out) {
    forEachHit(
        device,
        Extents.of(range),
        (row, leg, start, count) -> {
          Target target = rows.get(row).target();
          if (target.redundant()) {
            List<Leg> legs = target.legs();
            long legStart = legs.get(leg).startSector();
            target.rebuild(
                leg,
                start,
                count,
                ofLegs(legs, gone),
                recipe ->
                    out.accept(
                        legStart + recipe.legOffset(),
                        recipe.sectorCount(),
                        recipe.ingredients().stream()
                            .map(of -> below(legs.get(of.leg()), of))
                            .toList()));
          }
        });
  }

  /** How sectors of the volume can be worked out from others below; as {@link #rebuild}. */
  void reconstruct(SectorRange range, Map<String, Extents> gone, RecipeConsumer out) {
    forEachRow(
        range,
        (row, offset, count) -> {
          Target target = rows.get(row).target();
          List<Leg> legs = target.legs();
          target.reconstruct(
              offset,
              count,
              target.redundant() ? ofLegs(legs, gone) : List.of(),
              recipe ->
                  out.accept(
                      starts[row] + recipe.legOffset(),
                      recipe.sectorCount(),
                      recipe.ingredients().stream()
                          .map(of -> below(legs.get(of.leg()), of))
                          .toList()));
        });
  }

  /** Takes sectors below that are reckoned from sectors of the volume. */
  @FunctionalInterface
  interface TableCheckConsumer {
    void check(long sector, long count, String device, long lowerSector, int factor, int summands);
  }

  /** What below is reckoned from these sectors. */
  void checks(SectorRange range, TableCheckConsumer out) {
    forEachRow(
        range,
        (row, offset, count) -> {
          Target target = rows.get(row).target();
          target.checks(
              offset,
              count,
              (from, sectors, leg, legOffset, factor, summands) -> {
                Leg of = target.legs().get(leg);
                out.check(
                    starts[row] + from,
                    sectors,
                    of.device(),
                    of.startSector() + legOffset,
                    factor,
                    summands);
              });
        });
  }

  private static Ingredient below(Leg leg, Recipe.Ingredient of) {
    return new Ingredient(leg.device(), leg.startSector() + of.legOffset(), of.factor());
  }

  private static List<Extents> ofLegs(List<Leg> legs, Map<String, Extents> ranges) {
    List<Extents> ofLegs = new ArrayList<>(legs.size());
    for (Leg leg : legs) {
      Extents ofDevice = ranges.getOrDefault(leg.device(), Extents.EMPTY);
      ofLegs.add(
          leg.isWhole()
              ? ofDevice
              : ofDevice
                  .clip(new SectorRange(leg.startSector(), leg.sectorCount()))
                  .shift(-leg.startSector()));
    }
    return ofLegs;
  }

  /** Takes what has no other copy than the one below. */
  @FunctionalInterface
  interface DirtyConsumer {
    /**
     * @param offset of the row's target
     */
    void accept(int row, long offset, long lowerSector, long count);
  }

  /** What of these sectors below caches have not on their origins, in any order. */
  void dirty(String device, Extents ranges, DirtyConsumer out) {
    forEachHit(
        device,
        ranges,
        (row, leg, start, count) -> {
          if (rows.get(row).target() instanceof WritesBack cache) {
            long legStart = cache.legs().get(leg).startSector();
            cache.dirty(
                leg,
                start,
                count,
                (offset, legOffset, sectors) ->
                    out.accept(row, offset, legStart + legOffset, sectors));
          }
        });
  }

  /** The sector of the volume that a row begins at. */
  long startOf(int row) {
    return starts[row];
  }
}
