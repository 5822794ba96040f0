package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.map.PackedPieces;
import io.faultline.events.BlockEvent;
import io.faultline.events.Event;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random stacks of targets with random imported maps, against a model that knows of every sector
 * which sectors below it needs.
 */
class MappedStackPropertiesTest {

  /** A sector of a block device. */
  private record Cell(String block, int sector) {}

  /**
   * A sector of a volume.
   *
   * @param needs what must be good for it to be read; the first is where it lies, if anywhere
   * @param copy where it can be read too; null if nowhere
   */
  private record Node(
      @Nullable Cell lies, List<Cell> needs, @Nullable Cell copy, boolean hangsOnMeta) {}

  private static final int META_SECTORS = 8;

  private final Map<String, Integer> leaves = new TreeMap<>();
  private final Map<String, List<Node>> volumes = new TreeMap<>();
  private final List<String> blocks = new ArrayList<>();
  private TestHost host = new TestHost();
  private int uploads;

  private int sectors(String block) {
    Integer leaf = leaves.get(block);
    return leaf == null ? volumes.get(block).size() : leaf;
  }

  private boolean lost(Cell cell, Map<String, BitSet> bad) {
    if (leaves.containsKey(cell.block())) {
      return bad.getOrDefault(cell.block(), new BitSet()).get(cell.sector());
    }
    Node node = volumes.get(cell.block()).get(cell.sector());
    Cell copy = node.copy();
    return node.hangsOnMeta() && bad.containsKey("meta")
        || node.needs().stream().anyMatch(need -> lost(need, bad))
            && (copy == null || lost(copy, bad));
  }

  /** What is lost of every volume. */
  private Map<String, BitSet> lost(Map<String, BitSet> bad) {
    Map<String, BitSet> lost = new TreeMap<>();
    volumes.forEach(
        (volume, nodes) -> {
          BitSet of = new BitSet();
          for (int i = 0; i < nodes.size(); i++) {
            of.set(i, lost(new Cell(volume, i), bad));
          }
          if (!of.isEmpty()) {
            lost.put(volume, of);
          }
        });
    return lost;
  }

  private @Nullable Cell leafOf(@Nullable Cell cell) {
    Cell at = cell;
    while (at != null && !leaves.containsKey(at.block())) {
      at = volumes.get(at.block()).get(at.sector()).lies();
    }
    return at;
  }

  private void leaf(String name, int sectors) {
    leaves.put(name, sectors);
    host.device(name, sectors);
    if (!name.startsWith("meta")) {
      blocks.add(name);
    }
  }

  private String pick(Gen gen, int sectorsAtLeast) {
    List<String> fitting = blocks.stream().filter(b -> sectors(b) >= sectorsAtLeast).toList();
    return fitting.get(gen.below(fitting.size()));
  }

  private void draw(Gen gen) {
    leaves.clear();
    volumes.clear();
    blocks.clear();
    host = new TestHost();
    leaf("l0", 1024 + gen.below(600));
    leaf("l1", 600 + gen.below(600));
    leaf("meta", META_SECTORS);
    for (int i = 0; i < 2 + gen.below(3); i++) {
      String name = "v" + i;
      switch (gen.below(7)) {
        case 0, 1 -> thinPool(gen, name);
        case 2 -> cache(gen, name);
        case 3 -> snapshot(gen, name);
        case 4 -> writeCache(gen, name);
        case 5 -> cloned(gen, name);
        default -> vdo(gen, name);
      }
      linear(gen, name + "x");
    }
  }

  private void volume(String name, String table, List<Node> nodes) {
    host.volume(name, "0 " + nodes.size() + " " + table);
    volumes.put(name, nodes);
  }

  /** A sector of a target with metadata, or of one without. */
  private static Node node(@Nullable Cell lies, boolean hangsOnMeta, @Nullable Cell copy) {
    return new Node(lies, lies == null ? List.of() : List.of(lies), copy, hangsOnMeta);
  }

  /**
   * A map of some of the blocks above, each somewhere below; at most one each way unless shared.
   */
  private static int[] blockMap(Gen gen, int above, int firstBelow, int endBelow, boolean shared) {
    int[] map = new int[above];
    BitSet taken = new BitSet();
    for (int i = 0; i < above; i++) {
      int below = endBelow > firstBelow ? firstBelow + gen.below(endBelow - firstBelow) : -1;
      boolean free = below >= 0 && (shared || !taken.get(below)) && gen.flip();
      map[i] = free ? below : -1;
      if (free) {
        taken.set(below);
      }
    }
    return map;
  }

  private void importMap(String volume, int[][] maps, @Nullable BitSet marked) {
    Answers.ImportTicket ticket =
        TestHost.ok(host.core.command(new DmCommand.BeginImport(volume, "u" + ++uploads)));
    PackedPieces packed = new PackedPieces();
    for (int device = 0; device < maps.length; device++) {
      packed.device(device);
      for (int i = 0; i < maps[device].length; i++) {
        if (maps[device][i] >= 0) {
          packed.add(i, maps[device][i], 1, marked != null && marked.get(i));
        }
      }
    }
    host.core.command(new DmCommand.ImportPart(ticket.upload(), 0, packed.take()));
    TestHost.ok(host.core.command(new DmCommand.CommitImport(ticket, 1, 1, 0, 0, null)));
  }

  private void thinPool(Gen gen, String name) {
    String data = pick(gen, 256);
    int dataBlocks = 1 + gen.below(sectors(data) / 128);
    List<Node> pool = new ArrayList<>();
    for (int i = 0; i < dataBlocks * 128; i++) {
      pool.add(node(new Cell(data, i), true, null));
    }
    volume(name, "thin-pool meta " + data + " 128 0", pool);
    int[][] maps = new int[2][];
    for (int device = 0; device < 2; device++) {
      int size = 1 + gen.below(900);
      String origin = gen.onceIn(3) ? pick(gen, 1) : null;
      maps[device] = blockMap(gen, 8, 0, dataBlocks, true);
      List<Node> thin = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        int block = maps[device][i / 128];
        Cell lies =
            block >= 0
                ? new Cell(name, block * 128 + i % 128)
                : origin != null && i < sectors(origin) ? new Cell(origin, i) : null;
        thin.add(node(lies, true, null));
      }
      String thinName = name + "t" + device;
      volume(thinName, "thin " + name + " " + device + (origin == null ? "" : " " + origin), thin);
      blocks.add(thinName);
    }
    importMap(name, maps, null);
  }

  private void cache(Gen gen, String name) {
    String origin = pick(gen, 100);
    String fast = pick(gen, 64);
    int size = 1 + gen.below(sectors(origin));
    int[] map = blockMap(gen, (size + 63) / 64, 0, sectors(fast) / 64, false);
    BitSet dirty = new BitSet();
    for (int i = 0; i < map.length; i++) {
      dirty.set(i, gen.flip());
    }
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int block = map[i / 64];
      Cell slow = new Cell(origin, i);
      if (block < 0) {
        nodes.add(node(slow, true, null));
      } else {
        Cell kept = new Cell(fast, block * 64 + i % 64);
        nodes.add(node(kept, true, dirty.get(i / 64) ? null : slow));
      }
    }
    volume(name, "cache meta " + fast + " " + origin + " 64 0 smq 0", nodes);
    importMap(name, new int[][] {map}, dirty);
    blocks.add(name);
  }

  private void snapshot(Gen gen, String name) {
    String origin = pick(gen, 1);
    List<String> others =
        blocks.stream().filter(b -> !b.equals(origin) && sectors(b) >= 8).toList();
    if (others.isEmpty()) {
      return;
    }
    String cow = others.get(gen.below(others.size()));
    int size = 1 + gen.below(sectors(origin));
    int[] map = blockMap(gen, (size + 7) / 8, 0, sectors(cow) / 8, false);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int chunk = map[i / 8];
      nodes.add(
          node(chunk < 0 ? new Cell(origin, i) : new Cell(cow, chunk * 8 + i % 8), false, null));
    }
    volume(
        name, (gen.flip() ? "snapshot " : "snapshot-merge ") + origin + " " + cow + " N 8", nodes);
    importMap(name, new int[][] {map}, null);
    blocks.add(name);
  }

  private void writeCache(Gen gen, String name) {
    String origin = pick(gen, 1);
    String cache = pick(gen, 100);
    int size = 1 + gen.below(sectors(origin));
    int blockBytes = gen.pick(512, 4096);
    int block = blockBytes / 512;
    int blocksBelow = sectors(cache) / block;
    int data = blocksBelow;
    while ((64 + 16 * data + blockBytes - 1) / blockBytes + data > blocksBelow) {
      data--;
    }
    int metadata = (64 + 16 * data + blockBytes - 1) / blockBytes;
    int[] map = blockMap(gen, (size + block - 1) / block, metadata, metadata + data, false);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int at = map[i / block];
      if (at < 0) {
        nodes.add(node(new Cell(origin, i), false, null));
      } else {
        Cell kept = new Cell(cache, at * block + i % block);
        Cell entry = new Cell(cache, (64 + 16 * (at - metadata)) / 512);
        nodes.add(new Node(kept, List.of(kept, entry, new Cell(cache, 0)), null, false));
      }
    }
    volume(name, "writecache s " + origin + " " + cache + " " + blockBytes + " 0", nodes);
    importMap(name, new int[][] {map}, null);
    blocks.add(name);
  }

  private void cloned(Gen gen, String name) {
    String source = pick(gen, 1);
    String destination = pick(gen, 1);
    int size = 1 + gen.below(Math.min(sectors(source), sectors(destination)));
    int[] map = blockMap(gen, (size + 15) / 16, 0, 1, true);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String from = map[i / 16] < 0 ? source : destination;
      nodes.add(node(new Cell(from, i), true, null));
    }
    for (int i = 0; i < map.length; i++) {
      map[i] = map[i] < 0 ? -1 : i;
    }
    volume(name, "clone meta " + destination + " " + source + " 16", nodes);
    importMap(name, new int[][] {map}, null);
    blocks.add(name);
  }

  private void vdo(Gen gen, String name) {
    String storage = pick(gen, 64);
    int storageBlocks = 1 + gen.below(sectors(storage) / 8);
    int[] map = blockMap(gen, 1 + gen.below(100), 0, storageBlocks, true);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < map.length * 8; i++) {
      int block = map[i / 8];
      nodes.add(node(block < 0 ? null : new Cell(storage, block * 8 + i % 8), false, null));
    }
    volume(name, "vdo V4 " + storage + " " + storageBlocks + " 4096 32768 16380", nodes);
    importMap(name, new int[][] {map}, null);
    blocks.add(name);
  }

  private void linear(Gen gen, String name) {
    String lower = pick(gen, 1);
    int start = gen.below(sectors(lower));
    int size = 1 + gen.below(sectors(lower) - start);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      nodes.add(node(new Cell(lower, start + i), false, null));
    }
    volume(name, "linear " + lower + " " + start, nodes);
    blocks.add(name);
  }

  @Test
  void bothWaysAndWhatIsToldAreThoseOfTheModel() {
    Seeds.forAll(
        1,
        15,
        gen -> {
          draw(gen);
          for (String volume : volumes.keySet()) {
            checkWayDown(gen, volume);
          }
          for (int i = 0; i < 6; i++) {
            checkWhatIf(gen);
          }
          checkTold(gen);
          host.checkReplay();
        });
  }

  private void checkWayDown(Gen gen, String volume) {
    int from = gen.below(sectors(volume));
    int count = 1 + gen.below(sectors(volume) - from);
    Cell[] shown = new Cell[count];
    Answers.Mapped mapped = host.map(volume, from, count);
    for (Answers.Piece piece : mapped.pieces()) {
      for (int i = 0; i < piece.count(); i++) {
        shown[(int) piece.volumeSector() - from + i] =
            new Cell(piece.device(), (int) piece.sector() + i);
      }
    }
    for (int i = 0; i < count; i++) {
      assertThat(shown[i])
          .as(volume + " " + (from + i))
          .isEqualTo(leafOf(new Cell(volume, from + i)));
    }
  }

  private SectorRangeOfLeaf range(Gen gen) {
    String leaf = gen.onceIn(6) ? "meta" : gen.pick("l0", "l1");
    int from = gen.below(leaves.get(leaf));
    int most = leaves.get(leaf) - from;
    return new SectorRangeOfLeaf(leaf, from, 1 + gen.below(gen.flip() ? most : Math.min(most, 20)));
  }

  private record SectorRangeOfLeaf(String leaf, int from, int count) {
    BitSet bits() {
      BitSet bits = new BitSet();
      bits.set(from, from + count);
      return bits;
    }
  }

  private void checkWhatIf(Gen gen) {
    SectorRangeOfLeaf bad = gen.noted(range(gen));
    Map<String, Extents> found = new TreeMap<>();
    Map<String, Map<String, Extents>> suffered = host.suffered(bad.leaf(), bad.from(), bad.count());
    for (String effect : List.of("data_lost", "target_failed")) {
      suffered
          .getOrDefault(effect, Map.of())
          .forEach((volume, ranges) -> found.merge(volume, ranges, Extents::union));
    }
    assertThat(found)
        .isEqualTo(shown(lost(Map.of(bad.leaf(), bad.bits())), bad.leaf().equals("meta")));
  }

  /** What is told of losses: a pool tells only that it failed. */
  private Map<String, Extents> shown(Map<String, BitSet> lost, boolean poolsFail) {
    Map<String, Extents> shown = new TreeMap<>();
    lost.forEach(
        (volume, bits) -> {
          if (poolsFail || !volumes.containsKey(volume + "t0")) {
            shown.put(volume, SectorModel.extents(bits));
          }
        });
    return shown;
  }

  private void checkTold(Gen gen) {
    Map<String, BitSet> bad = new TreeMap<>();
    Map<String, Map<String, Extents>> told = new TreeMap<>();
    for (int i = 0; i < 4; i++) {
      SectorRangeOfLeaf range = gen.noted(range(gen));
      bad.computeIfAbsent(range.leaf(), any -> new BitSet()).or(range.bits());
      take(host.corrupt(range.leaf(), "f" + i, range.from(), range.count()), told);
    }
    Map<String, Extents> union = new TreeMap<>();
    told.forEach(
        (volume, faults) ->
            faults.values().forEach(ranges -> union.merge(volume, ranges, Extents::union)));
    union.values().removeIf(Extents::isEmpty);
    assertThat(union).isEqualTo(shown(lost(bad), bad.containsKey("meta")));
  }

  private static void take(List<Event> events, Map<String, Map<String, Extents>> told) {
    for (Event event : events) {
      switch (event.data()) {
        case BlockEvent.CorruptedRange corrupted ->
            told.computeIfAbsent(corrupted.device(), any -> new TreeMap<>())
                .merge(String.valueOf(event.faultId()), corrupted.ranges(), Extents::union);
        case BlockEvent.RangeRecovered recovered ->
            told.computeIfAbsent(recovered.device(), any -> new TreeMap<>())
                .computeIfPresent(
                    String.valueOf(event.faultId()),
                    (fault, ranges) -> ranges.subtract(recovered.ranges()));
        default -> {}
      }
    }
  }
}
