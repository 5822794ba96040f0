package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.core.BadBlocks;
import io.faultline.device.core.BadBlocksReport;
import io.faultline.device.core.Reported;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Each report to the letter; the forms are those of the tools that are named in its class. */
class ReportPrinterTest {

  @Test
  void sysfsHasALineForEachRange() {
    BadBlocks bad = Reported.of("ata", 512, 4, 1, 32768, 8);
    assertThat(print(bad, "sysfs", false)).isEqualTo("4 1\n32768 8\n");
    assertThat(print(bad, "sysfs-unacknowledged", false)).isEmpty();
    assertThat(
            print(
                bad.untold(Map.of("f", Extents.of(4, 1), "gone", Extents.of(32768, 8))),
                "sysfs-unacknowledged",
                false))
        .isEqualTo("4 1\n");
  }

  @Test
  void ndctlPrintsAListOfNamespaces() {
    assertThat(print(Reported.of("pmem", 512, 4, 1, 32768, 8), "ndctl", false))
        .isEqualTo(
            """
            [
              {
                "dev":"namespace7.0",
                "mode":"fsdax",
                "map":"mem",
                "size":1073741824,
                "sector_size":512,
                "blockdev":"pmem7",
                "badblock_count":9,
                "badblocks":[
                  {
                    "offset":4,
                    "length":1
                  },
                  {
                    "offset":32768,
                    "length":8
                  }
                ]
              }
            ]
            """);
  }

  @Test
  void withoutBadBlocksNdctlSaysNothingOfThem() {
    assertThat(print(Reported.of("pmem", 4096), "ndctl", true))
        .isEqualTo(
            """
            {
              "dev":"namespace7.0",
              "mode":"fsdax",
              "map":"mem",
              "size":"1024.00 MiB (1073.74 MB)",
              "sector_size":4096,
              "blockdev":"pmem7"
            }
            """);
  }

  /** As the example in cxl-list(1), with what an emulated device has. */
  @Test
  void cxlPrintsPhysicalAddressesInBytes() {
    assertThat(print(Reported.of("cxl", 512, 0, 1, 2097144, 8), "cxl", true))
        .isEqualTo(
            """
            {
              "memdev":"mem7",
              "pmem_size":"1024.00 MiB (1073.74 MB)",
              "serial":"0x1",
              "host":"cxl7",
              "media_errors":[
                {
                  "offset":"0",
                  "length":512,
                  "source":"Injected"
                },
                {
                  "offset":"0x3ffff000",
                  "length":4096,
                  "source":"Injected"
                }
              ]
            }
            """);
    JsonNode plain = Json.LENIENT.readTree(print(Reported.of("cxl", 512, 8, 8), "cxl", false));
    assertThat(plain.at("/0/media_errors").toString())
        .isEqualTo("[{\"offset\":4096,\"length\":4096,\"source\":\"Injected\"}]");
    assertThat(Json.LENIENT.readTree(print(Reported.of("cxl", 512), "cxl", false)).get(0))
        .noneMatch(field -> field.has("media_errors"));
  }

  @Test
  void sizesForPeopleGoFromBytesToTebibytes() {
    assertThat(humanSize(4 << 20)).isEqualTo("4194304");
    assertThat(humanSize(8 << 20)).isEqualTo("\"8.00 MiB (8.39 MB)\"");
    assertThat(humanSize(256 << 20)).isEqualTo("\"256.00 MiB (268.44 MB)\"");
    assertThat(humanSize(2L << 30)).isEqualTo("\"2.00 GiB (2.15 GB)\"");
    assertThat(humanSize(3L << 40)).isEqualTo("\"3.00 TiB (3.30 TB)\"");
  }

  @Test
  void nvmeCountsInLogicalBlocks() {
    BadBlocks bad = Reported.of("nvme", 4096, 8, 8, 80, 16);
    assertThat(print(bad, "nvme-lba-status-log", false))
        .isEqualTo(
            """
            {
              "lslplen":64,
              "nlslne":1,
              "estulb":3,
              "lsgc":0,
              "ns_elements":[
                {
                  "neid":1,
                  "nlrd":2,
                  "ratype":17,
                  "descs":[
                    {
                      "rslba":1,
                      "rnlb":1
                    },
                    {
                      "rslba":10,
                      "rnlb":2
                    }
                  ]
                }
              ]
            }
            """);
    JsonNode status = Json.LENIENT.readTree(print(bad, "nvme-get-lba-status", false));
    assertThat(status.get("Number of LBA Status Descriptors (NLSD)").asInt()).isEqualTo(2);
    assertThat(status.get("Completion Condition (CMPC)").asInt()).isEqualTo(2);
    assertThat(status.at("/LSD entry 1/0").toString())
        .isEqualTo("{\"DSLBA\":\"0x000000000000000a\",\"NLB\":\"0x00000002\",\"status\":\"0x00\"}");
  }

  @Test
  void anAnswerToGetLbaStatusSaysThatThereIsMore() {
    Extents.Builder many = Extents.builder();
    for (int i = 0; i < 65_536; i++) {
      many.add(2L * i, 1);
    }
    BadBlocks bad = Reported.of("nvme0", "nvme", 1L << 30, 512, many.build());
    JsonNode status = Json.LENIENT.readTree(print(bad, "nvme-get-lba-status", false));
    assertThat(status.get("Completion Condition (CMPC)").asInt()).isEqualTo(1);
    assertThat(status.has("LSD entry 65534")).isTrue();
    assertThat(status.has("LSD entry 65535")).isFalse();
  }

  @Test
  void anNvmeWithoutBadBlocksHasAnEmptyLog() {
    JsonNode log =
        Json.LENIENT.readTree(print(Reported.of("nvme", 512), "nvme-lba-status-log", false));
    assertThat(log.toString())
        .isEqualTo("{\"lslplen\":16,\"nlslne\":0,\"estulb\":0,\"lsgc\":0,\"ns_elements\":[]}");
  }

  @Test
  void pendingDefectsOfDisksComeOneByOne() {
    JsonNode scsi =
        Json.LENIENT.readTree(print(Reported.of("scsi", 4096, 16, 16), "smartctl", false));
    assertThat(scsi.get("scsi_pending_defects").toString())
        .isEqualTo(
            "{\"count\":2,\"table\":[null,{\"lba\":2,\"accum_power_on_hours\":0},"
                + "{\"lba\":3,\"accum_power_on_hours\":0}]}");
    assertThat(scsi.at("/device/protocol").asString()).isEqualTo("SCSI");
    assertThat(print(Reported.of("ata", 512, 16, 2), "smartctl", false))
        .isEqualTo(
            """
            {
              "json_format_version": [
                1,
                0
              ],
              "device": {
                "name": "/dev/ata7",
                "info_name": "/dev/ata7",
                "type": "ata",
                "protocol": "ATA"
              },
              "logical_block_size": 512,
              "ata_pending_defects_log": {
                "size": 65535,
                "count": 2,
                "table": [
                  {
                    "lba": 16
                  },
                  {
                    "lba": 17
                  }
                ]
              }
            }
            """);
    assertThat(
            Json.LENIENT
                .readTree(print(Reported.of("ata", 512), "smartctl", false))
                .get("ata_pending_defects_log")
                .toString())
        .isEqualTo("{\"size\":65535,\"count\":0}");
  }

  @Test
  void aPendingListEndsWhereThatOfADiskEnds() {
    JsonNode ata =
        Json.LENIENT.readTree(print(Reported.of("ata", 512, 0, 100_000), "smartctl", false));
    assertThat(ata.at("/ata_pending_defects_log/table").size()).isEqualTo(65_535);
    JsonNode scsi =
        Json.LENIENT.readTree(print(Reported.of("scsi", 512, 0, 100_000), "smartctl", false));
    assertThat(scsi.at("/scsi_pending_defects/count").asInt()).isEqualTo(100_000);
    assertThat(scsi.at("/scsi_pending_defects/table").size()).isEqualTo(1 + 0xF000);
  }

  @Test
  void getLbaStatusNamesRangesThatCannotBeRead() {
    String printed = print(Reported.of("scsi", 512, 5, 3), "sg_get_lba_status", false);
    assertThat(printed).startsWith("{\n    \"json_format_version\": [\n        1,\n");
    JsonNode descriptor =
        Json.LENIENT.readTree(printed).at("/get_lba_status_parameter_data/lba_status_descriptor/0");
    assertThat(descriptor.get("lba").asLong()).isEqualTo(5);
    assertThat(descriptor.get("blocks").asLong()).isEqualTo(3);
    assertThat(descriptor.get("additional_status").toString())
        .isEqualTo("{\"i\":1,\"meaning\":\"may contain unrecovered errors\"}");
  }

  private static String humanSize(long bytes) {
    BadBlocks bad = Reported.of("pmem0", "pmem", bytes, 512, Extents.EMPTY);
    return Json.LENIENT.readTree(print(bad, "ndctl", true)).get("size").toString();
  }

  private static String print(BadBlocks bad, String format, boolean human) {
    BadBlocksReport report =
        bad.reports().stream().filter(each -> each.format().equals(format)).findAny().orElseThrow();
    byte[] printed = ReportPrinter.print(report.printing(), report.body(bad, human));
    return new String(printed, StandardCharsets.UTF_8);
  }
}
