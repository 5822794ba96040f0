package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.SectorModel.Cell;
import io.faultline.dm.core.SectorModel.Drawn;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random stacks, both ways, against {@link SectorModel}. */
class StackPropertiesTest {

  static LongStream seeds() {
    return LongStream.range(0, 150);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void bothWaysAreThoseOfTheModel(long seed) {
    Random random = new Random(seed);
    SectorModel model = new SectorModel();
    TestHost host = new TestHost();
    List<String> blocks = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      int sectors = 30 + random.nextInt(200);
      model.leaves.put("pmem" + i, sectors);
      host.device("pmem" + i, sectors);
      blocks.add("pmem" + i);
    }
    for (int i = 0; i < 1 + random.nextInt(7); i++) {
      Drawn drawn = model.draw(random, blocks);
      model.volumes.put("v" + i, drawn);
      host.volume("v" + i, drawn.lines().toArray(String[]::new));
      assertThat(host.get("v" + i).table()).isEqualTo(drawn.lines());
      blocks.add("v" + i);
    }
    for (String volume : model.volumes.keySet()) {
      checkWayDown(host, model, volume, random);
    }
    for (String lower : blocks) {
      for (int i = 0; i < 12; i++) {
        int sector = random.nextInt(model.sectors(lower) + 5);
        int count = 1 + random.nextInt(i == 0 ? 200 : 12);
        checkWayUp(host, model, lower, sector, count);
      }
    }
    host.checkReplay();
  }

  private static void checkWayUp(
      TestHost host, SectorModel model, String lower, int sector, int count) {
    BitSet bad = new BitSet();
    bad.set(sector, sector + count);
    bad.clear(model.sectors(lower), Integer.MAX_VALUE);
    assertThat(host.suffered(lower, sector, count)).isEqualTo(model.suffered(lower, bad));
  }

  private static void checkWayDown(TestHost host, SectorModel model, String volume, Random random) {
    int from = random.nextInt(model.sectors(volume));
    int count = 1 + random.nextInt(model.sectors(volume));
    Answers.Mapped mapped = host.map(volume, from, count);
    int end = Math.min(from + count, model.sectors(volume));
    Cell[] shown = new Cell[end];
    BitSet named = new BitSet();
    for (Answers.Piece piece : mapped.pieces()) {
      for (int i = 0; i < piece.count(); i++) {
        int at = (int) piece.volumeSector() + i;
        shown[at] = new Cell(piece.device(), (int) piece.sector() + i);
        assertThat(named.get(at)).isFalse();
        named.set(at);
      }
    }
    for (Answers.Hole hole : mapped.holes()) {
      named.set((int) hole.volumeSector(), (int) (hole.volumeSector() + hole.count()));
    }
    Map<Integer, Set<Cell>> instead = new TreeMap<>();
    for (Answers.Piece piece : mapped.alternatives()) {
      for (int i = 0; i < piece.count(); i++) {
        instead
            .computeIfAbsent((int) piece.volumeSector() + i, any -> new HashSet<>())
            .add(new Cell(piece.device(), (int) piece.sector() + i));
      }
    }
    for (int sector = from; sector < end; sector++) {
      List<Cell> leaves = model.leavesOf(new Cell(volume, sector));
      if (shown[sector] != null || leaves.isEmpty()) {
        assertThat(shown[sector]).isEqualTo(leaves.isEmpty() ? null : leaves.getFirst());
        Set<Cell> others =
            leaves.isEmpty() ? Set.of() : Set.copyOf(leaves.subList(1, leaves.size()));
        assertThat(instead.getOrDefault(sector, Set.of())).isEqualTo(others);
      }
    }
    assertThat(named.cardinality()).isEqualTo(end - from);
    assertThat(named.nextSetBit(0)).isEqualTo(from);
  }
}
