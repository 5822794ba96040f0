package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import io.faultline.fs.testing.Oracle;
import io.faultline.ranges.SectorRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * Every range query that was asked of a real kernel, asked of {@code owners} after an import of
 * either text of that filesystem.
 *
 * <p>Systematic differences between the kernel's answer and ours:
 *
 * <ul>
 *   <li>The kernel answers owner records whole and gaps clipped (or the other way round without a
 *       reverse map); {@code owners} clips everything. So the kernel's records are clipped here.
 *   <li>{@code fsmap -m} does not tell unwritten extents, so that flag is missing after its import.
 *   <li>A query of the log device that does not begin at 0 is answered empty by this kernel, and on
 *       a realtime device it reaches one extent too far. The whole map has neither defect: queries
 *       of those devices are compared with it.
 * </ul>
 */
class OracleRangesTest {

  private static final String FILESYSTEM = "data";
  private static final int SECTOR = SectorRange.SECTOR_BYTES;

  private static final Map<String, String> NAMES =
      Map.of(
          "free", "free space",
          "unknown", "unknown",
          "xfs:fs", "static fs metadata",
          "xfs:log", "journalling log",
          "xfs:ag", "per-AG metadata",
          "xfs:inobt", "inode btree",
          "xfs:inodes", "inodes",
          "xfs:refc", "refcount btree",
          "xfs:cow", "cow reservation",
          "inode", "inode");

  /** An owner as far as both sides tell it. */
  private record Owner(
      long sector,
      long count,
      String owner,
      long inode,
      @Nullable String fork,
      long fileOffset,
      List<String> flags) {

    static final Comparator<Owner> ORDER =
        Comparator.comparingLong(Owner::sector)
            .thenComparingLong(Owner::inode)
            .thenComparingLong(Owner::fileOffset);
  }

  @TestFactory
  List<DynamicTest> everyRangeHasTheOwnersThatTheKernelTells() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Oracle.Case each : Oracle.cases("xfs")) {
      tests.add(DynamicTest.dynamicTest(each.name() + " -v", () -> check(each, true)));
      tests.add(DynamicTest.dynamicTest(each.name() + " -m", () -> check(each, false)));
    }
    assertThat(tests).as("cases in the oracle's folder").isNotEmpty();
    return tests;
  }

  private static void check(Oracle.Case each, boolean verbose) {
    JsonNode json = each.json();
    FsHarness fs = new FsHarness();
    Map<Role, Long> sectors = new EnumMap<>(Role.class);
    Map<Role, String> given = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      if (json.path("devices").has(role.word())) {
        given.put(role, json.path("devices").path(role.word()).asString());
        sectors.put(role, json.path("deviceBytes").path(role.word()).asLong() / SECTOR);
      }
    }
    fs.make(FILESYSTEM, spec(json, sectors), sectors.get(Role.DATA));
    if (verbose) {
      fs.importVerbose(
          FILESYSTEM, Oracle.text("xfs", json.path("fsmapFile").asString()), given, sectors);
    } else {
      fs.importMachine(
          FILESYSTEM, Oracle.text("xfs", json.path("fsmapMachineFile").asString()), given, sectors);
    }
    StringBuilder paths = new StringBuilder();
    for (JsonNode inode : json.path("inodes")) {
      for (JsonNode path : inode.path("paths")) {
        paths.append(inode.path("ino").asLong()).append(' ').append(path.asString()).append('\n');
      }
    }
    fs.importPaths(FILESYSTEM, paths.toString());

    int asked = 0;
    for (JsonNode range : json.path("ranges")) {
      checkRange(fs, range, range.path("records"), verbose, asked++);
    }
    for (JsonNode range : json.path("otherDeviceRanges")) {
      checkRange(fs, range, json.path("wholeRecords"), verbose, asked++);
    }
    assertThat(asked).isPositive();
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private static Spec spec(JsonNode json, Map<Role, Long> sectors) {
    String mkfs = json.path("mkfsCommand").asString();
    return new Spec(
        "pmem0",
        sectors.containsKey(Role.LOG) ? "pmem2" : null,
        sectors.containsKey(Role.REALTIME) ? "pmem1" : null,
        Dax.NEVER,
        mkfs.contains("rmapbt=1"),
        !mkfs.contains("reflink=0"),
        Policy.XFS);
  }

  private static void checkRange(
      FsHarness fs, JsonNode range, JsonNode records, boolean verbose, int number) {
    Role role = Role.ofWord(range.path("device").asString()).orElseThrow();
    long start = sector(range.path("startByte"), 0);
    long end = sector(range.path("endByteExclusive"), SECTOR - 1);
    // Some through pages of one, three or ten: a cursor must neither lose nor repeat an owner.
    int limit = new int[] {10_000, 10, 3, 1}[number % 4];
    List<Owner> ours =
        fs.owners(FILESYSTEM, role, start, end - start, limit).stream()
            .map(OracleRangesTest::owner)
            .toList();
    assertThat(ours)
        .as("%s %d sectors %d to %d", range.path("kind").asString(), number, start, end)
        .isEqualTo(expected(records, role, start, end, verbose));
  }

  /** Queries beyond the device go up to 2^64 bytes. */
  private static long sector(JsonNode bytes, int roundUp) {
    return bytes
        .bigIntegerValue()
        .add(BigInteger.valueOf(roundUp))
        .divide(BigInteger.valueOf(SECTOR))
        .longValueExact();
  }

  private static Owner owner(OwnerView view) {
    return new Owner(
        view.sector(),
        view.count(),
        view.owner(),
        view.inode() == null ? 0 : view.inode(),
        view.fork(),
        view.fileOffsetBytes() == null ? 0 : view.fileOffsetBytes(),
        view.flags() == null ? List.of() : view.flags());
  }

  private static List<Owner> expected(
      JsonNode records, Role role, long start, long end, boolean verbose) {
    List<Owner> expected = new ArrayList<>();
    for (JsonNode record : records) {
      long from = Math.max(start, record.path("physicalStart").asLong() / SECTOR);
      long to = Math.min(end, Math.ceilDiv(record.path("physicalEnd").asLong(), SECTOR));
      if (record.path("device").asString().equals(role.word()) && from < to) {
        expected.add(expected(record, from, to, verbose));
      }
    }
    expected.sort(Owner.ORDER);
    return expected;
  }

  private static Owner expected(JsonNode record, long from, long to, boolean verbose) {
    String owner = NAMES.get(record.path("owner").asString());
    List<String> kernel = new ArrayList<>();
    record.path("flags").forEach(flag -> kernel.add(flag.asString()));
    if (!"inode".equals(owner)) {
      return new Owner(from, to - from, owner, 0, null, 0, List.of());
    }
    boolean bmbt = kernel.contains("extentMap");
    String fork = bmbt ? "bmbt" : kernel.contains("attrFork") ? "attr" : "data";
    long cut = from * SECTOR - record.path("physicalStart").asLong();
    List<String> flags = new ArrayList<>();
    if (kernel.contains("shared")) {
      flags.add("shared");
    }
    if (kernel.contains("prealloc") && verbose) {
      flags.add("unwritten");
    }
    long offset = bmbt ? 0 : record.path("fileOffset").asLong() + cut;
    return new Owner(from, to - from, owner, record.path("inode").asLong(), fork, offset, flags);
  }
}
