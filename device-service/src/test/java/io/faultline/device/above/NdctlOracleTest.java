package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.core.BadBlocks;
import io.faultline.device.core.BadBlocksReport;
import io.faultline.device.core.Reported;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What ndctl itself printed on a real kernel, and what we print of a device that is as bad. */
class NdctlOracleTest {

  /** One output of {@code ndctl list}. */
  record Printed(String caseName, String json) {
    @Override
    public String toString() {
      return caseName;
    }
  }

  static List<Printed> printedByNdctl() throws IOException {
    Path folder = Path.of(System.getProperty("faultline.oracle", "../oracle"), "behaviour");
    List<Printed> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .forEach(file -> collect(file, all));
    }
    assertThat(all).as("outputs of ndctl in %s", folder).isNotEmpty();
    return all;
  }

  private static void collect(Path file, List<Printed> all) {
    try {
      for (JsonNode probe : Json.LENIENT.readTree(Files.readString(file)).at("/observed/probes")) {
        if (probe.path("op").asString("").equals("ndctl list") && probe.has("value")) {
          all.add(new Printed(file.getFileName().toString(), probe.get("value").asString()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("printedByNdctl")
  void oursIsTheSameFieldByField(Printed printed) {
    for (NdctlListing theirs : NdctlListing.parse(printed.json())) {
      boolean region = theirs.mode() == null;
      String ours =
          print(asBadAs(theirs), region ? "ndctl-region" : "ndctl", !theirs.size().isNumber());
      NdctlListing parsed = NdctlListing.parse(ours).getFirst();
      if (region) {
        assertThat(parsed).isEqualTo(theirs);
        assertThat(ours).as("to the letter").isEqualTo(printed.json());
      } else {
        assertThat(parsed.dev()).isEqualTo(theirs.dev());
        assertThat(parsed.size()).isEqualTo(theirs.size());
        assertThat(parsed.badblockCount()).isEqualTo(theirs.badblockCount());
        assertThat(parsed.badblocks()).isEqualTo(theirs.badblocks());
      }
    }
  }

  /** A device with the size and the bad blocks of what ndctl listed. */
  private static BadBlocks asBadAs(NdctlListing listing) {
    Extents.Builder bad = Extents.builder();
    if (listing.badblocks() != null) {
      Objects.requireNonNull(listing.badblocks())
          .forEach(block -> bad.add(block.offset(), block.length()));
    }
    String number = listing.dev().replaceAll("^[a-z]*([0-9]+).*$", "$1");
    return Reported.of("pmem" + number, "pmem", listing.sizeBytes(), 512, bad.build());
  }

  private static String print(BadBlocks bad, String format, boolean human) {
    BadBlocksReport report =
        bad.reports().stream().filter(each -> each.format().equals(format)).findAny().orElseThrow();
    byte[] printed = ReportPrinter.print(report.printing(), report.body(bad, human));
    return new String(printed, StandardCharsets.UTF_8);
  }
}
