package io.faultline.dm.core;

import static io.faultline.dm.core.TestHost.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lost data, lost redundancy, and what brings either back. */
class RedundancyTest {

  private final TestHost host =
      new TestHost()
          .device("pmem0", 1000)
          .device("pmem1", 1000)
          .device("pmem2", 1000)
          .device("log", 100);

  @AfterEach
  void whatIsKeptIsEnough() {
    host.checkReplay();
  }

  private void mirror() {
    host.volume("vol0", "0 100 mirror core 1 64 2 pmem0 100 pmem1 200");
    host.core.forgetPublished();
  }

  /** What was told since the last time, one line each: event, fault, ranges. */
  private List<String> told() {
    List<String> told = new ArrayList<>();
    for (Event event : host.core.published()) {
      String line =
          switch (event.data()) {
            case BlockEvent.CorruptedRange bad -> "lost " + line(event, bad) + cause(bad.cause());
            case BlockEvent.RedundancyLost fewer -> "fewer " + line(event, fewer);
            case BlockEvent.RangeRecovered good -> good.data() + " " + line(event, good);
            case BlockEvent.MfMemPreRemove going ->
                "leaving " + line(event, going) + " " + going.credits();
            case RemovalAck ack -> "ack " + ack.holder() + " " + ack.credit() + " " + ack.reason();
            default -> "";
          };
      if (!line.isEmpty()) {
        told.add(line);
      }
    }
    host.core.forgetPublished();
    return told;
  }

  private static String line(Event event, BlockEvent block) {
    return block.device() + " " + event.faultId() + " " + block.ranges();
  }

  private static String cause(Cause cause) {
    return cause == Cause.MAPPING_LOST ? " map" : "";
  }

  @Test
  void theFirstFaultCostsRedundancyTheSecondDataWhereBothAre() {
    mirror();

    host.corrupt("pmem0", "f1", 110, 20);
    assertThat(told()).containsExactly("fewer vol0 f1 [10+20]");

    host.corrupt("pmem1", "f2", 220, 20);
    assertThat(told()).containsExactly("lost vol0 f2 [20+10]", "fewer vol0 f2 [30+10]");

    host.recover("pmem1", "f2", RecoveredData.REWRITTEN, 220, 20);
    assertThat(told()).containsExactly("REWRITTEN vol0 f2 [20+20]", "fewer vol0 f1 [20+10]");

    host.recover("pmem0", "f1", RecoveredData.REWRITTEN, 110, 20);
    assertThat(told()).containsExactly("REWRITTEN vol0 f1 [10+20]");
  }

  @Test
  void anOlderFaultThatHealsLeavesTheYoungerToBeTold() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);
    host.corrupt("pmem1", "f2", 210, 8);
    told();

    host.recover("pmem0", "f1", RecoveredData.REWRITTEN, 110, 8);

    assertThat(told()).containsExactly("REWRITTEN vol0 f1 [10+8]", "fewer vol0 f2 [10+8]");
  }

  @Test
  void aLegThatWasZeroedIsOutOfSyncUntilTheVolumeIsResynchronised() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);
    told();

    host.recover("pmem0", "f1", RecoveredData.ZEROED, 110, 8);
    assertThat(told()).as("it has one copy still").isEmpty();
    assertThat(host.get("vol0").outOfSync())
        .singleElement()
        .satisfies(
            leg -> {
              assertThat(leg.device()).isEqualTo("pmem0");
              assertThat(leg.ranges()).containsExactly(110, 8);
              assertThat(leg.sectors()).isEqualTo(8);
            });
    assertThat(host.suffered("pmem0", 110, 8)).as("a stale leg does no harm").isEmpty();
    assertThat(host.suffered("pmem1", 206, 8))
        .isEqualTo(
            Map.of(
                "data_lost", Map.of("vol0", Extents.of(10, 4)),
                "redundancy_lost", Map.of("vol0", Extents.of(6, 4))));

    host.corrupt("pmem1", "f2", 212, 2);
    assertThat(told()).containsExactly("lost vol0 f2 [12+2]");
    host.recover("pmem1", "f2", RecoveredData.REWRITTEN, 212, 2);
    assertThat(told()).containsExactly("REWRITTEN vol0 f2 [12+2]", "fewer vol0 f1 [12+2]");

    host.resync("vol0");
    assertThat(told()).containsExactly("REWRITTEN vol0 f1 [10+8]");
    assertThat(host.get("vol0").outOfSync()).isEmpty();
  }

  @Test
  void whereEveryCopyWasZeroedThereIsNothingToCopy() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);
    host.corrupt("pmem1", "f2", 210, 8);
    host.recover("pmem0", "f1", RecoveredData.ZEROED, 110, 8);
    host.recover("pmem1", "f2", RecoveredData.ZEROED, 210, 8);
    assertThat(told()).containsExactly("fewer vol0 f1 [10+8]", "lost vol0 f2 [10+8]");

    host.resync("vol0");

    assertThat(told()).isEmpty();
    assertThat(host.get("vol0").outOfSync()).hasSize(2);
  }

  @Test
  void aLegThatIsWrittenAnewIsInSync() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);
    host.recover("pmem0", "f1", RecoveredData.ZEROED, 110, 8);
    host.corrupt("pmem0", "f2", 110, 8);
    told();

    host.recover("pmem0", "f2", RecoveredData.REWRITTEN, 110, 8);

    assertThat(told()).containsExactly("REWRITTEN vol0 f2 [10+8]");
    assertThat(host.get("vol0").outOfSync()).isEmpty();
  }

  @Test
  void aLegThatLeavesIsAnnouncedToNobodyAndMissesWhatIsWrittenMeanwhile() {
    mirror();
    host.claim("vol0", "fs:data");

    host.announce("pmem0", "r1", Map.of("dm:vol0", 77L));
    assertThat(told()).containsExactly("ack dm:vol0 77 redundancy_only");

    host.lose("pmem0", "r1");
    assertThat(told()).containsExactly("fewer vol0 fault-of-r1 [0+100]");
    host.announce("pmem1", "r2", Map.of("dm:vol0", 77L));
    assertThat(told()).singleElement().isEqualTo("leaving vol0 fault-of-r2 [0+100] {fs:data=77}");

    host.plug("pmem0", "r1");
    assertThat(told()).as("it missed something").isEmpty();
    assertThat(host.get("vol0").outOfSync()).hasSize(1);

    host.resync("vol0");
    assertThat(told()).containsExactly("RETURNED vol0 fault-of-r1 [0+100]");
  }

  @Test
  void theLastCopyThatLeavesMissesNothing() {
    mirror();
    host.lose("pmem0", "r1");
    host.lose("pmem1", "r2");
    assertThat(told())
        .containsExactly("fewer vol0 fault-of-r1 [0+100]", "lost vol0 fault-of-r2 [0+100]");

    host.plug("pmem0", "r1");
    assertThat(told()).as("its copy is too old").isEmpty();
    host.plug("pmem1", "r2");
    assertThat(told())
        .containsExactly("RETURNED vol0 fault-of-r2 [0+100]", "fewer vol0 fault-of-r1 [0+100]");
  }

  @Test
  void whatIsOutOfSyncStaysSoThroughASuspension() {
    mirror();
    host.suspend("vol0");
    host.corrupt("pmem0", "f1", 110, 8);
    host.recover("pmem0", "f1", RecoveredData.ZEROED, 110, 8);
    assertThat(told()).isEmpty();
    assertThat(refusal(host.core.command(new DmCommand.Resync("vol0"))).kind())
        .isEqualTo("suspended");

    host.resume("vol0");

    assertThat(told()).containsExactly("fewer vol0 f1 [10+8]");
    assertThat(host.get("vol0").outOfSync()).hasSize(1);
  }

  @Test
  void anotherTableKeepsWhatItsLegsMissed() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);
    host.recover("pmem0", "f1", RecoveredData.ZEROED, 110, 8);
    host.load("vol0", "0 50 mirror core 1 64 2 pmem0 100 pmem2 0", "50 50 linear pmem0 150");
    told();

    host.resume("vol0");
    assertThat(told()).isEmpty();
    assertThat(host.suffered("pmem2", 10, 8)).containsOnlyKeys("data_lost");

    host.load("vol0", "0 100 linear pmem0 100");
    host.resume("vol0");
    assertThat(told()).containsExactly("RETURNED vol0 f1 [10+8]");
    assertThat(host.get("vol0").outOfSync()).isEmpty();
    assertThat(refusal(host.core.command(new DmCommand.Resync("vol0"))).kind())
        .isEqualTo("not-redundant");
  }

  @Test
  void parityIsLostForWhatIsReckonedIntoItDataForItself() {
    // Left symmetric: pmem2 has the parity of stripe 0, pmem1 that of stripe 1.
    host.volume("r5", "0 128 raid raid5_ls 1 8 3 - pmem0 - pmem1 - pmem2");

    assertThat(host.suffered("pmem0", 2, 3))
        .isEqualTo(Map.of("redundancy_lost", Map.of("r5", Extents.of(2, 3))));
    assertThat(host.suffered("pmem2", 2, 3))
        .isEqualTo(Map.of("redundancy_lost", Map.of("r5", Extents.ofPairs(2, 3, 10, 3))));
    // Behind a whole chunk of parity the next one is of data, that of pmem2 in stripe 1.
    assertThat(host.suffered("pmem2", 7, 2))
        .isEqualTo(Map.of("redundancy_lost", Map.of("r5", Extents.ofPairs(7, 1, 15, 2))));
    assertThat(host.suffered("pmem2", 0, 8))
        .isEqualTo(Map.of("redundancy_lost", Map.of("r5", Extents.of(0, 16))));
    host.core.forgetPublished();

    host.corrupt("pmem2", "f1", 2, 3);
    assertThat(told()).containsExactly("fewer r5 f1 [2+3 10+3]");
    host.corrupt("pmem0", "f2", 4, 2);
    assertThat(told()).containsExactly("lost r5 f2 [4+1]", "fewer r5 f2 [5+1]");
  }

  @Test
  void raid6LosesDataWithTheThirdMember() {
    host.device("pmem3", 1000);
    host.volume("r6", "0 128 raid raid6_zr 1 8 4 - pmem0 - pmem1 - pmem2 - pmem3");
    host.core.forgetPublished();

    host.lose("pmem2", "r1");
    host.lose("pmem3", "r2");
    assertThat(told()).allMatch(line -> line.startsWith("fewer r6"));
    host.corrupt("pmem0", "f1", 0, 8);

    // Stripe 0 has P and Q on the first two members, its data on those that left. In the order of
    // ids the last removal is the third fault.
    assertThat(told()).containsExactly("lost r6 fault-of-r2 [0+16]");
  }

  @Test
  void aMemberWithoutItsSuperblockIsGoneAsAWhole() {
    host.device("meta0", 100).device("meta1", 100);
    host.volume("r1", "0 64 raid raid1 1 0 2 meta0 pmem0 meta1 pmem1");

    assertThat(host.suffered("meta0", 3, 1))
        .isEqualTo(Map.of("redundancy_lost", Map.of("r1", Extents.of(0, 64))));
    assertThat(host.suffered("meta0", 50, 1)).as("not used").isEmpty();
    host.corrupt("meta0", "f1", 0, 1);
    assertThat(host.suffered("pmem1", 5, 1))
        .isEqualTo(Map.of("data_lost", Map.of("r1", Extents.of(5, 1))));
  }

  @Test
  void aMemberThatIsToBeRebuiltCountsAsAbsent() {
    host.volume("r1", "0 64 raid raid1 3 0 rebuild 1 2 - pmem0 - pmem1");
    host.core.forgetPublished();

    assertThat(host.get("r1").outOfSync()).singleElement().matches(l -> l.device().equals("pmem1"));
    assertThat(host.suffered("pmem1", 0, 8)).isEmpty();
    host.corrupt("pmem0", "f1", 3, 1);
    assertThat(told()).containsExactly("lost r1 f1 [3+1]");

    host.resync("r1");
    assertThat(told()).as("nobody has that sector").isEmpty();
    assertThat(host.get("r1").outOfSync())
        .singleElement()
        .satisfies(leg -> assertThat(leg.ranges()).containsExactly(3, 1));
  }

  @Test
  void redundancyThatAVolumeBelowLosesIsLostAbove() {
    mirror();
    host.volume("top", "0 50 linear vol0 5");
    host.core.forgetPublished();

    host.corrupt("pmem0", "f1", 110, 8);
    assertThat(told()).containsExactly("fewer vol0 f1 [10+8]", "fewer top f1 [5+8]");
    host.corrupt("pmem1", "f2", 210, 2);
    assertThat(told()).containsExactly("lost vol0 f2 [10+2]", "lost top f2 [5+2]");
  }

  @Test
  void aTargetWithoutItsMetadataFailsAsAWhole() {
    host.volume("vol0", "0 100 era log pmem0 8", "100 8 linear pmem1 0");
    host.core.forgetPublished();
    assertThat(host.suffered("log", 40, 1))
        .isEqualTo(Map.of("target_failed", Map.of("vol0", Extents.of(0, 100))));

    host.corrupt("log", "f1", 40, 1);
    assertThat(told()).containsExactly("lost vol0 f1 [0+100] map");
    host.corrupt("log", "f2", 50, 1);
    assertThat(told()).isEmpty();
    host.recover("log", "f1", RecoveredData.REWRITTEN, 40, 1);
    assertThat(told()).containsExactly("RETURNED vol0 f1 [0+100]", "lost vol0 f2 [0+100] map");
  }

  @Test
  void aUnitOfSeveralSectorsIsAsBadAsTheWorstOfThem() {
    host.volume(
        "vol0", "0 64 crypt aes-xts-plain64 " + "1f".repeat(64) + " 0 pmem0 8 1 sector_size:4096");
    assertThat(host.get("vol0").table().getFirst()).contains(" " + "0".repeat(128) + " ");
    host.core.forgetPublished();

    host.corrupt("pmem0", "f1", 20, 1);
    host.corrupt("pmem0", "f2", 21, 1);
    assertThat(told()).containsExactly("lost vol0 f1 [8+8]");
    host.recover("pmem0", "f1", RecoveredData.REWRITTEN, 20, 1);
    assertThat(told()).containsExactly("RETURNED vol0 f1 [8+8]", "lost vol0 f2 [8+8]");
    host.recover("pmem0", "f2", RecoveredData.REWRITTEN, 21, 1);
    assertThat(told()).containsExactly("REWRITTEN vol0 f2 [8+8]");
  }

  @Test
  void aClaimTellsWhatIsLostNotWhatIsWeak() {
    mirror();
    host.corrupt("pmem0", "f1", 110, 8);

    io.faultline.runtime.core.Claim claim = TestHost.ok(host.claim("vol0", "fs:data"));

    assertThat(claim.ranges()).isEqualTo(Extents.EMPTY);
    assertThat(claim.faults()).isEmpty();
  }

  @Test
  void messagesMoveRegionsAndSurvive() {
    host.volume("sw", "0 64 switch 2 8 0 pmem0 0 pmem1 0");
    host.corrupt("pmem0", "f1", 0, 8);
    host.core.forgetPublished();

    message("sw", 0, "set_region_mappings 0:1 :0 R2,6");
    assertThat(told()).containsExactly("RETURNED sw f1 [0+8]");
    assertThat(host.upward("pmem1", 0, 64))
        .isEqualTo(Map.of("sw", Extents.ofPairs(0, 8, 16, 8, 32, 8, 48, 8)));
    host.core.restart();
    assertThat(host.upward("pmem1", 0, 64))
        .isEqualTo(Map.of("sw", Extents.ofPairs(0, 8, 16, 8, 32, 8, 48, 8)));

    host.load("sw", "0 64 switch 2 8 0 pmem0 0 pmem1 0");
    host.resume("sw");
    assertThat(told()).as("a new table begins as the kernel begins").hasSize(1);
    assertThat(host.upward("pmem0", 0, 8)).isNotEmpty();
  }

  private void message(String volume, long sector, String text) {
    assertThat(host.core.command(new DmCommand.Message(volume, sector, text)).status())
        .isEqualTo(200);
  }

  @Test
  void messagesThatTheKernelWouldNotTakeAreRefused() {
    host.volume("sw", "0 64 switch 2 8 0 pmem0 0 pmem1 0", "64 8 linear pmem0 100");
    refused(0, "set_region_mappings R3,1", "invalid set_region_mappings cycle length: 2 > 0");
    refused(0, "set_region_mappings 8:0", "invalid set_region_mappings region number: 8 >= 8");
    refused(0, "set_region_mappings 0:2", "invalid set_region_mappings device: 2 >= 2");
    refused(0, "set_region_mappings 0", "invalid set_region_mappings argument: '0'");
    refused(0, "set_region_mappings R1,8", "invalid set_region_mappings region number: 0 + 8 >= 8");
    refused(0, "turn", "Unrecognised message received.");
    refused(70, "set_region_mappings 0:1", "Target type does not support messages");
    refused(99, "set_region_mappings 0:1", "Target message sector outside device.");
    assertThat(host.upward("pmem0", 0, 8)).isEqualTo(Map.of("sw", Extents.of(0, 8)));
  }

  private void refused(long sector, String text, String reason) {
    assertThat(refusal(host.core.command(new DmCommand.Message("sw", sector, text))).more())
        .containsEntry("reason", Objects.requireNonNull(reason));
  }

  /** Who reads where, as device+sector and its count at which sector of the volume. */
  private List<String> places(List<Answers.Piece> pieces) {
    return pieces.stream()
        .map(
            piece ->
                piece.volumeSector()
                    + ": "
                    + piece.device()
                    + " ["
                    + piece.sector()
                    + "+"
                    + piece.count()
                    + "]")
        .toList();
  }

  private List<String> holes(Answers.Mapped mapped) {
    return mapped.holes().stream()
        .map(hole -> hole.volumeSector() + "+" + hole.count() + " " + hole.kind())
        .toList();
  }

  private void zero(String device, String fault, long sector, long count) {
    host.corrupt(device, fault, sector, count);
    host.recover(device, fault, RecoveredData.ZEROED, sector, count);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0 64 mirror core 1 64 2 pmem0 0 pmem1 100",
        "0 64 raid raid1 1 0 2 - pmem0 - low"
      })
  void whatALegMissedIsReadFromTheOther(String table) {
    host.volume("low", "0 64 linear pmem1 100");
    host.volume("vol0", table);
    zero("pmem0", "f1", 16, 8);

    Answers.Mapped mapped = host.map("vol0", 10, 20);
    assertThat(places(mapped.pieces()))
        .containsExactly("10: pmem0 [10+6]", "16: pmem1 [116+8]", "24: pmem0 [24+6]");
    assertThat(places(mapped.alternatives()))
        .containsExactly("10: pmem1 [110+6]", "24: pmem1 [124+6]");
    assertThat(places(host.map("vol0", 16, 8).pieces())).containsExactly("16: pmem1 [116+8]");
    assertThat(host.map("vol0", 16, 8).alternatives()).isEmpty();

    // What the other leg missed as well nobody has.
    zero("pmem1", "f2", 120, 8);
    mapped = host.map("vol0", 10, 20);
    assertThat(places(mapped.pieces()))
        .containsExactly("10: pmem0 [10+6]", "16: pmem1 [116+4]", "24: pmem0 [24+6]");
    assertThat(holes(mapped)).containsExactly("20+4 error");
    assertThat(places(mapped.alternatives()))
        .containsExactly("10: pmem1 [110+6]", "28: pmem1 [128+2]");

    // What was written anew is read again as before.
    host.corrupt("pmem0", "f3", 16, 8);
    host.recover("pmem0", "f3", RecoveredData.REWRITTEN, 16, 8);
    assertThat(places(host.map("vol0", 10, 20).pieces())).containsExactly("10: pmem0 [10+20]");
  }

  @Test
  void belowAnotherMirrorTheStaleLegOfAMirrorIsNoAlternative() {
    host.device("pmem3", 1000);
    host.volume("low", "0 64 mirror core 1 64 2 pmem0 0 pmem1 0");
    host.volume("vol0", "0 64 mirror core 1 64 2 pmem2 0 low 0");
    zero("pmem0", "f1", 16, 8);

    assertThat(places(host.map("vol0", 0, 64).pieces())).containsExactly("0: pmem2 [0+64]");
    assertThat(places(host.map("vol0", 0, 64).alternatives()))
        .containsExactly("0: pmem0 [0+16]", "0: pmem1 [0+64]", "24: pmem0 [24+40]");
  }

  @Test
  void whatAMemberWithParityMissedIsWorkedOutOrLost() {
    host.volume("r5", "0 128 raid raid5_ls 1 8 3 - pmem0 - pmem1 - pmem2");
    zero("pmem0", "f1", 2, 4);

    Answers.Mapped mapped = host.map("r5", 0, 8);
    assertThat(places(mapped.pieces())).containsExactly("0: pmem0 [0+2]", "6: pmem0 [6+2]");
    assertThat(holes(mapped)).containsExactly("2+4 reconstructed");

    // The parity for one of these sectors was zeroed too.
    zero("pmem2", "f2", 2, 1);
    assertThat(holes(host.map("r5", 0, 8))).containsExactly("2+1 error", "3+3 reconstructed");
  }
}
