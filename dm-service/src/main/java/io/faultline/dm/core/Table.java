package io.faultline.dm.core;

import io.faultline.dm.core.target.Arguments;
import io.faultline.dm.core.target.DeviceLookup;
import io.faultline.dm.core.target.Effect;
import io.faultline.dm.core.target.ForwardConsumer;
import io.faultline.dm.core.target.HoleKind;
import io.faultline.dm.core.target.Leg;
import io.faultline.dm.core.target.Parsed;
import io.faultline.dm.core.target.Target;
import io.faultline.dm.core.target.TargetType;
import io.faultline.dm.core.target.Targets;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
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

  private final List<Row> rows;
  private final long[] starts;
  private final long sectors;
  private final TreeMap<String, LegIndex> legsBelow = new TreeMap<>();

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
  }

  /** Understands lines one after another, checking what the kernel checks, in its order. */
  public static Built build(List<TableText.Line> lines, DeviceLookup devices) {
    List<Row> rows = new ArrayList<>(lines.size());
    long[] starts = new long[lines.size()];
    long end = 0;
    for (TableText.Line line : lines) {
      TargetType type = Targets.byName(line.type());
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
      if (leg.startSector() > Limits.MAX_VOLUME_SECTORS - leg.sectorCount()) {
        return leg.device()
            + " too small for target: start="
            + leg.startSector()
            + ", len="
            + leg.sectorCount();
      }
    }
    return null;
  }

  private static Built refused(TableText.Line line, String reason, String explanation) {
    return new Built.Refused(new TableRefusal(line.number(), reason, explanation));
  }

  /** The first leg that reaches past the end of what it stands on; null if none does. */
  @Nullable TableRefusal pastTheEnd(ToLongFunction<String> sectorsOf) {
    for (Row row : rows) {
      for (Leg leg : row.target().legs()) {
        long deviceSectors = sectorsOf.applyAsLong(leg.device());
        if (leg.endSector() > deviceSectors) {
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

  /** The block devices that it stands on directly, by name. */
  public Set<String> below() {
    return legsBelow.keySet();
  }

  /** How large a block device below must be for every leg on it. */
  long sectorsNeededOf(String device) {
    LegIndex legs = legsBelow.get(device);
    return legs == null ? 0 : legs.endSector();
  }

  /** Whether direct access passes through, as the kernel decides it for the whole table. */
  boolean directAccess(Predicate<String> lower) {
    return rows.stream().allMatch(row -> row.target().directAccess())
        && below().stream().allMatch(lower);
  }

  /** The way down of a part of the volume, one level: {@code range} lies within the volume. */
  void forward(SectorRange range, ForwardConsumer out) {
    int first = Arrays.binarySearch(starts, range.startSector());
    int from = first >= 0 ? first : -first - 2;
    for (int i = from; i < rows.size() && starts[i] < range.endSector(); i++) {
      Target target = rows.get(i).target();
      long start = starts[i];
      long begin = Math.max(range.startSector(), start);
      long end = Math.min(range.endSector(), start + target.sectorCount());
      if (begin < end) {
        target.forward(begin - start, end - begin, new Placed(start, out));
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
    Map<Effect, ImageBuilder> images = new EnumMap<>(Effect.class);
    badBelow.forEach(
        (device, bad) -> {
          LegIndex legs = legsBelow.get(device);
          if (legs != null) {
            for (int i = 0; i < bad.rangeCount(); i++) {
              answer(legs, bad.startSector(i), bad.endSector(i), images);
            }
          }
        });
    Map<Effect, Extents> answer = new EnumMap<>(Effect.class);
    images.forEach((effect, image) -> answer.put(effect, image.build(sectors)));
    return answer;
  }

  private void answer(LegIndex legs, long badStart, long badEnd, Map<Effect, ImageBuilder> images) {
    legs.find(
        badStart,
        badEnd,
        entry -> {
          // leg        |-------------|
          // bad   |---------|
          // answer     |----|
          long begin = Math.max(badStart, entry.startSector());
          long end = Math.min(badEnd, entry.endSector());
          long start = starts[entry.target()];
          rows.get(entry.target())
              .target()
              .answer(
                  entry.leg(),
                  begin - entry.startSector(),
                  end - begin,
                  (effect, offset, count) ->
                      images
                          .computeIfAbsent(effect, any -> new ImageBuilder(Limits.MAX_IMAGE_RANGES))
                          .add(start + offset, count));
        });
  }

  /** The sectors of the volume that are lost with these sectors below. */
  Extents lost(Map<String, Extents> badBelow) {
    return answer(badBelow).getOrDefault(Effect.DATA_LOST, Extents.EMPTY);
  }
}
