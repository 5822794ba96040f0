package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.SectorModel.Cell;
import io.faultline.dm.core.SectorModel.Drawn;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A host on which anything happens in any order, and a listener above it that keeps only what
 * events tell. At every moment the listener knows exactly what a paper model says that it should;
 * and the credit of a removal is all there, wherever it is.
 */
class StackSimulationTest {

  private static final long CREDIT = (1L << 53) - 1;

  static LongStream seeds() {
    return LongStream.range(0, Boolean.getBoolean("faultline.long") ? 1000 : 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsToldIsWhatIsTrue(long seed) {
    new World(seed).run(60);
  }

  /**
   * @param map whether it is told as the loss of a target's map
   */
  private record Fault(String id, String leaf, boolean map) implements Comparable<Fault> {

    Fault plain() {
      return new Fault(id, leaf, false);
    }

    @Override
    public int compareTo(Fault other) {
      return Comparator.comparing(Fault::id)
          .thenComparing(Fault::leaf)
          .thenComparing(Fault::map)
          .compare(this, other);
    }
  }

  /** What is bad of something, by fault. */
  private record Bad(Map<Fault, BitSet> lost, Map<Fault, BitSet> weak) {

    Bad() {
      this(new TreeMap<>(), new TreeMap<>());
    }

    BitSet allLost() {
      BitSet all = new BitSet();
      lost.values().forEach(all::or);
      return all;
    }
  }

  private static final class World {
    final Random random;
    final TestHost host = new TestHost();
    final SectorModel model = new SectorModel();

    /** What is bad of the leaves: leaf, fault, sectors. */
    final Map<String, Map<String, BitSet>> bad = new TreeMap<>();

    /** What the listener was told to be lost: volume, fault, sectors. */
    final Map<String, Map<String, BitSet>> told = new TreeMap<>();

    /** What the listener was told to have lost redundancy: volume, fault, sectors. */
    final Map<String, Map<String, BitSet>> weak = new TreeMap<>();

    /** Suspended volumes, with what there was to tell of them. */
    final Map<String, Bad> frozen = new TreeMap<>();

    final Map<String, Drawn> inactive = new TreeMap<>();

    /** Leaves that are announced to leave, and the removal. */
    final Map<String, String> leaving = new TreeMap<>();

    final Map<String, String> gone = new TreeMap<>();

    /** Credit that came back or went on to a filesystem, by removal. */
    final Map<String, Long> creditSeen = new TreeMap<>();

    final Map<String, Long> creditGiven = new TreeMap<>();

    int faults;
    int volumes;

    World(long seed) {
      random = new Random(seed);
    }

    void run(int steps) {
      for (int i = 0; i <= random.nextInt(3); i++) {
        String leaf = "pmem" + i;
        model.leaves.put(leaf, 40 + random.nextInt(90));
        bad.put(leaf, new TreeMap<>());
        host.device(leaf, model.sectors(leaf));
      }
      create();
      for (int step = 0; step < steps; step++) {
        act();
        listen();
        check();
        if (step % 30 == 29) {
          checkWayDown();
        }
        if (random.nextInt(10) == 0) {
          host.core.restart();
        }
      }
      host.checkReplay();
    }

    void act() {
      if (model.volumes.isEmpty()) {
        create();
        return;
      }
      switch (random.nextInt(15)) {
        case 0, 1 -> create();
        case 2, 3, 4 -> corrupt();
        case 5 -> heal();
        case 6 -> suspend();
        case 7, 8 -> resume();
        case 9, 10 -> load();
        case 11 -> delete();
        case 12 -> removal();
        case 13 -> resync();
        default -> claim();
      }
    }

    void create() {
      if (model.volumes.size() > 7) {
        return;
      }
      String name = "v" + volumes++;
      List<String> lowers = usable(null);
      if (lowers.isEmpty()) {
        return;
      }
      Drawn drawn = model.draw(random, lowers);
      Answer answer = host.put(name, String.join("\n", drawn.lines()));
      assertThat(answer.status()).isEqualTo(201);
      model.volumes.put(name, drawn);
      told.put(name, new TreeMap<>());
      weak.put(name, new TreeMap<>());
    }

    /** What a table may name: devices that stay, volumes that no filesystem holds, no cycle. */
    List<String> usable(@Nullable String forVolume) {
      List<String> lowers = new ArrayList<>();
      for (String leaf : model.leaves.keySet()) {
        if (!leaving.containsKey(leaf) && !gone.containsKey(leaf)) {
          lowers.add(leaf);
        }
      }
      for (String volume : model.volumes.keySet()) {
        boolean free = host.get(volume).claim() == null;
        if (free && (forVolume == null || !standsOn(volume, forVolume))) {
          lowers.add(volume);
        }
      }
      return lowers;
    }

    boolean standsOn(String upper, String lower) {
      return upper.equals(lower)
          || (model.volumes.containsKey(upper)
              && model.drawn(upper).below().stream().anyMatch(below -> standsOn(below, lower)));
    }

    void corrupt() {
      String leaf = any(model.leaves.keySet());
      if (gone.containsKey(leaf)) {
        return;
      }
      boolean again = random.nextBoolean() && faults > 0;
      String fault = "fault" + (again ? random.nextInt(faults) : faults++);
      long[] pairs = pairs(leaf);
      host.corrupt(leaf, fault, pairs);
      Objects.requireNonNull(bad.get(leaf))
          .computeIfAbsent(fault, any -> new BitSet())
          .or(SectorModel.bits(Extents.ofPairs(pairs)));
    }

    long[] pairs(String leaf) {
      int sectors = model.sectors(leaf);
      int start = random.nextInt(sectors);
      int second = random.nextInt(sectors);
      return new long[] {
        start,
        1 + random.nextInt(Math.min(9, sectors - start)),
        second,
        1 + random.nextInt(Math.min(3, sectors - second))
      };
    }

    void heal() {
      String leaf = any(model.leaves.keySet());
      long[] pairs = pairs(leaf);
      RecoveredData data = random.nextBoolean() ? RecoveredData.REWRITTEN : RecoveredData.ZEROED;
      host.recover(leaf, "whatever", data, pairs);
      healMedia(Objects.requireNonNull(bad.get(leaf)), SectorModel.bits(Extents.ofPairs(pairs)));
    }

    void healMedia(Map<String, BitSet> faultsOfOne, BitSet healed) {
      faultsOfOne.forEach(
          (fault, bits) -> {
            if (!fault.startsWith("fault-of-")) {
              bits.andNot(healed);
            }
          });
    }

    void suspend() {
      String volume = any(model.volumes.keySet());
      Bad now = expected(volume);
      assertThat(host.suspend(volume).status()).isEqualTo(200);
      frozen.putIfAbsent(volume, now);
    }

    void resume() {
      String volume = any(model.volumes.keySet());
      Answer answer = host.resume(volume);
      if (answer.status() != 200) {
        // Those below or above changed since it was loaded.
        assertThat(inactive).containsKey(volume);
        assertThat(answer.status()).isIn(409, 422);
        return;
      }
      frozen.remove(volume);
      Drawn swapped = inactive.remove(volume);
      if (swapped != null) {
        model.volumes.put(volume, swapped);
      }
    }

    void load() {
      String volume = any(model.volumes.keySet());
      List<String> lowers = usable(volume);
      if (lowers.isEmpty()) {
        return;
      }
      Drawn drawn = model.draw(random, lowers);
      Answer answer = host.load(volume, drawn.lines().toArray(String[]::new));
      assertThat(answer.status()).isIn(200, 409);
      if (answer.status() == 200) {
        inactive.put(volume, drawn);
      }
    }

    void delete() {
      String volume = any(model.volumes.keySet());
      Answer answer = host.delete(volume);
      assertThat(answer.status()).isIn(200, 409);
      if (answer.status() == 200) {
        model.volumes.remove(volume);
        told.remove(volume);
        weak.remove(volume);
        frozen.remove(volume);
        inactive.remove(volume);
      }
    }

    void resync() {
      String volume = any(model.volumes.keySet());
      Answer answer = host.core.command(new DmCommand.Resync(volume));
      assertThat(answer.status()).isIn(202, 409, 422);
      copy(volume, random.nextInt(20));
    }

    /** Some steps of a resync that may be under way; some of what they are for fails. */
    void copy(String volume, int steps) {
      Answer answer = host.core.command(new DmCommand.NextCopy(volume, 16));
      for (int i = 0; i < steps && answer.status() == 200; i++) {
        Answers.CopyStep step = TestHost.ok(answer);
        long[] failed = random.nextInt(4) == 0 ? new long[] {0, 1} : new long[0];
        answer =
            host.core.command(
                new DmCommand.Copied(volume, step.copyId(), step.number(), failed, 16));
      }
      assertThat(answer.status()).isIn(200, 204);
    }

    void claim() {
      String volume = any(model.volumes.keySet());
      if (random.nextInt(3) == 0) {
        host.core.command(new DmCommand.ReleaseVolume(volume, "fs:" + volume, null));
      } else {
        Answer answer = host.claim(volume, "fs:" + volume);
        assertThat(answer.status()).isIn(200, 409);
      }
    }

    /** The next step of a removal: announced, gone, back. */
    void removal() {
      String leaf = any(model.leaves.keySet());
      Map<String, BitSet> ofLeaf = Objects.requireNonNull(bad.get(leaf));
      if (gone.containsKey(leaf)) {
        String removal = Objects.requireNonNull(gone.remove(leaf));
        host.plug(leaf, removal);
        ofLeaf.remove("fault-of-" + removal);
      } else if (leaving.containsKey(leaf)) {
        String removal = Objects.requireNonNull(leaving.remove(leaf));
        listen();
        host.lose(leaf, removal);
        gone.put(leaf, removal);
        BitSet whole = new BitSet();
        whole.set(0, model.sectors(leaf));
        ofLeaf.put("fault-of-" + removal, whole);
        creditGiven.remove(removal);
      } else {
        announce(leaf);
      }
    }

    void announce(String leaf) {
      String removal = "removal" + faults++;
      Set<String> holders = new TreeSet<>();
      for (String volume : model.volumes.keySet()) {
        if (model.drawn(volume).below().contains(leaf)) {
          holders.add("dm:" + volume);
        }
      }
      if (random.nextInt(4) == 0) {
        holders.add("dm:nobody");
      }
      holders.add("fs:elsewhere");
      Map<String, Long> credits = new HashMap<>();
      long given = 0;
      for (String holder : holders) {
        long share = random.nextInt(5) == 0 ? 1 : CREDIT / holders.size();
        credits.put(holder, share);
        given += holder.startsWith("dm:") ? share : 0;
      }
      host.announce(leaf, removal, credits);
      leaving.put(leaf, removal);
      creditGiven.put(removal, given);
      creditSeen.put(removal, 0L);
    }

    /** Takes in what was published since the last time. */
    void listen() {
      for (Event event : host.core.published()) {
        switch (event.data()) {
          case BlockEvent.CorruptedRange gotBad ->
              of(told, gotBad.device())
                  .computeIfAbsent(toldOf(event, gotBad.cause()), any -> new BitSet())
                  .or(SectorModel.bits(gotBad.ranges()));
          case BlockEvent.RedundancyLost fewer ->
              of(weak, fewer.device())
                  .computeIfAbsent(Objects.requireNonNull(event.faultId()), any -> new BitSet())
                  .or(SectorModel.bits(fewer.ranges()));
          case BlockEvent.RangeRecovered good -> recovered(event, good);
          case BlockEvent.MfMemPreRemove announced ->
              announced
                  .credits()
                  .forEach(
                      (holder, credit) -> {
                        assertThat(holder).isEqualTo("fs:" + announced.device());
                        assertThat(announced.last()).isTrue();
                        assertThat(credit).isPositive();
                        creditSeen.merge(announced.removalId(), credit, Long::sum);
                      });
          case RemovalAck ack -> {
            assertThat(ack.credit()).isPositive();
            creditSeen.merge(ack.removalId(), ack.credit(), Long::sum);
          }
          default -> {}
        }
      }
      host.core.forgetPublished();
    }

    /** A fault that took the map away is another thing to those above: no write heals it. */
    static String toldOf(Event event, Cause cause) {
      String fault = Objects.requireNonNull(event.faultId());
      return cause == Cause.MAPPING_LOST ? "fault-of-map-" + fault : fault;
    }

    void recovered(Event event, BlockEvent.RangeRecovered good) {
      BitSet healed = SectorModel.bits(good.ranges());
      Map<String, BitSet> ofVolume = of(told, good.device());
      Map<String, BitSet> fewer = of(weak, good.device());
      switch (good.data()) {
        case RETURNED -> {
          String fault = Objects.requireNonNull(event.faultId());
          for (Map<String, BitSet> known : List.of(ofVolume, fewer)) {
            for (String name : List.of(fault, "fault-of-map-" + fault)) {
              known.getOrDefault(name, new BitSet()).andNot(healed);
            }
          }
        }
        case REWRITTEN -> {
          healMedia(ofVolume, healed);
          healMedia(fewer, healed);
        }
        case ZEROED -> healMedia(ofVolume, healed);
      }
    }

    Map<String, BitSet> of(Map<String, Map<String, BitSet>> all, String volume) {
      Map<String, BitSet> known = all.get(volume);
      // A volume that was deleted in the same step has nobody who listens.
      return known == null ? new TreeMap<>() : known;
    }

    void check() {
      for (String volume : model.volumes.keySet()) {
        Bad expected = expected(volume);
        assertThat(clean(Objects.requireNonNull(told.get(volume))))
            .as("told lost of " + volume)
            .isEqualTo(clean(byFault(expected.lost())));
        // Where data is lost nobody asks for redundancy.
        BitSet lost = expected.allLost();
        assertThat(clean(without(Objects.requireNonNull(weak.get(volume)), lost)))
            .as("told of redundancy of " + volume)
            .isEqualTo(clean(without(byFault(expected.weak()), lost)));
      }
      Map<String, Long> kept = new TreeMap<>();
      host.core
          .state()
          .facts()
          .values()
          .forEach(
              fact -> {
                if (fact instanceof DmFact.Held held && held.credit() > 0) {
                  kept.merge(
                      Objects.requireNonNull(held.news().removalId()), held.credit(), Long::sum);
                }
              });
      creditGiven.forEach(
          (removal, given) ->
              assertThat(
                      Objects.requireNonNull(creditSeen.get(removal))
                          + kept.getOrDefault(removal, 0L))
                  .as("credit of " + removal)
                  .isEqualTo(given));
    }

    /** Nothing that copies missed is a place to read; of what is left the first one is. */
    void checkWayDown() {
      Map<String, Map<String, BitSet>> missed = new TreeMap<>();
      for (String volume : model.volumes.keySet()) {
        Map<String, BitSet> ofVolume = new TreeMap<>();
        stale(volume)
            .forEach(
                (lower, faults) -> {
                  BitSet all = new BitSet();
                  faults.values().forEach(all::or);
                  ofVolume.put(lower, all);
                });
        missed.put(volume, ofVolume);
      }
      for (String volume : model.volumes.keySet()) {
        Answers.Mapped mapped = host.map(volume, 0, model.sectors(volume));
        Map<Integer, List<Cell>> shown = new TreeMap<>();
        for (List<Answers.Piece> pieces : List.of(mapped.pieces(), mapped.alternatives())) {
          for (Answers.Piece piece : pieces) {
            for (int i = 0; i < piece.count(); i++) {
              shown
                  .computeIfAbsent((int) piece.volumeSector() + i, any -> new ArrayList<>())
                  .add(new Cell(piece.device(), (int) piece.sector() + i));
            }
          }
        }
        Map<Integer, Set<Cell>> found = new TreeMap<>();
        shown.forEach((sector, places) -> found.put(sector, Set.copyOf(places)));
        Map<Integer, Set<Cell>> expected = new TreeMap<>();
        for (int i = 0; i < model.sectors(volume); i++) {
          List<Cell> places = readable(new Cell(volume, i), missed);
          if (!places.isEmpty()) {
            expected.put(i, Set.copyOf(places));
          }
        }
        assertThat(found).as(volume).isEqualTo(expected);
        mapped.pieces().forEach(piece -> checkFirst(volume, piece, missed));
      }
    }

    /** Where the copy that is read first is in step, it is the piece. */
    void checkFirst(String volume, Answers.Piece piece, Map<String, Map<String, BitSet>> missed) {
      for (int i = 0; i < piece.count(); i++) {
        Cell at = new Cell(volume, (int) piece.volumeSector() + i);
        Cell first = model.leavesOf(at).getFirst();
        if (readable(at, missed).equals(model.leavesOf(at))) {
          assertThat(new Cell(piece.device(), (int) piece.sector() + i)).isEqualTo(first);
        }
      }
    }

    /** Every leaf sector that is in step all the way down. */
    List<Cell> readable(Cell at, Map<String, Map<String, BitSet>> missed) {
      if (model.leaves.containsKey(at.block())) {
        return List.of(at);
      }
      List<Cell> all = new ArrayList<>();
      Map<String, BitSet> ofVolume = Objects.requireNonNull(missed.get(at.block()));
      Drawn drawn = model.drawn(at.block());
      for (Cell copy : drawn.sectors().get(at.sector()).copies()) {
        BitSet ofLower = ofVolume.getOrDefault(copy.block(), new BitSet());
        if (!drawn.partOf(at.sector()).redundant() || !ofLower.get(copy.sector())) {
          all.addAll(readable(copy, missed));
        }
      }
      return all;
    }

    static Map<String, BitSet> without(Map<String, BitSet> faultsOfOne, BitSet lost) {
      Map<String, BitSet> left = copy(faultsOfOne);
      left.values().forEach(bits -> bits.andNot(lost));
      return left;
    }

    static Map<String, BitSet> byFault(Map<Fault, BitSet> faults) {
      Map<String, BitSet> byFault = new TreeMap<>();
      faults.forEach(
          (fault, bits) ->
              byFault
                  .computeIfAbsent(
                      (fault.map() ? "fault-of-map-" : "") + fault.id(), any -> new BitSet())
                  .or(bits));
      return byFault;
    }

    /** What should have been told of a device or volume. */
    Bad expected(String block) {
      if (model.leaves.containsKey(block)) {
        Bad known = new Bad();
        Objects.requireNonNull(bad.get(block))
            .forEach(
                (fault, bits) ->
                    known.lost().put(new Fault(fault, block, false), (BitSet) bits.clone()));
        return known;
      }
      Bad before = frozen.get(block);
      if (before != null) {
        return before;
      }
      Drawn drawn = model.drawn(block);
      Map<String, Bad> below = new TreeMap<>();
      drawn.below().forEach(lower -> below.put(lower, expected(lower)));
      return drawn.joint() ? together(block, drawn, below) : oneByOne(drawn, below);
    }

    /** Each fault has its image. */
    Bad oneByOne(Drawn drawn, Map<String, Bad> below) {
      Bad image = new Bad();
      below.forEach(
          (lower, set) -> {
            set.lost()
                .forEach(
                    (fault, bits) ->
                        put(image.lost(), fault, shown(drawn, cell(Map.of(lower, bits)))));
            set.weak()
                .forEach(
                    (fault, bits) ->
                        put(image.weak(), fault, shown(drawn, cell(Map.of(lower, bits)))));
          });
      return image;
    }

    static BitSet shown(Drawn drawn, Predicate<Cell> cells) {
      BitSet shown = new BitSet();
      for (int i = 0; i < drawn.sectors().size(); i++) {
        if (drawn.sectors().get(i).isTouched(cells)) {
          shown.set(i);
        }
      }
      return shown;
    }

    static void put(Map<Fault, BitSet> to, Fault fault, BitSet bits) {
      if (!bits.isEmpty()) {
        to.computeIfAbsent(fault, any -> new BitSet()).or(bits);
      }
    }

    static Predicate<Cell> cell(Map<String, BitSet> sets) {
      return SectorModel.in(sets);
    }

    /** Faults come one after another, each makes worse what those before left. */
    Bad together(String volume, Drawn drawn, Map<String, Bad> below) {
      Map<String, Map<Fault, BitSet>> stale = stale(volume);
      TreeSet<Fault> faults = new TreeSet<>();
      below.values().forEach(set -> set.lost().keySet().forEach(f -> faults.add(f.plain())));
      below.values().forEach(set -> set.weak().keySet().forEach(f -> faults.add(f.plain())));
      stale.values().forEach(set -> faults.addAll(set.keySet()));
      Bad image = new Bad();
      Map<String, BitSet> bad = new TreeMap<>();
      Map<String, BitSet> missed = new TreeMap<>();
      BitSet lostBefore = new BitSet();
      BitSet failedBefore = new BitSet();
      for (Fault fault : faults) {
        Map<String, BitSet> own = new TreeMap<>();
        Map<String, BitSet> fewer = new TreeMap<>();
        Map<String, BitSet> missedBefore = copy(missed);
        below.forEach(
            (lower, set) -> {
              for (Fault form : List.of(fault, new Fault(fault.id(), fault.leaf(), true))) {
                BitSet bits = set.lost().getOrDefault(form, new BitSet());
                own.computeIfAbsent(lower, any -> new BitSet()).or(bits);
                bad.computeIfAbsent(lower, any -> new BitSet()).or(bits);
              }
              BitSet less = (BitSet) set.weak().getOrDefault(fault, new BitSet()).clone();
              less.andNot(set.allLost());
              fewer.put(lower, less);
            });
        Map<String, BitSet> missing = new TreeMap<>();
        stale.forEach(
            (lower, set) -> {
              BitSet bits = set.getOrDefault(fault, new BitSet());
              missing.computeIfAbsent(lower, any -> new BitSet()).or(bits);
              missed.computeIfAbsent(lower, any -> new BitSet()).or(bits);
            });
        BitSet lost = new BitSet();
        BitSet failed = new BitSet();
        BitSet weaker = new BitSet();
        for (int i = 0; i < drawn.sectors().size(); i++) {
          boolean redundant = drawn.partOf(i).redundant();
          if (drawn.fails(i, cell(bad))) {
            failed.set(i);
          }
          if (drawn.isLost(i, cell(bad), cell(missed))) {
            lost.set(i);
          }
          Predicate<Cell> hit = redundant ? cell(own).or(cell(missing)) : cell(own);
          boolean newly = drawn.sectors().get(i).isTouched(hit.and(cell(missedBefore).negate()));
          boolean inherits = drawn.sectors().get(i).isTouched(cell(fewer));
          if (redundant && newly || inherits) {
            weaker.set(i);
          }
        }
        if (!fault.id().isEmpty()) {
          BitSet newlyFailed = (BitSet) failed.clone();
          newlyFailed.andNot(failedBefore);
          BitSet newlyLost = (BitSet) lost.clone();
          newlyLost.andNot(lostBefore);
          newlyLost.andNot(newlyFailed);
          boolean ofMap =
              below.values().stream().noneMatch(set -> set.lost().containsKey(fault))
                  && stale.values().stream().noneMatch(set -> set.containsKey(fault));
          put(image.lost(), new Fault(fault.id(), fault.leaf(), true), newlyFailed);
          put(image.lost(), new Fault(fault.id(), fault.leaf(), ofMap), newlyLost);
          put(image.weak(), fault, weaker);
        }
        lostBefore = lost;
        failedBefore = failed;
      }
      return image;
    }

    /** What copies missed, as the rules keep it: {@link RedundancyTest} says when they do. */
    Map<String, Map<Fault, BitSet>> stale(String volume) {
      Map<String, Map<Fault, BitSet>> stale = new TreeMap<>();
      String prefix = Keys.stale(volume);
      host.core
          .state()
          .facts()
          .subMap(prefix, prefix + Character.MAX_VALUE)
          .forEach(
              (key, fact) -> {
                DmFact.Bad missed = (DmFact.Bad) fact;
                String lower = key.substring(prefix.length(), key.indexOf('/', prefix.length()));
                stale
                    .computeIfAbsent(lower, any -> new TreeMap<>())
                    .computeIfAbsent(
                        new Fault(missed.faultId(), missed.leaf(), false), any -> new BitSet())
                    .or(SectorModel.bits(missed.ranges()));
              });
      return stale;
    }

    String any(Set<String> names) {
      return new ArrayList<>(names).get(random.nextInt(names.size()));
    }

    static Map<String, BitSet> copy(Map<String, BitSet> faultsOfOne) {
      Map<String, BitSet> copy = new TreeMap<>();
      faultsOfOne.forEach((fault, bits) -> copy.put(fault, (BitSet) bits.clone()));
      return copy;
    }

    static Map<String, BitSet> clean(Map<String, BitSet> faultsOfOne) {
      Map<String, BitSet> clean = copy(faultsOfOne);
      clean.values().removeIf(BitSet::isEmpty);
      return clean;
    }
  }
}
