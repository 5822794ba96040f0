package io.faultline.dm.core.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The compact map against one that knows every block apart. */
class BlockMapTest {

  /** A block above of a device, and where it lies. */
  private record Above(long device, long block) {}

  private record Below(long block, boolean marked) {}

  private record Hit(long origin, long data, boolean marked) {}

  private static final Comparator<Above> ORDER =
      Comparator.comparingLong(Above::device).thenComparingLong(Above::block);

  private final TreeMap<Above, Below> naive = new TreeMap<>(ORDER);

  /** Random pieces, none of a block above that has one; in parts that are packed and unpacked. */
  private BlockMap draw(Gen gen) {
    naive.clear();
    BlockMapBuilder builder = new BlockMapBuilder();
    PackedPieces packed = new PackedPieces();
    // Far up too, where numbers need more than 32 bits.
    long base = gen.pick(0L, (1L << 32) - 20, (1L << 47));
    int devices = 1 + gen.below(3);
    for (int i = 0; i < 2 * gen.size(); i++) {
      long device = gen.below(devices) * 7L;
      long origin = base + gen.below(4 + 2 * gen.size());
      long data = base + gen.below(4 + gen.size());
      boolean marked = gen.flip();
      packed.device(device);
      for (int count = 1 + gen.below(6), j = 0; j < count; j++) {
        if (naive.putIfAbsent(new Above(device, origin + j), new Below(data + j, marked)) == null) {
          packed.add(origin + j, data + j, 1, marked);
        }
      }
      if (gen.onceIn(3)) {
        PackedPieces.unpack(packed.take(), builder);
      }
    }
    packed.device(0);
    PackedPieces.unpack(packed.take(), builder);
    return ((BlockMapBuilder.Built.Ok) builder.build()).map();
  }

  @Test
  void bothWaysAreThoseOfTheNaiveMap() {
    Seeds.forAll(
        3,
        gen -> {
          BlockMap map = draw(gen);
          assertThat(map.mappedBlocks()).isEqualTo(naive.size());
          for (int device = 0; device < map.deviceCount(); device++) {
            long id = map.deviceId(device);
            assertThat(map.deviceOf(id)).isEqualTo(device);
            for (int i = 0; i < 10; i++) {
              long from = gen.pick(0L, (1L << 32) - 20, 1L << 47) + gen.below(100);
              long count = gen.onceIn(4) ? 1L << 47 : 1 + gen.below(30);
              checkInverse(map, device, from, count);
              checkForward(map, device, from, count);
            }
          }
        });
  }

  private void checkInverse(BlockMap map, int device, long from, long count) {
    List<Hit> found = new ArrayList<>();
    map.inverse(device, from, count, (o, d, n, marked) -> hits(found, o, d, n, marked));
    List<Hit> expected = new ArrayList<>();
    naive.forEach(
        (above, below) -> {
          if (above.device() == map.deviceId(device)
              && below.block() >= from
              && below.block() < from + count) {
            expected.add(new Hit(above.block(), below.block(), below.marked()));
          }
        });
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
  }

  private void checkForward(BlockMap map, int device, long from, long count) {
    List<Hit> found = new ArrayList<>();
    map.forward(device, from, count, (o, d, n, marked) -> hits(found, o, d, n, marked));
    List<Hit> expected = new ArrayList<>();
    long id = map.deviceId(device);
    naive
        .subMap(new Above(id, from), new Above(id, from + count))
        .forEach(
            (above, below) -> expected.add(new Hit(above.block(), below.block(), below.marked())));
    assertThat(found).isEqualTo(expected);
  }

  private static void hits(List<Hit> hits, long origin, long data, long count, boolean marked) {
    assertThat(count).isPositive();
    for (long i = 0; i < count; i++) {
      hits.add(new Hit(origin + i, data + i, marked));
    }
  }

  @Test
  void aBlockAboveIsMappedOnce() {
    BlockMapBuilder builder = new BlockMapBuilder();
    builder.device(3);
    builder.add(10, 0, 5, false);
    builder.add(14, 100, 1, false);
    builder.device(4);
    builder.add(14, 50, 1, false);
    assertThat(builder.build()).isEqualTo(new BlockMapBuilder.Built.MappedTwice(3, 14));
  }

  @Test
  void piecesThatGoOnAreOne() {
    BlockMapBuilder builder = new BlockMapBuilder();
    builder.device(0);
    builder.add(0, 100, 1, false);
    builder.add(1, 101, 1, false);
    builder.add(2, 102, 1, true);
    builder.add(3, 103, 1, true);
    builder.add(4, 105, 1, true);
    assertThat(((BlockMapBuilder.Built.Ok) builder.build()).map().pieceCount()).isEqualTo(3);
  }

  @Test
  void aRunOfAnyLengthIsTaken() {
    BlockMapBuilder builder = new BlockMapBuilder();
    builder.device(0);
    builder.add(0, 7, BlockMap.MAX_BLOCKS - 7, false);
    BlockMap map = ((BlockMapBuilder.Built.Ok) builder.build()).map();
    assertThat(map.mappedBlocks()).isEqualTo(BlockMap.MAX_BLOCKS - 7);
    List<Hit> found = new ArrayList<>();
    map.inverse(0, (1L << 40) + 7, 3, (o, d, n, m) -> hits(found, o, d, n, m));
    assertThat(found)
        .extracting(Hit::origin)
        .containsExactly(1L << 40, (1L << 40) + 1, (1L << 40) + 2);
    assertThatThrownBy(() -> builder.add(0, 8, BlockMap.MAX_BLOCKS - 7, false))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPieceTakesTwentyBytesAtMost() {
    BlockMapBuilder builder = new BlockMapBuilder();
    for (int device = 0; device < 2; device++) {
      builder.device(device);
      for (int i = 0; i < 100_000; i++) {
        builder.add(2L * i, 3L * i, 1, false);
      }
    }
    BlockMap map = ((BlockMapBuilder.Built.Ok) builder.build()).map();
    assertThat(map.sharesBlocks()).isTrue();
    assertThat(map.bytes()).isLessThanOrEqualTo(20L * map.pieceCount());
  }

  @Test
  void onePieceUnderAllOthersCostsNoScan() {
    BlockMapBuilder builder = new BlockMapBuilder();
    builder.device(0);
    builder.add(0, 0, 1_000_000, false);
    builder.device(1);
    for (int i = 0; i < 1000; i++) {
      builder.add(2L * i, 1000L * i, 1, false);
    }
    BlockMap map = ((BlockMapBuilder.Built.Ok) builder.build()).map();
    List<Hit> found = new ArrayList<>();
    map.inverse(0, 999_999, 1, (o, d, n, m) -> hits(found, o, d, n, m));
    map.inverse(1, 999_000, 1000, (o, d, n, m) -> hits(found, o, d, n, m));
    assertThat(found)
        .containsExactly(new Hit(999_999, 999_999, false), new Hit(1998, 999_000, false));
  }
}
