package io.faultline.fs.above;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Section;
import io.faultline.fs.testing.FsHarness;
import io.faultline.fs.testing.Oracle;
import io.faultline.runtime.http.ProblemException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Dumps that are wrong are refused at the first wrong line, with the line, its text and the rule.
 */
class DumpReaderTest {

  private static final long SECTORS = 1_048_576;
  private static final String HEAD =
      " EXT: DEV   BLOCK-RANGE        OWNER              FILE-OFFSET          AG AG-OFFSET"
          + "         TOTAL FLAGS\n";

  private final List<FsCommand> parts = new ArrayList<>();

  private List<Section> machine(String text) {
    return Dumps.machine(text, Map.of(), Map.of(Role.DATA, SECTORS), true, "u", parts::add);
  }

  private List<Section> verbose(String... lines) {
    return Dumps.verbose(
        HEAD + String.join("\n", lines) + "\n",
        Map.of(),
        Map.of(Role.DATA, SECTORS),
        true,
        "u",
        parts::add);
  }

  private static BadLineException bad(Runnable read) {
    return catchThrowableOfType(BadLineException.class, read::run);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "259,0,0,7,inode_130_da                      | unknown owner or columns | 9 columns",
        "259,0,0,7,inode_130_data,0,7                | cut off                  | 9 columns",
        "259,0,0,7,inode_130_data,0,7,               | cut off in the length    | LENGTH is a number",
        "259,0,0,79,inode_130_data,0,79,8            | length does not agree    | LENGTH is PEND - PSTART + 1 = 80",
        "259,0,8,7,inode_130_data,0,7,8              | ends before it starts    | PEND is the last sector",
        "259,0,0,7,inode_130_data,0,8,8              | offsets do not agree     | LENGTH is OEND - OSTART + 1 = 9",
        "259,0,0,7,inode_0_data,0,7,8                | inode 0                  | those begin at 1",
        "259,0,0,7,inode_130_cow,0,7,8               | fork                     | OWNER is an inode or a name",
        "259,0,0,7,special_88:9,,,8                  | special owner            | OWNER is an inode or a name",
        "259,0,0,7,special_88:1,0,7,8                | offset of metadata       | OSTART is empty",
        "259,0,0,7,free space,,,8                    | the other text's owner   | OWNER is an inode or a name",
        "259,0,-1,7,special_88:1,,,9                 | negative                 | PSTART is a number",
        "259,0,0,99999999999999999999,special_0:1,,,8| overflow                 | PEND is below 2^53",
        "259,0,0,9007199254740992,special_0:1,,,9007199254740993 | 2^53         | PEND is below 2^53",
        "259,0,0,1048576,special_0:1,,,1048577       | past the end             | ends after sector 1048575",
        "259,x,0,7,special_0:1,,,8                   | minor                    | MINOR is a number",
      })
  void aWrongFirstLineOfTheMachineTextIsNamed(String line, String what, String rule) {
    BadLineException refused = bad(() -> machine(FsHarness.machineText(line.trim())));
    assertThat(refused).as(what).isNotNull();
    assertThat(refused.problem().detail()).as(what).contains("Line 2").contains(rule);
    assertThat(refused.problem().more()).containsEntry("line", 2L).containsKeys("text", "rule");
    assertThat(parts).isEmpty();
  }

  @Test
  void recordsAscendAreNumberedAndOverlapOnlyWhereFilesShare() {
    String first = FsHarness.data(100, 50, 130, 0);
    assertThat(bad(() -> machine(FsHarness.machineText(first, FsHarness.data(99, 1, 131, 0)))))
        .extracting(BadLineException::getMessage)
        .asString()
        .contains("ascend");
    assertThat(machine(FsHarness.machineText(first, FsHarness.data(120, 50, 131, 0)))).hasSize(1);
    assertThat(
            bad(
                () ->
                    machine(FsHarness.machineText(first, FsHarness.owner(149, 8, "special_88:4")))))
        .extracting(BadLineException::getMessage)
        .asString()
        .contains("overlap");
    assertThat(
            bad(
                () ->
                    machine(FsHarness.machineText(FsHarness.owner(0, 200, "special_88:4"), first))))
        .isNotNull();
    assertThat(
            bad(
                () ->
                    machine(
                        FsHarness.machineText(
                            first, FsHarness.owner(140, 20, "inode_131_data_bmbt")))))
        .as("blocks of an extent map are never shared")
        .isNotNull();
    String gap =
        FsHarness.machineText(first, FsHarness.data(150, 8, 130, 50)).replace("\n1,", "\n2,");
    assertThat(bad(() -> machine(gap)))
        .extracting(BadLineException::getMessage)
        .asString()
        .contains("numbered without a gap");
  }

  @Test
  void withoutReflinkNothingOverlaps() {
    String text =
        FsHarness.machineText(FsHarness.data(100, 50, 130, 0), FsHarness.data(120, 50, 131, 0));
    assertThat(
            bad(
                () ->
                    Dumps.machine(
                        text, Map.of(), Map.of(Role.DATA, SECTORS), false, "u", parts::add)))
        .isNotNull();
  }

  @Test
  void theHeadComesFirstAndMayComeAgainWithEveryBatch() {
    assertThat(bad(() -> machine("0,259,0,0,7,special_88:1,,,8\n"))).isNotNull();
    String text = FsHarness.machineText(FsHarness.data(0, 8, 130, 0), FsHarness.data(8, 8, 130, 8));
    String head = text.substring(0, text.indexOf('\n') + 1);
    assertThat(machine(text.replace("\n1,", "\n" + head + "1,")).getFirst().records()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'   0: 259:0 [0..31]:           static fs metadata                      0  (0..31)'        | a record is EXT",
        "'   0: 259:0 [0..31]:           static fs me'                                              | a record is EXT",
        "'   0: 259:0 [0..31]:           stale metadata                          0  (0..31)     32' | OWNER is an inode or a name",
        "'   0: 259:0 [0..31]:           132                0..31                0  (0..31)     31' | TOTAL is the end of BLOCK-RANGE",
        "'   0: 259:0 [0..31]:           132                0..30                0  (0..31)     32' | TOTAL is the end of FILE-OFFSET",
        "'   0: 259:0 [0..31]:           132                0..31                0  (0..30)     32' | TOTAL is the end of AG-OFFSET",
        "'   0: 259:0 [0..31]:           132                0..31                0  (0..31)     32 2000000' | FLAGS are those of the key",
        "'   0: 259:0 [0..31]:           free space                              0  (0..31)     32 0100000' | FLAGS of what is no file",
        "'   0: 259:0 [0..31]:           special 88:9                            0  (0..31)     32' | OWNER is an inode or a name",
      })
  void aWrongLineOfTheVerboseTextIsNamed(String line, String rule) {
    BadLineException refused = bad(() -> verbose(line));
    assertThat(refused).isNotNull();
    assertThat(refused.problem().detail()).contains("Line 2").contains(rule);
  }

  @Test
  void inTheVerboseTextOnlyExtentsThatAreFlaggedSharedOverlap() {
    String first = "   0: 259:0 [0..31]:  132  0..31  0  (0..31)  32 0100000";
    String shared = "   1: 259:0 [8..31]:  133  0..23  0  (8..31)  24 0110000";
    String notShared = "   1: 259:0 [8..31]:  133  0..23  0  (8..31)  24 0010000";
    assertThat(verbose(first, shared).getFirst().records()).isEqualTo(2);
    assertThat(bad(() -> verbose(first, notShared))).isNotNull();
  }

  @Test
  void afterTheKeyOfTheFlagsNothingComes() {
    String first = "   0: 259:0 [0..31]:  132  0..31  0  (0..31)  32 1000000";
    assertThat(verbose(first, " FLAG Values:", "    01000000 Attribute fork")).hasSize(1);
    assertThat(bad(() -> verbose(first, " FLAG Values:", first))).isNotNull();
  }

  static List<Oracle.Case> oracle() {
    return Oracle.cases("xfs");
  }

  /** Wherever a real dump is cut within a line, that line is refused. */
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("oracle")
  void aRealDumpThatIsCutOffIsRefused(Oracle.Case each) {
    Map<Role, Long> sectors = new EnumMap<>(Role.class);
    Map<Role, String> given = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      if (each.json().path("devices").has(role.word())) {
        given.put(role, each.json().path("devices").path(role.word()).asString());
        sectors.put(role, each.json().path("deviceBytes").path(role.word()).asLong() / 512);
      }
    }
    for (String form : List.of("fsmapFile", "fsmapMachineFile")) {
      String text = Oracle.text("xfs", each.json().path(form).asString());
      int lineStart = text.indexOf("\n  10: ") + 1;
      lineStart = lineStart > 0 ? lineStart : text.indexOf("\n10,") + 1;
      int lineEnd = text.indexOf('\n', lineStart);
      while (!Character.isDigit(text.charAt(lineEnd - 1))) {
        lineEnd--;
      }
      for (int cut = lineStart + 1; cut < lineEnd; cut++) {
        String whole = text.substring(0, cut);
        assertThatThrownBy(
                () -> {
                  if (form.equals("fsmapFile")) {
                    Dumps.verbose(whole, given, sectors, true, "u", parts::add);
                  } else {
                    Dumps.machine(whole, given, sectors, true, "u", parts::add);
                  }
                })
            .as("%s cut at %d", form, cut)
            .isInstanceOfAny(BadLineException.class, ProblemException.class);
      }
    }
  }

  @Test
  void devicesOfTheDumpAreFoundWhereOnlyOneWayIsPossible() {
    String text =
        FsHarness.machineText(
            "259,1,0,99,special_88:2,,,100",
            "259,2,0,7,special_88:1,,,8",
            "259,2,8,15,inode_130_data,0,7,8");
    Map<Role, Long> withLog = Map.of(Role.DATA, 100L, Role.LOG, 100L);
    assertThat(Dumps.machine(text, Map.of(), withLog, true, "u", parts::add))
        .extracting(Section::role)
        .containsExactly(Role.LOG, Role.DATA);
    assertThat(Dumps.machine(text, Map.of(Role.DATA, "259:2"), withLog, true, "u", parts::add))
        .extracting(Section::role)
        .containsExactly(Role.LOG, Role.DATA);
    assertThatThrownBy(
            () -> Dumps.machine(text, Map.of(), Map.of(Role.DATA, 100L), true, "u", parts::add))
        .as("a device too many")
        .isInstanceOf(BadLineException.class);
    assertThatThrownBy(
            () -> Dumps.machine(text, Map.of(Role.DATA, "259:7"), withLog, true, "u", parts::add))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("259:7 is not in the dump");
  }

  @Test
  void devicesThatCouldBeEitherMustBeNamed() {
    String text =
        FsHarness.machineText("259,1,0,99,special_0:2,,,100", "259,2,0,99,special_0:2,,,100");
    Map<Role, Long> sectors = Map.of(Role.DATA, 100L, Role.REALTIME, 100L);
    assertThatThrownBy(() -> Dumps.machine(text, Map.of(), sectors, true, "u", parts::add))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("?data=");
    assertThat(Dumps.machine(text, Map.of(Role.REALTIME, "259:1"), sectors, true, "u", parts::add))
        .extracting(Section::role)
        .containsExactly(Role.REALTIME, Role.DATA);
  }

  @Test
  void theRecordsOfADeviceStandTogether() {
    String text =
        FsHarness.machineText(
            "259,1,0,9,special_0:2,,,10",
            "259,2,0,9,special_0:2,,,10",
            "259,1,10,19,special_0:2,,,10");
    assertThat(
            bad(
                () ->
                    Dumps.machine(
                        text,
                        Map.of(),
                        Map.of(Role.DATA, 100L, Role.REALTIME, 100L),
                        true,
                        "u",
                        parts::add)))
        .extracting(BadLineException::getMessage)
        .asString()
        .contains("stand together");
  }

  @Test
  void anEmptyDumpIsRefused() {
    assertThatThrownBy(() -> machine(FsHarness.machineText())).isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> machine("")).isInstanceOf(ProblemException.class);
  }

  @Test
  void aLineWithoutEndIsRefusedBeforeItFillsTheMemory() {
    String endless = "9".repeat(20 * LineReader.MAX_LINE_BYTES);
    assertThat(bad(() -> machine(endless)).problem().detail()).contains("Line 1").contains("8192");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "144                | a line is an inode",
        "/ref-src           | a line is an inode",
        "x /ref-src         | OWNER is a number",
        "0 /ref-src         | those begin at 1",
        "144 ref-src        | begins with /",
        "9007199254740992 /a| below 2^53",
      })
  void aWrongLineOfPathsIsNamed(String line, String rule) {
    BadLineException refused =
        bad(() -> Dumps.paths("130 /a b\n" + line + "\n", "data", "u", parts::add));
    assertThat(refused).isNotNull();
    assertThat(refused.problem().detail()).contains("Line 2").contains(rule);
  }

  @Test
  void namesAreUtf8() throws Exception {
    PathsReader reader = new PathsReader((section, number, packed) -> {});
    byte[] latin1 = "130 /\u00fcber\n".getBytes(ISO_8859_1);
    assertThatThrownBy(() -> reader.read(new LineReader(new ByteArrayInputStream(latin1))))
        .isInstanceOf(BadLineException.class)
        .hasMessageContaining("UTF-8");
  }
}
