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
          0 96 delay pmem0 0                       | 1 | delay: Requires exactly 3, 6 or 9 arguments (-EINVAL)
          0 96 delay pmem0 x 0                     | 1 | delay: Invalid device sector (-EINVAL)
          0 96 delay pmem0 0 x                     | 1 | delay: Invalid delay (-EINVAL)
          0 96 delay pmem0 0 1 pmem9 0 1           | 1 | delay: Device lookup failed (-ENOENT)
          0 96 delay pmem0 0 1 pmem1 950 1         | 1 | pmem1 too small for target: start=950, len=96, dev_size=1000
          0 96 flakey pmem0 0 1                    | 1 | flakey: Invalid argument count (-EINVAL)
          0 96 flakey pmem0 0 0 0                  | 1 | flakey: Total (up + down) interval is zero (-EINVAL)
          0 96 flakey pmem0 0 4294967295 2         | 1 | flakey: Interval overflow (-EINVAL)
          0 96 flakey pmem0 0 1 1 2 drop_writes    | 1 | flakey: Invalid number of feature args (-EINVAL)
          0 96 flakey pmem0 0 1 1 1 what           | 1 | flakey: Unrecognised flakey feature requested (-EINVAL)
          0 96 flakey pmem0 0 1 1 2 drop_writes error_writes | 1 | flakey: Feature error_writes conflicts with feature drop_writes (-EINVAL)
          0 96 flakey pmem0 0 1 1 5 corrupt_bio_byte 1 x 0 0 | 1 | flakey: Invalid corrupt bio direction (r or w) (-EINVAL)
          0 96 dust pmem0 0                        | 1 | dust: Invalid argument count (-EINVAL)
          0 96 dust pmem0 0 511                    | 1 | dust: Block size must be at least 512 (-EINVAL)
          0 96 dust pmem0 0 1000                   | 1 | dust: Block size must be a power of 2 (-EINVAL)
          0 96 dust pmem0 0 65536                  | 1 | dust: Block size is too large (-EINVAL)
          0 96 dust pmem9 0 512                    | 1 | dust: Device lookup failed (-EINVAL)
          0 96 log-writes pmem0                    | 1 | log-writes: Invalid argument count (-EINVAL)
          0 96 era pmem0 pmem1                     | 1 | era: Invalid argument count (-EINVAL)
          0 96 era pmem0 pmem1 9                   | 1 | era: Invalid block size (-EINVAL)
          0 96 era pmem9 pmem1 8                   | 1 | era: Error opening metadata device (-EINVAL)
          0 96 snapshot-origin pmem0 0             | 1 | snapshot-origin: origin: incorrect number of arguments (-EINVAL)
          0 96 unstriped 2 8 0 pmem0               | 1 | unstriped: Invalid number of arguments (-EINVAL)
          0 96 unstriped 2 8 3 pmem0 0             | 1 | unstriped: Please provide stripe between [0, # of stripes] (-EINVAL)
          0 97 unstriped 2 8 0 pmem0 0             | 1 | unstriped: Target length not divisible by chunk size (-EINVAL)
          0 96 crypt aes 00 0 pmem0                | 1 | crypt: Not enough arguments (-EINVAL)
          0 96 crypt aes 0g 0 pmem0 0              | 1 | crypt: Error decoding and setting key (-EINVAL)
          0 96 crypt aes 00 1 pmem0 0 1 sector_size:4096 | 1 | crypt: Invalid iv_offset sector (-EINVAL)
          0 97 crypt aes 00 0 pmem0 0 1 sector_size:1024 | 1 | crypt: Device size is not multiple of sector_size feature (-EINVAL)
          0 96 crypt aes 00 0 pmem0 0 1 sector_size:768  | 1 | crypt: Invalid feature value for sector_size (-EINVAL)
          0 96 crypt aes 00 0 pmem0 0 1 what       | 1 | crypt: Invalid feature arguments (-EINVAL)
          0 96 switch 2 8 1 pmem0 0 pmem1 0        | 1 | switch: Invalid number of optional args (-EINVAL)
          0 96 switch 2 8 0 pmem0 0                | 1 | switch: Incorrect number of path arguments (-EINVAL)
          0 96 switch 0 8 0                        | 1 | switch: Invalid number of paths (-EINVAL)
          0 96 switch 1 0 0 pmem0 0                | 1 | switch: Invalid region size (-EINVAL)
          0 96 switch 1 8 0 pmem0 x                | 1 | switch: Invalid device starting offset (-EINVAL)
          0 96 mirror core                         | 1 | mirror: Insufficient mirror log arguments (-EINVAL)
          0 96 mirror core 1 7 2 pmem0 0 pmem1 0   | 1 | mirror: Error creating mirror dirty log (-EINVAL)
          0 96 mirror core 1 64 1 pmem0 0          | 1 | mirror: Invalid number of mirrors (-EINVAL)
          0 96 mirror core 1 64 2 pmem0 0          | 1 | mirror: Too few mirror arguments (-EINVAL)
          0 96 mirror core 1 64 2 pmem0 0 pmem1 x  | 1 | mirror: Invalid offset (-EINVAL)
          0 96 mirror core 1 64 2 pmem0 0 pmem9 0  | 1 | mirror: Device lookup failure (-ENOENT)
          0 96 mirror core 1 64 2 pmem0 0 pmem1 0 1 what     | 1 | mirror: Unrecognised feature requested (-EINVAL)
          0 96 mirror core 1 64 2 pmem0 0 pmem1 0 1 keep_log | 1 | mirror: keep_log feature requires the handle_errors feature (-EINVAL)
          0 96 mirror core 1 64 2 pmem0 0 pmem1 0 0 1        | 1 | mirror: Too many mirror arguments (-EINVAL)
          0 96 raid                                | 1 | raid: No arguments (-EINVAL)
          0 96 raid raid7 1 8 2 - pmem0 - pmem1    | 1 | raid: Unrecognised raid_type (-EINVAL)
          0 96 raid raid1 9 0 2 - pmem0 - pmem1    | 1 | raid: Cannot understand number of raid parameters (-EINVAL)
          0 96 raid raid1 1 0 3 - pmem0 - pmem1    | 1 | raid: Cannot understand number of raid devices parameters (-EINVAL)
          0 96 raid raid5_ls 1 8 1 - pmem0         | 1 | raid: Insufficient number of devices (-EINVAL)
          0 96 raid raid5_ls 1 x 2 - pmem0 - pmem1 | 1 | raid: Bad numerical argument given for chunk_size (-EINVAL)
          0 96 raid raid5_ls 1 12 2 - pmem0 - pmem1 | 1 | raid: Chunk size must be a power of 2 (-EINVAL)
          0 96 raid raid5_ls 1 4 2 - pmem0 - pmem1 | 1 | raid: Chunk size value is too small (-EINVAL)
          0 96 raid raid5_ls 3 8 sync nosync 2 - pmem0 - pmem1     | 1 | raid: sync and nosync are mutually exclusive (-EINVAL)
          0 96 raid raid1 3 0 rebuild 2 2 - pmem0 - pmem1          | 1 | raid: Invalid rebuild index given (-EINVAL)
          0 96 raid raid5_ls 3 8 write_mostly 0 2 - pmem0 - pmem1  | 1 | raid: write_mostly option is only valid for RAID1 (-EINVAL)
          0 96 raid raid1 3 0 region_size 128 2 - pmem0 - pmem1    | 1 | raid: Supplied region size is too large (-EINVAL)
          0 96 raid raid1 3 0 region_size 48 2 - pmem0 - pmem1     | 1 | raid: Region size is not a power of 2 (-EINVAL)
          0 96 raid raid1 3 0 raid10_format near 2 - pmem0 - pmem1 | 1 | raid: 'raid10_format' is an invalid parameter for this RAID type (-EINVAL)
          0 96 raid raid6_zr 2 8 nosync 4 - pmem0 - pmem1 - pmem0 - pmem1 | 1 | raid: Invalid flags combination (-EINVAL)
          0 96 raid raid1 3 0 what 1 2 - pmem0 - pmem1             | 1 | raid: Unable to parse RAID parameter (-EINVAL)
          0 96 raid raid1 1 0 2 pmem0 - - pmem1    | 1 | raid: No data device supplied with metadata device (-EINVAL)
          0 96 raid raid1 1 0 2 - pmem9 - pmem1    | 1 | raid: RAID device lookup failure (-ENOENT)
          0 96 raid raid1 1 0 2 - - - -            | 1 | raid: Invalid rdev size (-EINVAL)
          0 96 raid raid5_ls 1 8 3 - - - - - pmem0 | 1 | raid: Failed to run raid array (-EINVAL)
          0 97 raid raid0 1 8 2 - pmem0 - pmem1    | 1 | raid: Target length not divisible by number of data devices (-EINVAL)
          0 96 raid raid1 3 0 delta_disks 1 2 - pmem0 - pmem1      | 1 | raid: Too many delta_disk requested (-EINVAL)
          0 96 verity 1 pmem0 pmem1 512 512        | 1 | verity: Not enough arguments (-EINVAL)
          0 96 verity 2 pmem0 pmem1 512 512 96 0 sha256 00 - | 1 | verity: Invalid version (-EINVAL)
          0 96 verity 1 pmem0 pmem1 100 512 96 0 sha256 00 - | 1 | verity: Invalid data device block size (-EINVAL)
          0 96 verity 1 pmem0 pmem1 512 512 95 0 sha256 00 - | 1 | verity: Data device is too small (-EINVAL)
          0 96 verity 1 pmem0 pmem1 512 512 96 0 none 00 -   | 1 | verity: Cannot initialize hash function (-EINVAL)
          0 96 verity 1 pmem0 pmem1 512 512 96 0 sha256 00 - | 1 | verity: Invalid root digest (-EINVAL)
          0 96 integrity pmem0 0 4                 | 1 | integrity: Invalid argument count (-EINVAL)
          0 96 integrity pmem0 0 4 X 0             | 1 | integrity: Invalid mode (expecting J, B, D, R, I) (-EINVAL)
          0 96 integrity pmem0 0 - J 0             | 1 | integrity: Unknown tag size (-EINVAL)
          0 96 integrity pmem0 0 4 B 0             | 1 | integrity: Bitmap mode can be only used with internal hash (-EINVAL)
          0 96 integrity pmem0 0 4 J 0             | 1 | integrity: Unknown journal size (-EINVAL)
          0 96 integrity pmem0 0 4 J 1 what        | 1 | integrity: Invalid argument (-EINVAL)
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

  /** {@code device_area_is_invalid}, {@code validate_hardware_logical_block_alignment}. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0 8 linear nvme0 4                       | 1 | start=4 not aligned to h/w logical block size 4096 of nvme0
          0 12 linear nvme0 8                      | 1 | len=12 not aligned to h/w logical block size 4096 of nvme0
          0 4 linear big 0                         | 1 | len=4 not aligned to h/w logical block size 4096 of big
          0 16 striped 2 4 nvme0 0 pmem0 4         | -  |
          0 16 striped 2 8 nvme0 0 pmem0 4         | -  |
          0 9 linear pmem0 0;9 8 linear nvme0 0    | 2 | table line 1 (start sect 9 len 8) not aligned to h/w logical block size 4096
          0 8 linear nvme0 0;8 9 linear pmem0 0    | 2 | table line 1 (start sect 8 len 9) not aligned to h/w logical block size 4096
          0 9 linear pmem0 0;9 7 linear pmem1 3;16 8 linear nvme0 8 | - |
          """)
  void areasAreMadeOfTheLogicalBlocksOfTheHardware(String table, String line, String reason) {
    host.device("nvme0", 1000, false, 4096);
    host.volume("big", "0 80 linear nvme0 0");
    Answer answer = host.put("vol0", table.replace(';', '\n'));
    if (line.equals("-")) {
      assertThat(answer.status()).isEqualTo(201);
    } else {
      assertThat(refusal(answer).more())
          .containsEntry("line", Integer.valueOf(line))
          .containsEntry("reason", reason);
    }
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

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          delay pmem0 0 10                       | delay pmem0 0 10
          delay /dev/pmem0 0 1 pmem1 8 2         | delay pmem0 0 1 pmem1 8 2
          flakey pmem0 0 1 2                     | flakey pmem0 0 1 2 2 error_reads error_writes
          flakey pmem0 0 1 2 0                   | flakey pmem0 0 1 2 2 error_reads error_writes
          flakey pmem0 0 1 2 5 corrupt_bio_byte 32 r 1 0 | flakey pmem0 0 1 2 5 corrupt_bio_byte 32 r 1 0
          dust pmem0 0 512                       | dust pmem0 0 512
          log-writes pmem0 pmem1                 | log-writes pmem0 pmem1
          era pmem1 pmem0 8                      | era pmem1 pmem0 8
          snapshot-origin pmem0                  | snapshot-origin pmem0
          unstriped 2 8 1 pmem0 0                | unstriped 2 8 1 pmem0 0
          crypt aes 0a1b 0 pmem0 0               | crypt aes 0000 0 pmem0 0
          crypt aes :32:logon:x 0 pmem0 0 2 same_cpu_crypt allow_discards | crypt aes :32:logon:x 0 pmem0 0 2 allow_discards same_cpu_crypt
          switch 2 8 0 pmem0 0 pmem1 8           | switch 2 8 0 pmem0 0 pmem1 8
          mirror disk 3 pmem1 64 nosync 2 pmem0 0 pmem1 200 2 handle_errors keep_log | mirror disk 3 pmem1 64 nosync 2 pmem0 0 pmem1 200 2 handle_errors keep_log
          raid RAID1 1 16 2 - pmem0 - pmem1      | raid raid1 1 0 2 - pmem0 - pmem1
          raid raid1 7 0 write_mostly 1 region_size 64 max_write_behind 8 2 - pmem0 - pmem1 | raid raid1 7 0 write_mostly 1 max_write_behind 8 region_size 64 2 - pmem0 - pmem1
          raid raid10 5 8 raid10_format far raid10_copies 2 2 - pmem0 - pmem1 | raid raid10 5 8 raid10_copies 2 raid10_format far 2 - pmem0 - pmem1
          raid raid5_ls 4 8 nosync journal_dev pmem1 3 - pmem0 - - - pmem1 | raid raid5_ls 4 8 nosync journal_dev pmem1 3 - pmem0 - - - pmem1
          integrity pmem0 0 4 J 2 journal_sectors:1 internal_hash:crc32c | integrity pmem0 0 4 J 6 journal_sectors:176 interleave_sectors:32768 buffer_sectors:128 journal_watermark:50 commit_time:10000 internal_hash:crc32c
          """)
  void everyLineIsPrintedAsTheKernelPrintsIt(String arguments, String printed) {
    host.volume("vol0", "0 96 " + arguments);
    assertThat(host.get("vol0").table()).containsExactly("0 96 " + printed);
    assertThat(host.put("vol0", "0 96 " + printed).status()).as("the same").isEqualTo(200);
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
