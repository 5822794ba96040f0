package io.faultline.dm.core;

import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stacks of volumes as somebody would draw them on paper: for each sector of each volume the
 * sectors below it. Slow, and with nothing in common with what it checks.
 */
final class SectorModel {

  /** One sector of something. */
  record Cell(String block, int sector) {}

  /**
   * A sector of a volume.
   *
   * @param copies where it can be read by itself, the place where it is read first
   * @param ways what must be good for it to be readable: all cells of one of them
   * @param support what it loses redundancy with, or all it is made of where it has none
   */
  record Sector(List<Cell> copies, List<Set<Cell>> ways, Set<Cell> support) {

    static Sector of(Cell cell) {
      return new Sector(List.of(cell), List.of(Set.of(cell)), Set.of(cell));
    }

    /** Nothing below. */
    static final Sector HOLE = new Sector(List.of(), List.of(Set.of()), Set.of());

    boolean isLost(Predicate<Cell> bad) {
      return ways.stream().allMatch(way -> way.stream().anyMatch(bad));
    }

    boolean isTouched(Predicate<Cell> cells) {
      return support.stream().anyMatch(cells);
    }
  }

  /**
   * A line of a table.
   *
   * @param vital without any of these the target fails
   */
  record Part(
      int start, int count, String text, boolean joint, boolean redundant, Set<Cell> vital) {}

  /** A table and what it means, sector by sector. */
  record Drawn(List<Part> parts, List<Sector> sectors, Set<String> named) {

    List<String> lines() {
      return parts.stream()
          .map(part -> part.start() + " " + part.count() + " " + part.text())
          .toList();
    }

    Set<String> below() {
      return named;
    }

    boolean joint() {
      return parts.stream().anyMatch(Part::joint);
    }

    Part partOf(int sector) {
      return parts.stream()
          .filter(part -> sector >= part.start() && sector < part.start() + part.count())
          .findFirst()
          .orElseThrow();
    }

    /** Whether the target of a sector fails as a whole. */
    boolean fails(int sector, Predicate<Cell> bad) {
      return partOf(sector).vital().stream().anyMatch(bad);
    }

    /**
     * @param stale cells that count as bad where there are copies
     */
    boolean isLost(int sector, Predicate<Cell> bad, Predicate<Cell> stale) {
      boolean redundant = partOf(sector).redundant();
      return fails(sector, bad) || sectors.get(sector).isLost(redundant ? bad.or(stale) : bad);
    }
  }

  final Map<String, Integer> leaves = new TreeMap<>();
  final Map<String, Drawn> volumes = new TreeMap<>();

  int sectors(String block) {
    Integer leaf = leaves.get(block);
    return leaf == null ? drawn(block).sectors().size() : leaf;
  }

  Drawn drawn(String volume) {
    return Objects.requireNonNull(volumes.get(volume), volume);
  }

  /** Every leaf sector that a volume sector can be read from by itself, the first one first. */
  List<Cell> leavesOf(Cell at) {
    if (leaves.containsKey(at.block())) {
      return List.of(at);
    }
    List<Cell> all = new ArrayList<>();
    for (Cell copy : drawn(at.block()).sectors().get(at.sector()).copies()) {
      all.addAll(leavesOf(copy));
    }
    return all;
  }

  /** What becomes of each volume above when these sectors of a block device are bad. */
  Map<String, Map<String, Extents>> suffered(String origin, BitSet bad) {
    Map<String, BitSet> lost = new TreeMap<>();
    Map<String, BitSet> weak = new TreeMap<>();
    lost.put(origin, bad);
    Map<String, Map<String, Extents>> suffered = new TreeMap<>();
    for (String volume : byHeight()) {
      if (volume.equals(origin) || !standsOn(volume, origin)) {
        continue;
      }
      Drawn drawn = drawn(volume);
      Predicate<Cell> isBad = in(lost);
      Predicate<Cell> isWeak = in(weak);
      BitSet failed = new BitSet();
      BitSet gone = new BitSet();
      BitSet fewer = new BitSet();
      for (int i = 0; i < drawn.sectors().size(); i++) {
        if (drawn.fails(i, isBad)) {
          failed.set(i);
        } else if (drawn.isLost(i, isBad, none -> false)) {
          gone.set(i);
        } else if (drawn.sectors().get(i).isTouched(isBad.or(isWeak))) {
          fewer.set(i);
        }
      }
      add(suffered, "data_lost", volume, gone);
      add(suffered, "target_failed", volume, failed);
      add(suffered, "redundancy_lost", volume, fewer);
      gone.or(failed);
      lost.put(volume, gone);
      weak.put(volume, fewer);
    }
    return suffered;
  }

  private static void add(
      Map<String, Map<String, Extents>> to, String effect, String volume, BitSet sectors) {
    if (!sectors.isEmpty()) {
      to.computeIfAbsent(effect, any -> new TreeMap<>()).put(volume, extents(sectors));
    }
  }

  static Predicate<Cell> in(Map<String, BitSet> sets) {
    return cell -> {
      BitSet set = sets.get(cell.block());
      return set != null && set.get(cell.sector());
    };
  }

  boolean standsOn(String upper, String lower) {
    return volumes.containsKey(upper)
        && drawn(upper).below().stream()
            .anyMatch(below -> below.equals(lower) || standsOn(below, lower));
  }

  List<String> byHeight() {
    List<String> sorted = new ArrayList<>();
    while (sorted.size() < volumes.size()) {
      volumes.forEach(
          (name, drawn) -> {
            boolean ready =
                drawn.below().stream().allMatch(b -> leaves.containsKey(b) || sorted.contains(b));
            if (ready && !sorted.contains(name)) {
              sorted.add(name);
            }
          });
    }
    return sorted;
  }

  /** A random table of a few targets over any of these. */
  Drawn draw(Random random, List<String> lowers) {
    Drawing drawing = new Drawing(random, lowers);
    int targets = 1 + random.nextInt(3);
    for (int i = 0; i < targets; i++) {
      drawing.target();
    }
    return drawing.done();
  }

  /** A table that is being drawn. */
  private final class Drawing {
    private final Random random;
    private final List<String> lowers;
    private final List<Part> parts = new ArrayList<>();
    private final List<Sector> sectors = new ArrayList<>();

    Drawing(Random random, List<String> lowers) {
      this.random = random;
      this.lowers = lowers;
    }

    Drawn done() {
      Set<String> named = new TreeSet<>();
      for (Part part : parts) {
        for (String word : part.text().split(" ")) {
          if (lowers.contains(word)) {
            named.add(word);
          }
        }
      }
      return new Drawn(parts, sectors, named);
    }

    void target() {
      switch (random.nextInt(18)) {
        case 0 -> hole("zero");
        case 1 -> hole("error");
        case 2, 3 -> shifted();
        case 4 -> crypt();
        case 5 -> unstriped();
        case 6 -> mirror();
        case 7 -> raid1();
        case 8, 9 -> parity(5);
        case 10, 11 -> parity(6);
        case 12 -> raid0();
        case 13, 14 -> raid10();
        case 15 -> switched();
        case 16 -> random(this::verity, this::integrity);
        default -> striped();
      }
    }

    private void random(Runnable one, Runnable other) {
      if (random.nextBoolean()) {
        one.run();
      } else {
        other.run();
      }
    }

    /** The sectors are drawn; this is their line. */
    private void line(int start, String text) {
      line(start, text, false, false, Set.of());
    }

    private void line(int start, String text, boolean joint, boolean redundant, Set<Cell> vital) {
      parts.add(new Part(start, sectors.size() - start, text, joint, redundant, vital));
    }

    private String lower() {
      return lowers.get(random.nextInt(lowers.size()));
    }

    private List<String> lowersOf(int count) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(lower());
      }
      return all;
    }

    private int room(List<String> of) {
      return of.stream().mapToInt(SectorModel.this::sectors).min().orElseThrow();
    }

    private void hole(String type) {
      int start = sectors.size();
      int count = 1 + random.nextInt(20);
      for (int i = 0; i < count; i++) {
        sectors.add(Sector.HOLE);
      }
      line(start, type);
    }

    private void shifted() {
      int at = sectors.size();
      String lower = lower();
      int start = random.nextInt(sectors(lower));
      int kind = random.nextInt(7);
      if (kind > 3) {
        start = 0;
      }
      int count = 1 + random.nextInt(sectors(lower) - start);
      for (int i = 0; i < count; i++) {
        sectors.add(Sector.of(new Cell(lower, start + i)));
      }
      String where = lower + " " + start;
      switch (kind) {
        case 1 -> line(at, "delay " + where + " 10");
        case 2 -> line(at, "flakey " + where + " 60 1 1 drop_writes");
        case 3 -> line(at, "dust " + where + " 512");
        case 4 -> line(at, "snapshot-origin " + lower);
        case 5 -> line(at, "log-writes " + lower + " " + lower());
        case 6 -> {
          String metadata = lower();
          line(at, "era " + metadata + " " + lower + " 8", true, false, whole(metadata));
        }
        default -> line(at, "linear " + where);
      }
    }

    /** All of it, also where it may grow to. */
    private Set<Cell> whole(String block) {
      return cells(block, 0, 1000);
    }

    private static Set<Cell> cells(String block, int start, int count) {
      Set<Cell> cells = new LinkedHashSet<>();
      for (int i = 0; i < count; i++) {
        cells.add(new Cell(block, start + i));
      }
      return cells;
    }

    private void crypt() {
      int at = sectors.size();
      String lower = lower();
      int unit = 1 << random.nextInt(4);
      int units = sectors(lower) / unit;
      if (units == 0) {
        hole("zero");
        return;
      }
      int count = unit * (1 + random.nextInt(units));
      int start = random.nextInt(sectors(lower) - count + 1);
      for (int i = 0; i < count; i++) {
        Set<Cell> all = cells(lower, start + i / unit * unit, unit);
        sectors.add(new Sector(List.of(new Cell(lower, start + i)), List.of(all), all));
      }
      String options = unit == 1 ? "" : " 1 sector_size:" + 512 * unit;
      line(
          at,
          "crypt aes-xts-plain64 " + "0".repeat(64) + " 0 " + lower + " " + start + options,
          unit > 1,
          false,
          Set.of());
    }

    private void unstriped() {
      int at = sectors.size();
      String lower = lower();
      int stripes = 1 + random.nextInt(3);
      int chunk = 1 + random.nextInt(4);
      int rows = sectors(lower) / (chunk * stripes);
      if (rows == 0) {
        hole("zero");
        return;
      }
      int stripe = random.nextInt(stripes);
      for (int i = 0; i < rows * chunk; i++) {
        int sector = (i / chunk * stripes + stripe) * chunk + i % chunk;
        sectors.add(Sector.of(new Cell(lower, sector)));
      }
      line(at, "unstriped " + stripes + " " + chunk + " " + stripe + " " + lower + " 0");
    }

    private void striped() {
      int at = sectors.size();
      int stripes = 1 + random.nextInt(4);
      List<String> legs = lowersOf(stripes);
      int room = room(legs);
      int chunk = 1 + random.nextInt(Math.min(room, 9));
      int rows = 1 + random.nextInt(Math.min(room / chunk, 12));
      StringBuilder text = new StringBuilder("striped " + stripes + " " + chunk);
      int[] starts = new int[stripes];
      for (int i = 0; i < stripes; i++) {
        starts[i] = random.nextInt(sectors(legs.get(i)) - rows * chunk + 1);
        text.append(' ').append(legs.get(i)).append(' ').append(starts[i]);
      }
      for (int row = 0; row < rows; row++) {
        for (int leg = 0; leg < stripes; leg++) {
          for (int i = 0; i < chunk; i++) {
            sectors.add(Sector.of(new Cell(legs.get(leg), starts[leg] + row * chunk + i)));
          }
        }
      }
      line(at, text.toString());
    }

    private void switched() {
      int at = sectors.size();
      List<String> legs = lowersOf(1 + random.nextInt(3));
      int count = 1 + random.nextInt(room(legs));
      int region = 1 + random.nextInt(9);
      StringBuilder text = new StringBuilder("switch " + legs.size() + " " + region + " 0");
      int[] starts = new int[legs.size()];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = random.nextInt(sectors(legs.get(i)) - count + 1);
        text.append(' ').append(legs.get(i)).append(' ').append(starts[i]);
      }
      for (int i = 0; i < count; i++) {
        int leg = i / region % legs.size();
        sectors.add(Sector.of(new Cell(legs.get(leg), starts[leg] + i)));
      }
      line(at, text.toString());
    }

    private static Sector copied(List<Cell> copies) {
      List<Set<Cell>> ways = new ArrayList<>();
      copies.forEach(copy -> ways.add(Set.of(copy)));
      return new Sector(copies, ways, new HashSet<>(copies));
    }

    private void mirror() {
      int at = sectors.size();
      List<String> legs = lowersOf(2 + random.nextInt(2));
      int count = 1 + random.nextInt(room(legs));
      StringBuilder text = new StringBuilder("mirror core 1 64 " + legs.size());
      int[] starts = new int[legs.size()];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = random.nextInt(sectors(legs.get(i)) - count + 1);
        text.append(' ').append(legs.get(i)).append(' ').append(starts[i]);
      }
      for (int i = 0; i < count; i++) {
        List<Cell> copies = new ArrayList<>();
        for (int leg = 0; leg < starts.length; leg++) {
          copies.add(new Cell(legs.get(leg), starts[leg] + i));
        }
        sectors.add(copied(copies));
      }
      line(at, text.toString(), true, true, Set.of());
    }

    /** Members of a set, some of which are not there: those have no name. */
    private List<@Nullable String> members(int count, int mostMissing) {
      List<@Nullable String> members = new ArrayList<>();
      int missing = random.nextInt(3) == 0 ? random.nextInt(mostMissing + 1) : 0;
      for (int i = 0; i < count; i++) {
        members.add(lowers.get(random.nextInt(lowers.size())));
      }
      for (int i = 0; i < missing; i++) {
        members.set(random.nextInt(count), null);
      }
      return members;
    }

    private String names(List<@Nullable String> members) {
      StringBuilder text = new StringBuilder();
      members.forEach(member -> text.append(" - ").append(member == null ? "-" : member));
      return text.toString();
    }

    private int roomOf(List<@Nullable String> members) {
      return members.stream()
          .filter(Objects::nonNull)
          .mapToInt(SectorModel.this::sectors)
          .min()
          .orElseThrow();
    }

    private void raid1() {
      int at = sectors.size();
      List<@Nullable String> members = members(2 + random.nextInt(2), 1);
      int count = 1 + random.nextInt(roomOf(members));
      for (int i = 0; i < count; i++) {
        List<Cell> copies = new ArrayList<>();
        for (String member : members) {
          if (member != null) {
            copies.add(new Cell(member, i));
          }
        }
        sectors.add(copied(copies));
      }
      line(at, "raid raid1 1 0 " + members.size() + names(members), true, true, Set.of());
    }

    private void raid0() {
      int at = sectors.size();
      List<@Nullable String> members = members(1 + random.nextInt(3), 0);
      int ofMember = 1 + random.nextInt(roomOf(members));
      int rows = ofMember / 8;
      int count = ofMember * members.size();
      for (int i = 0; i < count; i++) {
        int chunk = i / 8;
        boolean reached = chunk / members.size() < rows;
        String member = Objects.requireNonNull(members.get(chunk % members.size()));
        sectors.add(
            reached
                ? Sector.of(new Cell(member, chunk / members.size() * 8 + i % 8))
                : Sector.HOLE);
      }
      line(at, "raid raid0 1 8 " + members.size() + names(members));
    }

    private void parity(int level) {
      int at = sectors.size();
      int parityCount = level - 4;
      String[] types =
          level == 5
              ? new String[] {"raid4", "raid5_n", "raid5_ls", "raid5_rs", "raid5_la", "raid5_ra"}
              : new String[] {
                "raid6_zr",
                "raid6_nr",
                "raid6_nc",
                "raid6_n_6",
                "raid6_ls_6",
                "raid6_rs_6",
                "raid6_la_6",
                "raid6_ra_6"
              };
      String type = types[random.nextInt(types.length)];
      List<@Nullable String> members = members(parityCount + 1 + random.nextInt(3), parityCount);
      int data = members.size() - parityCount;
      int ofMember = Math.min(1 + random.nextInt(roomOf(members)), 70);
      int rows = ofMember / 8;
      for (int i = 0; i < ofMember * data; i++) {
        int stripe = i / 8 / data;
        sectors.add(
            stripe < rows
                ? protectedSector(type, members, data, stripe, i / 8 % data, i % 8)
                : Sector.HOLE);
      }
      line(at, "raid " + type + " 1 8 " + members.size() + names(members), true, true, Set.of());
    }

    private Sector protectedSector(
        String type, List<@Nullable String> members, int data, int stripe, int chunk, int inChunk) {
      int[] at = Md.stripe(type, members.size(), data, stripe);
      List<Set<Cell>> ways = new ArrayList<>();
      List<Cell> others = new ArrayList<>();
      Set<Cell> support = new HashSet<>();
      Cell own = null;
      for (int member = 0; member < members.size(); member++) {
        String name = members.get(member);
        if (name == null) {
          continue;
        }
        Cell cell = new Cell(name, stripe * 8 + inChunk);
        if (at[member] == chunk) {
          own = cell;
          support.add(cell);
          ways.add(Set.of(cell));
        } else {
          others.add(cell);
        }
        if (at[member] < 0) {
          support.add(cell);
        }
      }
      subsets(others, data, 0, new ArrayList<>(), ways);
      return new Sector(own == null ? List.of() : List.of(own), ways, support);
    }

    private static void subsets(
        List<Cell> of, int size, int from, List<Cell> chosen, List<Set<Cell>> out) {
      if (chosen.size() == size) {
        out.add(new HashSet<>(chosen));
        return;
      }
      for (int i = from; i < of.size(); i++) {
        chosen.add(of.get(i));
        subsets(of, size, i + 1, chosen, out);
        chosen.removeLast();
      }
    }

    private void raid10() {
      int at = sectors.size();
      int copies = 2 + random.nextInt(2);
      List<@Nullable String> members = members(copies + random.nextInt(4), 1);
      int n = members.size();
      String format = new String[] {"near", "far", "offset"}[random.nextInt(3)];
      boolean nearSets = !format.equals("near") && random.nextBoolean();
      int ofMember = 8 * copies * (1 + random.nextInt(3));
      if (ofMember > roomOf(members) || ofMember * n % copies != 0) {
        hole("error");
        return;
      }
      int count = ofMember * n / copies;
      List<@Nullable List<Cell>> places = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int[][] found = Md.raid10(format, nearSets, n, copies, ofMember, i);
        List<Cell> there = new ArrayList<>();
        for (int[] place : found) {
          String member = members.get(place[0]);
          if (member != null) {
            there.add(new Cell(member, place[1]));
          }
        }
        places.add(there.isEmpty() ? null : there);
      }
      if (places.contains(null)) {
        hole("error");
        return;
      }
      places.forEach(copiesOf -> sectors.add(copied(Objects.requireNonNull(copiesOf))));
      line(
          at,
          "raid raid10 "
              + (nearSets ? 6 : 5)
              + " 8 raid10_copies "
              + copies
              + " raid10_format "
              + format
              + (nearSets ? " raid10_use_near_sets " : " ")
              + n
              + names(members),
          true,
          true,
          Set.of());
    }

    /** Blocks of 512 bytes, 16 digests of sha256 in a hash block. */
    private void verity() {
      int at = sectors.size();
      String lower = lower();
      String hash = lower();
      int blocks = Math.min(sectors(lower), 40);
      int leaves = (blocks + 15) / 16;
      int levels = blocks == 1 ? 0 : leaves == 1 ? 1 : 2;
      int hashBlocks = levels == 0 ? 0 : levels == 1 ? 1 : leaves + 1;
      if (hashBlocks > sectors(hash)) {
        hole("zero");
        return;
      }
      int start = random.nextInt(sectors(hash) - hashBlocks + 1);
      for (int i = 0; i < blocks; i++) {
        Set<Cell> all = new HashSet<>();
        all.add(new Cell(lower, i));
        if (levels > 0) {
          all.add(new Cell(hash, start));
        }
        if (levels > 1) {
          all.add(new Cell(hash, start + 1 + i / 16));
        }
        sectors.add(new Sector(List.of(new Cell(lower, i)), List.of(all), all));
      }
      line(
          at,
          "verity 1 "
              + lower
              + " "
              + hash
              + " 512 512 "
              + blocks
              + " "
              + start
              + " sha256 "
              + "ab".repeat(32)
              + " -",
          true,
          false,
          Set.of());
    }

    /** Tags of 480 bytes, so that a journal section has 16 sectors; areas of 8 tags and 8 data. */
    private void integrity() {
      int at = sectors.size();
      String lower = lower();
      int areas = (sectors(lower) - 24) / 16;
      if (areas <= 0) {
        hole("zero");
        return;
      }
      int start = random.nextInt(sectors(lower) - 24 - 16 * areas + 1);
      int first = start + 24;
      for (int i = 0; i < 8 * areas; i++) {
        int area = first + i / 8 * 16;
        Set<Cell> all = new HashSet<>();
        all.add(new Cell(lower, area + 8 + i % 8));
        int fromByte = i % 8 * 480;
        int toByte = fromByte + 480 - 1;
        for (int sector = fromByte / 512; sector <= toByte / 512; sector++) {
          all.add(new Cell(lower, area + sector));
        }
        sectors.add(new Sector(List.of(new Cell(lower, area + 8 + i % 8)), List.of(all), all));
      }
      line(
          at,
          "integrity "
              + lower
              + " "
              + start
              + " 480 D 4 journal_sectors:16 interleave_sectors:8 buffer_sectors:1 fix_padding",
          true,
          false,
          cells(lower, start, 8));
    }
  }

  static BitSet bits(Extents extents) {
    BitSet bits = new BitSet();
    extents.forEach((start, count) -> bits.set((int) start, (int) (start + count)));
    return bits;
  }

  static Extents extents(BitSet bits) {
    Extents.Builder extents = Extents.builder();
    for (int from = bits.nextSetBit(0); from >= 0; ) {
      int to = bits.nextClearBit(from);
      extents.add(from, to - from);
      from = bits.nextSetBit(to);
    }
    return extents.build();
  }
}
