package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent;
import io.faultline.events.Event;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is copied below volumes, byte by byte, and what is told of it. */
class CopiesTest {

  private static final String MIRROR = "0 256 mirror core 2 64 nosync 2 a 0 b 0";

  private final TestHost host = new TestHost();
  private final Disks disks = new Disks(host);

  private void mirror() {
    disks.add("a", 256, 1);
    disks.add("b", 256, 2);
    System.arraycopy(disks.bytes("a"), 0, disks.bytes("b"), 0, 256 * Disks.SECTOR);
    host.volume("m", MIRROR);
  }

  private Answer resync(String volume) {
    return host.core.command(new DmCommand.Resync(volume));
  }

  private Answers.CopyProgress progress(String volume, DmFact.Copy.Kind kind) {
    return TestHost.ok(host.core.command(new DmCommand.GetCopy(volume, kind)));
  }

  private Answers.CopyProgress resynced(String volume) {
    return progress(volume, DmFact.Copy.Kind.RESYNC);
  }

  private Answers.CopyProgress writtenBack(String volume) {
    return progress(volume, DmFact.Copy.Kind.WRITEBACK);
  }

  @Test
  void aLegThatWasZeroedGetsItsContentAgain() {
    mirror();
    disks.corrupt("b", 10, 20);
    disks.clear("b", 10, 20);
    assertThat(host.get("m").outOfSync()).isNotEmpty();
    host.core.forgetPublished();
    assertThat(resync("m").status()).isEqualTo(202);
    assertThat(resync("m").status()).isEqualTo(409);
    assertThat(disks.copyAll("m", 8)).isEqualTo(3);
    assertThat(disks.bytes("b")).isEqualTo(disks.bytes("a"));
    assertThat(host.get("m").outOfSync()).isEmpty();
    assertThat(TestHost.told(host.core.published(), BlockEvent.RangeRecovered.class))
        .isEqualTo(Map.of("m", Extents.of(10, 20)));
    Answers.CopyProgress progress = resynced("m");
    assertThat(progress.state()).isEqualTo("completed");
    assertThat(progress.sectors()).isEqualTo(20);
    assertThat(progress.doneSectors()).isEqualTo(20);
    assertThat(progress.failed()).isEmpty();
    host.checkReplay();
  }

  @Test
  void poisonOfALegHealsByBeingWrittenOver() {
    mirror();
    byte[] before = disks.bytes("a").clone();
    disks.corrupt("a", 3, 1);
    disks.corrupt("b", 100, 40);
    resync("m");
    disks.copyAll("m", 64);
    assertThat(disks.poison("a").union(disks.poison("b"))).isEqualTo(Extents.EMPTY);
    assertThat(disks.bytes("a")).isEqualTo(before);
    assertThat(disks.bytes("b")).isEqualTo(before);
    assertThat(host.claim("m", "fs:x").status()).isEqualTo(200);
    assertThat(resynced("m").doneSectors()).isEqualTo(41);
  }

  @Test
  void whatNobodyHasStaysLost() {
    mirror();
    disks.corrupt("a", 16, 8);
    disks.corrupt("b", 20, 12);
    resync("m");
    disks.copyAll("m", 64);
    // Of the unit that both lost a part of, nothing can be healed: it is written whole.
    assertThat(disks.poison("a")).isEqualTo(Extents.of(16, 8));
    assertThat(disks.poison("b")).isEqualTo(Extents.of(20, 4));
    Answers.CopyProgress progress = resynced("m");
    assertThat(progress.state()).isEqualTo("completed");
    assertThat(progress.doneSectors()).isEqualTo(8);
    assertThat(progress.failedSectors()).isEqualTo(12);
    assertThat(progress.failed())
        .extracting(Answers.FailedRanges::device)
        .containsExactly("a", "b");
    Claim claim = TestHost.ok(host.claim("m", "fs:x"));
    assertThat(claim.ranges()).isEqualTo(Extents.of(20, 4));
  }

  @Test
  void afterACrashItGoesOnWhereItWas() {
    mirror();
    disks.corrupt("b", 0, 256);
    disks.clear("b", 0, 256);
    resync("m");
    disks.step("m", 64);
    Answers.CopyStep halfDone = TestHost.ok(host.core.command(new DmCommand.NextCopy("m", 64)));
    disks.carryOut(halfDone);
    host.checkReplay();
    host.core.restart();
    assertThat(disks.copyAll("m", 64)).isEqualTo(3);
    assertThat(disks.bytes("b")).isEqualTo(disks.bytes("a"));
    assertThat(resynced("m").doneSectors()).isEqualTo(256);
    // Who was thought dead comes too late.
    assertThat(
            host.core
                .command(
                    new DmCommand.Copied("m", halfDone.copyId(), halfDone.number(), new long[0], 8))
                .status())
        .isEqualTo(409);
  }

  @Test
  void aStepDoesNotCountIfItsSectorsWereZeroedMeanwhile() {
    mirror();
    disks.corrupt("b", 8, 8);
    resync("m");
    Answers.CopyStep step = TestHost.ok(host.core.command(new DmCommand.NextCopy("m", 64)));
    disks.carryOut(step);
    disks.corrupt("b", 8, 8);
    disks.clear("b", 8, 8);
    assertThat(
            host.core
                .command(new DmCommand.Copied("m", step.copyId(), step.number(), new long[0], 64))
                .status())
        .isEqualTo(409);
    assertThat(disks.copyAll("m", 64)).isEqualTo(1);
    assertThat(disks.bytes("b")).isEqualTo(disks.bytes("a"));
    assertThat(host.get("m").outOfSync()).isEmpty();
  }

  @Test
  void itStopsWithTheVolume() {
    mirror();
    disks.corrupt("b", 0, 256);
    resync("m");
    disks.step("m", 64);
    host.suspend("m");
    assertThat(resynced("m").state()).isEqualTo("stopped");
    assertThat(resynced("m").reason()).isEqualTo("suspended");
    assertThat(disks.step("m", 64)).isFalse();
    host.resume("m");
    resync("m");
    host.load("m", "0 256 linear a 0");
    host.resume("m");
    assertThat(resynced("m").reason()).isEqualTo("table");
    assertThat(host.delete("m").status()).isEqualTo(200);
    assertThat(host.core.command(new DmCommand.NextCopy("m", 64)).status()).isEqualTo(404);
    host.checkReplay();
  }

  @Test
  void aLegIsReachedThroughWhatItStandsOn() {
    disks.add("a", 256, 1);
    disks.add("b", 128, 2);
    disks.add("c", 128, 3);
    host.volume("striped", "0 256 striped 2 8 b 0 c 0");
    host.volume("m", "0 256 mirror core 2 64 nosync 2 a 0 striped 0");
    disks.corrupt("c", 0, 128);
    resync("m");
    disks.copyAll("m", 32);
    for (int chunk = 0; chunk < 16; chunk++) {
      assertThat(disks.bytes("c", chunk * 8, 8)).isEqualTo(disks.bytes("a", chunk * 16 + 8, 8));
    }
    assertThat(resynced("m").failedSectors()).isZero();
  }

  @Test
  void whatHoldsOtherBytesIsNotCopied() {
    disks.add("a", 256, 1);
    disks.add("b", 256, 2);
    host.volume("secret", "0 256 crypt aes-xts-plain64 " + "0".repeat(64) + " 0 b 0");
    host.volume("m", "0 256 mirror core 2 64 nosync 2 a 0 secret 0");
    disks.corrupt("a", 0, 8);
    disks.corrupt("b", 64, 8);
    resync("m");
    disks.copyAll("m", 64);
    assertThat(resynced("m").failedSectors()).isEqualTo(16);
    assertThat(disks.writes).isZero();
  }

  @Test
  void everyRaidIsMadeAgainFromWhatIsLeft() {
    Seeds.forAll(1, 12, CopiesTest::rebuild);
  }

  private static void rebuild(Gen gen) {
    String[] types = {
      "raid4",
      "raid5_n",
      "raid5_ls",
      "raid5_rs",
      "raid5_la",
      "raid5_ra",
      "raid6_zr",
      "raid6_nr",
      "raid6_nc",
      "raid6_n_6",
      "raid6_ls_6",
      "raid6_rs_6",
      "raid6_la_6",
      "raid6_ra_6"
    };
    String type = types[gen.below(types.length)];
    int parity = type.startsWith("raid6") ? 2 : 1;
    int members = parity + (parity == 2 ? 3 : 2) + gen.below(3);
    int data = members - parity;
    int stripes = 6;
    TestHost host = new TestHost();
    Disks disks = new Disks(host);
    StringBuilder line =
        new StringBuilder("0 " + data * stripes * 8 + " raid " + type + " 1 8 " + members);
    for (int i = 0; i < members; i++) {
      disks.add("d" + i, stripes * 8, gen.below(1000));
      line.append(" - d").append(i);
    }
    makeParity(type, disks, members, data, stripes);
    host.volume("r", line.toString());
    byte[][] before = new byte[members][];
    for (int i = 0; i < members; i++) {
      before[i] = disks.bytes("d" + i).clone();
    }
    int first = gen.below(members);
    int second = (first + 1 + gen.below(members - 1)) % members;
    for (int broken : parity == 2 ? List.of(first, second) : List.of(first)) {
      int from = gen.below(stripes * 8 - 8);
      int count = 1 + gen.below(stripes * 8 - from);
      disks.corrupt("d" + broken, from, count);
      if (gen.flip()) {
        disks.clear("d" + broken, from, count);
      }
    }
    assertThat(host.core.command(new DmCommand.Resync("r")).status()).isEqualTo(202);
    disks.copyAll("r", 8 + 8 * gen.below(4));
    for (int i = 0; i < members; i++) {
      assertThat(disks.bytes("d" + i)).as(line + ": d" + i).isEqualTo(before[i]);
      assertThat(disks.poison("d" + i)).isEqualTo(Extents.EMPTY);
    }
    assertThat(host.get("r").outOfSync()).isEmpty();
  }

  /** P and Q as the kernel's raid6 has them, multiplied by the rule and not by a table. */
  private static void makeParity(String type, Disks disks, int members, int data, int stripes) {
    boolean countsAll = type.matches("raid6_(zr|nr|nc)");
    for (int stripe = 0; stripe < stripes; stripe++) {
      int[] at = Md.stripe(type, members, data, stripe);
      byte[] p = new byte[8 * Disks.SECTOR];
      byte[] q = new byte[8 * Disks.SECTOR];
      int exponent = 0;
      for (int member = 0; member < members; member++) {
        if (at[member] >= 0) {
          byte[] chunk = disks.bytes("d" + member, stripe * 8, 8);
          for (int i = 0; i < p.length; i++) {
            p[i] ^= chunk[i];
            q[i] ^= (byte) timesTwo(chunk[i] & 0xff, countsAll ? member : exponent);
          }
          exponent++;
        }
      }
      for (int member = 0; member < members; member++) {
        if (at[member] < 0) {
          byte[] sum = at[member] == -1 ? p : q;
          System.arraycopy(
              sum, 0, disks.bytes("d" + member), stripe * 8 * Disks.SECTOR, sum.length);
        }
      }
    }
  }

  private static int timesTwo(int element, int times) {
    int product = element;
    for (int i = 0; i < times; i++) {
      product = product << 1 ^ (product >= 0x80 ? 0x11d : 0);
    }
    return product;
  }

  @Test
  void raid10GetsEveryCopyFromAnother() {
    for (int i = 0; i < 4; i++) {
      disks.add("d" + i, 64, i / 2);
    }
    host.volume("r", "0 128 raid raid10 1 8 4 - d0 - d1 - d2 - d3");
    byte[] before = disks.bytes("d0").clone();
    disks.corrupt("d0", 5, 30);
    disks.clear("d0", 5, 30);
    resync("r");
    disks.copyAll("r", 16);
    assertThat(disks.bytes("d0")).isEqualTo(before);
  }

  /** Four blocks of 64 sectors on the fast device; the first and the third are dirty. */
  private void cache() {
    disks.add("meta", 8192, 1);
    disks.add("fast", 256, 2);
    disks.add("slow", 1000, 3);
    host.volume("c", "0 1000 cache meta fast slow 64 1 writeback smq 0");
    MappedTargetsTest.importMap(
        host,
        "c",
        map -> {
          map.device(0);
          map.add(10, 0, 1, true);
          map.add(3, 1, 1, false);
          map.add(15, 2, 1, true);
        });
  }

  private List<RemovalAck> acks() {
    return host.core.published(RemovalAck.class);
  }

  @Test
  void whatACacheHasAloneIsWrittenBackBeforeTheCreditIs() {
    cache();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    assertThat(acks()).isEmpty();
    assertThat(writtenBack("c").sectors()).isEqualTo(64 + 40);
    disks.step("c", 64);
    host.core.restart();
    assertThat(acks()).isEmpty();
    disks.copyAll("c", 64);
    assertThat(acks()).extracting(RemovalAck::credit).containsExactly(1000L);
    assertThat(acks().getFirst().reason()).isEqualTo("written_back");
    assertThat(disks.bytes("slow", 640, 64)).isEqualTo(disks.bytes("fast", 0, 64));
    assertThat(disks.bytes("slow", 960, 40)).isEqualTo(disks.bytes("fast", 128, 40));
    assertThat(writtenBack("c").state()).isEqualTo("completed");
    assertThat(TestHost.told(host.lose("fast", "removal"), BlockEvent.CorruptedRange.class))
        .isEmpty();
    assertThat(host.map("c", 640, 64).alternatives())
        .containsExactly(new Answers.Piece("slow", 640, 64, 640));
    host.checkReplay();
  }

  @Test
  void aBlockThatCannotBeReadIsReportedLostAndNoOther() {
    cache();
    host.claim("c", "fs:x");
    disks.corruptSilently("fast", 130, 1);
    host.core.forgetPublished();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    assertThat(host.core.published(BlockEvent.MfMemPreRemove.class)).isEmpty();
    disks.copyAll("c", 2048);
    List<BlockEvent.MfMemPreRemove> announced =
        host.core.published(BlockEvent.MfMemPreRemove.class);
    assertThat(announced).hasSize(1);
    assertThat(announced.getFirst().ranges()).isEqualTo(Extents.of(960, 40));
    assertThat(announced.getFirst().credits()).isEqualTo(Map.of("fs:x", 1000L));
    assertThat(disks.bytes("slow", 640, 64)).isEqualTo(disks.bytes("fast", 0, 64));
    assertThat(writtenBack("c").failed().getFirst().ranges()).containsExactly(960, 40);
    assertThat(TestHost.told(host.lose("fast", "removal"), BlockEvent.CorruptedRange.class))
        .isEqualTo(Map.of("c", Extents.of(960, 40)));
    host.checkReplay();
  }

  @Test
  void aDeadlineEndsIt() {
    cache();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    disks.step("c", 64);
    host.core.pass(Duration.between(Instant.parse("2026-01-01T00:00:00Z"), TestHost.DEADLINE));
    assertThat(writtenBack("c").state()).isEqualTo("stopped");
    assertThat(writtenBack("c").reason()).isEqualTo("deadline");
    assertThat(acks()).isEmpty();
    assertThat(TestHost.told(host.lose("fast", "removal"), BlockEvent.CorruptedRange.class))
        .isEqualTo(Map.of("c", Extents.of(960, 40)));
  }

  @Test
  void aDeviceThatIsPulledEndsIt() {
    cache();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    List<Event> told = host.lose("fast", "removal");
    assertThat(TestHost.told(told, BlockEvent.CorruptedRange.class))
        .isEqualTo(Map.of("c", Extents.ofPairs(640, 64, 960, 40)));
    assertThat(writtenBack("c").reason()).isEqualTo("device_removed");
    assertThat(disks.step("c", 64)).isFalse();
    assertThat(acks()).isEmpty();
  }

  @Test
  void aSuspendedVolumeKeepsItsShareAndWritesBackWhenItIsResumed() {
    cache();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    disks.step("c", 64);
    host.suspend("c");
    assertThat(writtenBack("c").reason()).isEqualTo("suspended");
    host.resume("c");
    assertThat(acks()).isEmpty();
    assertThat(disks.copyAll("c", 64)).isEqualTo(1);
    assertThat(acks()).extracting(RemovalAck::credit).containsExactly(1000L);
    assertThat(host.lose("fast", "removal")).isEmpty();
    host.checkReplay();
  }

  @Test
  void aVolumeThatIsDeletedGivesItsShareBack() {
    cache();
    host.announce("fast", "removal", Map.of("dm:c", 1000L));
    assertThat(host.delete("c").status()).isEqualTo(200);
    assertThat(acks()).extracting(RemovalAck::reason).containsExactly("gone");
    host.checkReplay();
  }

  @Test
  void blocksOfAWritecacheAreFreeWhenTheyAreWrittenBack() {
    disks.add("fast", 2048, 2);
    disks.add("slow", 4096, 3);
    host.volume("w", "0 4096 writecache s slow fast 4096 0");
    MappedTargetsTest.importMap(
        host,
        "w",
        map -> {
          map.device(0);
          map.add(100, 8, 3, false);
          map.add(7, 20, 1, false);
        });
    Answers.Mapped before = host.map("w", 800, 24);
    long sector = before.pieces().getFirst().sector();
    assertThat(before.pieces().getFirst().device()).isEqualTo("fast");
    host.announce("fast", "removal", Map.of("dm:w", 7L));
    disks.copyAll("w", 2048);
    assertThat(disks.bytes("slow", 800, 24)).isEqualTo(disks.bytes("fast", sector, 24));
    assertThat(host.map("w", 800, 24).pieces())
        .containsExactly(new Answers.Piece("slow", 800, 24, 800));
    assertThat(acks()).extracting(RemovalAck::credit).containsExactly(7L);
    assertThat(host.lose("fast", "removal")).isEmpty();
    host.checkReplay();
  }

  @Test
  void aMirrorLegThatLeavesIsAbsentUntilItIsResynchronised() {
    mirror();
    host.announce("b", "removal", Map.of("dm:m", 5L));
    assertThat(acks()).extracting(RemovalAck::credit).containsExactly(5L);
    host.lose("b", "removal");
    host.plug("b", "removal");
    assertThat(host.get("m").outOfSync()).hasSize(1);
    Arrays.fill(disks.bytes("b"), (byte) 0);
    resync("m");
    disks.copyAll("m", 64);
    assertThat(host.get("m").outOfSync()).isEmpty();
    assertThat(disks.bytes("b")).isEqualTo(disks.bytes("a"));
  }
}
