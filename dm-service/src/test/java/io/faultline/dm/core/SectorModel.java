package io.faultline.dm.core;

import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stacks of volumes as somebody would draw them on paper: for each sector of each volume the sector
 * below it. Slow, and with nothing in common with what it checks.
 */
final class SectorModel {

  /** One sector of something. */
  record Cell(String block, int sector) {}

  /** A table and what it means, sector by sector; null is a hole. */
  record Drawn(List<String> lines, List<@Nullable Cell> cells) {

    List<String> below() {
      return cells.stream()
          .filter(java.util.Objects::nonNull)
          .map(Cell::block)
          .distinct()
          .sorted()
          .toList();
    }
  }

  final Map<String, Integer> leaves = new TreeMap<>();
  final Map<String, Drawn> volumes = new TreeMap<>();

  int sectors(String block) {
    Integer leaf = leaves.get(block);
    return leaf == null ? drawn(block).cells().size() : leaf;
  }

  Drawn drawn(String volume) {
    return java.util.Objects.requireNonNull(volumes.get(volume), volume);
  }

  /** The leaf sector that a volume sector shows in the end; null in a hole. */
  @Nullable Cell leafOf(String block, int sector) {
    Cell at = new Cell(block, sector);
    while (at != null && !leaves.containsKey(at.block())) {
      at = drawn(at.block()).cells().get(at.sector());
    }
    return at;
  }

  /** The sectors of a volume that show one of these sectors of another block device below it. */
  BitSet image(String volume, String lower, BitSet bad) {
    BitSet image = new BitSet();
    for (int sector = 0; sector < sectors(volume); sector++) {
      Cell at = drawn(volume).cells().get(sector);
      while (at != null && !at.block().equals(lower) && !leaves.containsKey(at.block())) {
        at = drawn(at.block()).cells().get(at.sector());
      }
      if (at != null && at.block().equals(lower) && bad.get(at.sector())) {
        image.set(sector);
      }
    }
    return image;
  }

  /** A random table of a few targets over any of these. */
  Drawn draw(Random random, List<String> lowers) {
    List<String> lines = new ArrayList<>();
    List<@Nullable Cell> cells = new ArrayList<>();
    int targets = 1 + random.nextInt(4);
    for (int i = 0; i < targets; i++) {
      int start = cells.size();
      String type =
          switch (random.nextInt(8)) {
            case 0 -> hole(random, "zero", cells);
            case 1 -> hole(random, "error", cells);
            case 2, 3, 4 -> linear(random, lowers, cells);
            default -> striped(random, lowers, cells);
          };
      lines.add(start + " " + (cells.size() - start) + " " + type);
    }
    return new Drawn(lines, cells);
  }

  private static String hole(Random random, String type, List<@Nullable Cell> cells) {
    int count = 1 + random.nextInt(20);
    for (int i = 0; i < count; i++) {
      cells.add(null);
    }
    return type;
  }

  private String linear(Random random, List<String> lowers, List<@Nullable Cell> cells) {
    String lower = lowers.get(random.nextInt(lowers.size()));
    int start = random.nextInt(sectors(lower));
    int count = 1 + random.nextInt(sectors(lower) - start);
    for (int i = 0; i < count; i++) {
      cells.add(new Cell(lower, start + i));
    }
    return "linear " + lower + " " + start;
  }

  private String striped(Random random, List<String> lowers, List<@Nullable Cell> cells) {
    int stripes = 1 + random.nextInt(4);
    List<String> legs = new ArrayList<>();
    int room = Integer.MAX_VALUE;
    for (int i = 0; i < stripes; i++) {
      legs.add(lowers.get(random.nextInt(lowers.size())));
      room = Math.min(room, sectors(legs.getLast()));
    }
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
          cells.add(new Cell(legs.get(leg), starts[leg] + row * chunk + i));
        }
      }
    }
    return text.toString();
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
