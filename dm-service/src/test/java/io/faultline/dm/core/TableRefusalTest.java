package io.faultline.dm.core;

import static io.faultline.dm.core.TestHost.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that are refused: by which line, in whose words, and with nothing changed. */
class TableRefusalTest {

  private final TestHost host = new TestHost().device("pmem0", 1000).device("pmem1", 1000);

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0 100 linear pmem0                       | 1 | linear: Invalid argument count (-EINVAL)
          0 100 linear pmem0 0 0                   | 1 | linear: Invalid argument count (-EINVAL)
          0 100 linear pmem0 x                     | 1 | linear: Invalid device sector (-EINVAL)
          0 100 linear pmem0 -1                    | 1 | linear: Invalid device sector (-EINVAL)
          0 100 linear pmem0 99999999999999999999  | 1 | linear: Invalid device sector (-EINVAL)
          0 100 linear pmem9 0                     | 1 | linear: Device lookup failed (-ENOENT)
          0 100 linear /dev/disk/x 0               | 1 | linear: Device lookup failed (-ENOENT)
          0 100 linear 259:7 0                     | 1 | linear: Device lookup failed (-ENXIO)
          0 100 linear vol0 0                      | 1 | linear: Device lookup failed (-EINVAL)
          0 100 linear pmem0 901                   | 1 | pmem0 too small for target: start=901, len=100, dev_size=1000
          0 100 linear pmem0 9007199254740990      | 1 | pmem0 too small for target: start=9007199254740990, len=100
          0 100 striped 2                          | 1 | striped: Not enough arguments (-EINVAL)
          0 100 striped 0 8 pmem0 0                | 1 | striped: Invalid stripe count (-EINVAL)
          0 100 striped two 8 pmem0 0              | 1 | striped: Invalid stripe count (-EINVAL)
          0 100 striped 4294967296 8 pmem0 0       | 1 | striped: Invalid stripe count (-EINVAL)
          0 100 striped 1 0 pmem0 0                | 1 | striped: Invalid chunk_size (-EINVAL)
          0 100 striped 3 8 pmem0 0                | 1 | striped: Target length not divisible by number of stripes (-EINVAL)
          0 100 striped 2 8 pmem0 0 pmem1 0        | 1 | striped: Target length not divisible by chunk size (-EINVAL)
          0 96 striped 2 8 pmem0 0                 | 1 | striped: Not enough destinations specified (-EINVAL)
          0 96 striped 2 8 pmem0 0 pmem1 0 pmem1 0 | 1 | striped: Not enough destinations specified (-EINVAL)
          0 96 striped 2 8 pmem0 0 pmem1 y         | 1 | striped: Couldn't parse stripe destination (-EINVAL)
          0 96 striped 2 8 pmem0 0 pmem9 0         | 1 | striped: Couldn't parse stripe destination (-ENOENT)
          0 96 striped 2 8 pmem0 960 pmem1 0       | 1 | pmem0 too small for target: start=960, len=48, dev_size=1000
          0 96 zero 1                              | 1 | zero: No arguments required (-EINVAL)
          0 96 mirrored pmem0 0                    | 1 | mirrored: unknown target type
          0 0 zero                                 | 1 | zero-length target
          8 96 zero                                | 1 | zero: Gap in table (-EINVAL)
          0 9007199254740992 zero                  | 1 | too large device
          0 9223372036854775807 zero               | 1 | too large device
          0 96                                     | 1 | Invalid format on line 1 of table
          -8 96 zero                               | 1 | Invalid format on line 1 of table
          zero                                     | 1 | Invalid format on line 1 of table
          {"sectors":8}                            | 1 | Invalid format on line 1 of table
          """)
  void oneLine(String table, int line, String reason) {
    assertRefused(host.put("vol0", table), line, reason);
  }

  private void assertRefused(Answer answer, int line, String reason) {
    Problem problem = refusal(answer);
    assertThat(problem.kind()).isEqualTo("table-refused");
    assertThat(problem.status()).isEqualTo(422);
    assertThat(problem.more()).containsEntry("line", line).containsEntry("reason", reason);
    assertThat(problem.detail()).contains("Line " + line + ": " + reason);
    assertThat(host.core.command(new DmCommand.GetVolume("vol0")).status()).isEqualTo(404);
    assertThat(host.core.published()).isEmpty();
  }

  @Test
  void theLineIsCountedInTheTextWithItsCommentsAndBlankLines() {
    String table = "# head\n\n0 8 zero\n  # more\n9 8 zero # a gap\n";

    assertRefused(host.put("vol0", table), 5, "zero: Gap in table (-EINVAL)");
  }

  @Test
  void nothingIsNoTable() {
    assertRefused(host.put("vol0", ""), 1, "no targets specified");
    assertRefused(host.put("vol0", " \n# nothing\n\n"), 1, "no targets specified");
  }

  @Test
  void whatCannotBeReadIsSaidBeforeWhatCannotBe() {
    // dmsetup reads the whole text before it asks the kernel for the first line.
    String table = "5 8 zero\nwhat\n";

    assertRefused(host.put("vol0", table), 2, "Invalid format on line 2 of table");
  }

  @Test
  void theSizeOfDevicesIsLookedAtLast() {
    String table = "0 2000 linear pmem0 0\n2000 8 zero 1";

    assertRefused(host.put("vol0", table), 2, "zero: No arguments required (-EINVAL)");
  }

  @Test
  void commentsBlankLinesAndOddSpaceAreTaken() {
    host.volume("vol0", "# a table", "", "\t0 8\tlinear   /dev/pmem0  007 # moved", "8 8 error x");

    assertThat(host.get("vol0").table()).containsExactly("0 8 linear pmem0 7", "8 8 error");
  }

  @Test
  void devicesAreKnownByNamePathAndNumber() {
    host.volume("low", "0 100 linear pmem0 0");
    Answer answer =
        host.create(
            "vol0",
            "0 8 linear /dev/mapper/low 0\n8 8 linear low 8\n16 8 linear 259:1 0\n"
                + "24 8 linear 253:0 0\n32 8 linear /dev/pmem0 0",
            Map.of("259:1", "pmem1", "253:0", "low"));

    assertThat(answer.status()).isEqualTo(201);
    assertThat(host.get("vol0").below()).containsExactly("low", "pmem0", "pmem1");
  }

  @Test
  void whatIsPrintedReadsTheSame() {
    host.volume("vol0", "0 96 striped 2 8 pmem0 16 pmem1 0", "96 4 error", "100 4 zero");
    String printed = ((Answer.Text) host.core.command(new DmCommand.GetTable("vol0"))).body();

    assertThat(printed).isEqualTo("0 96 striped 2 8 pmem0 16 pmem1 0\n96 4 error\n100 4 zero\n");
    assertThat(host.put("vol0", printed).status()).isEqualTo(200);
  }

  @Test
  void aTableThatIsTooLargeSaysHowLargeItMayBe() {
    Problem text = refusal(host.put("vol0", "0 8 zero #" + "x".repeat(Limits.MAX_TABLE_BYTES)));
    assertThat(text.status()).isEqualTo(413);
    assertThat(text.detail()).contains("" + Limits.MAX_TABLE_BYTES);

    Problem lines = refusal(host.put("vol0", "0 8 zero\n" + "\n".repeat(Limits.MAX_TABLE_LINES)));
    assertThat(lines.status()).isEqualTo(422);
    assertThat(lines.more()).containsEntry("limit", "MAX_TABLE_LINES");

    StringBuilder many = new StringBuilder();
    for (int i = 0; i <= Limits.MAX_TARGETS; i++) {
      many.append(i).append(" 1 zero\n");
    }
    Problem targets = refusal(host.put("vol0", many.toString()));
    assertThat(targets.more()).containsEntry("limit", "MAX_TARGETS");
  }

  @Test
  void namesThatMakeATableTooLargeAreRefusedToo() {
    String longName = "a".repeat(60);
    host.device(longName, 100_000);
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      many.append(i).append(" 1 linear 1:1 ").append(i).append('\n');
    }

    assertThat(refusal(host.create("vol0", many.toString(), Map.of("1:1", longName))).status())
        .isEqualTo(413);
  }

  @Test
  void stacksHaveALimit() {
    host.volume("v0", "0 8 linear pmem0 0");
    for (int i = 1; i < Limits.MAX_STACK_DEPTH; i++) {
      host.volume("v" + i, "0 8 linear v" + (i - 1) + " 0");
    }

    Problem problem =
        refusal(host.put("top", "0 8 linear v" + (Limits.MAX_STACK_DEPTH - 1) + " 0"));
    assertThat(problem.more()).containsEntry("limit", "MAX_STACK_DEPTH");
    assertThat(host.upward("pmem0", 3, 1)).hasSize(Limits.MAX_STACK_DEPTH);
    assertThat(refusal(host.load("v0", "0 8 linear low 0")).kind()).isEqualTo("table-refused");
  }

  @Test
  void aTableDoesNotNameItself() {
    host.volume("vol1", "0 8 linear pmem0 0");

    Problem problem = refusal(host.load("vol1", "0 4 zero", "4 4 linear /dev/mapper/vol1 0"));
    assertThat(problem.more())
        .containsEntry("line", 2)
        .containsEntry("reason", "linear: Device lookup failed (-EINVAL)");
    assertThat(problem.detail()).contains("vol1 would stand on itself");
  }

  @Test
  void aCycleOverSeveralVolumesIsRefused() {
    host.volume("v1", "0 8 linear pmem0 0");
    host.volume("v2", "0 8 linear v1 0");
    host.volume("v3", "0 8 striped 1 8 v2 0");

    Problem problem = refusal(host.load("v1", "0 8 linear v3 0"));

    assertThat(problem.kind()).isEqualTo("table-refused");
    assertThat(problem.more()).containsEntry("line", 1);
    assertThat(problem.detail()).contains("v3 stands on v1").contains("a cycle");
    assertThat(host.get("v1").inactive()).isNull();
  }

  @Test
  void aCycleThatTwoInactiveTablesWouldCloseIsRefusedWhenTheSecondGoesLive() {
    host.volume("v1", "0 8 linear pmem0 0");
    host.volume("v2", "0 8 linear pmem1 0");
    assertThat(host.load("v1", "0 8 linear v2 0").status()).isEqualTo(200);
    assertThat(host.load("v2", "0 8 linear v1 0").status()).isEqualTo(200);

    assertThat(host.resume("v1").status()).isEqualTo(200);
    Problem problem = refusal(host.resume("v2"));

    assertThat(problem.detail()).contains("a cycle");
    assertThat(host.get("v2").table()).containsExactly("0 8 linear pmem1 0");
  }

  @Test
  void aClaimThatAnEventOvertookIsSaidToBeStale() {
    host.silentDevice("pmem2", 1000);
    Claim early = host.claimOf("pmem2");
    host.corrupt("pmem2", "f1", 0, 8);

    Answer answer =
        host.core.command(
            new DmCommand.CreateVolume(
                "vol0", "0 8 linear pmem2 0", Map.of(), Map.of("pmem2", early)));

    assertThat(refusal(answer).kind()).isEqualTo("stale-claim");
    assertThat(host.put("vol0", "0 8 linear pmem2 0").status()).isEqualTo(201);
  }

  @Test
  void theNameOfADeviceIsTaken() {
    assertThat(refusal(host.put("pmem1", "0 8 linear pmem0 0")).kind()).isEqualTo("name-taken");
  }

  @Test
  void planNamesTheLeavesAndNothingElse() {
    host.volume("low", "0 8 linear pmem0 0");
    host.silentDevice("pmem2", 8);
    Answers.Plan plan =
        TestHost.ok(
            host.core.command(
                new DmCommand.PlanTable(
                    "vol0",
                    "0 8 linear low 0\n8 8 linear pmem2 0\n16 16 striped 2 8 1:1 0 vol0 0\nbad",
                    Map.of("1:1", "pmem1"))));
    assertThat(plan.leaves()).as("a text that cannot be read names nobody").isEmpty();

    Answers.Plan readable =
        TestHost.ok(
            host.core.command(
                new DmCommand.PlanTable(
                    "vol0",
                    "0 8 linear low 0\n8 8 linear pmem2 0\n16 16 striped 2 8 1:1 0 vol0 0\n"
                        + "32 8 nosuch pmem0 0\n40 8 linear pmem0 0",
                    Map.of("1:1", "pmem1"))));
    assertThat(readable.leaves())
        .isEqualTo(List.of(new Answers.Leaf("pmem2", false), new Answers.Leaf("pmem1", true)));
  }
}
