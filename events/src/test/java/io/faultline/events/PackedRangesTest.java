package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class PackedRangesTest {

  private static final long MAX = Long.MAX_VALUE;

  private static byte[] hex(String hex) {
    return HexFormat.ofDelimiter(" ").parseHex(hex);
  }

  @Test
  void everySetComesBack() {
    Seeds.forAll(
        60,
        gen -> {
          SectorRange window =
              gen.pick(
                  new SectorRange(0, 2 + 4L * gen.size()),
                  new SectorRange(0, MAX),
                  SectorRange.between(MAX - 2 - 4L * gen.size(), MAX));
          Extents ranges = gen.extents(window);
          assertThat(PackedRanges.unpack(PackedRanges.pack(ranges))).isEqualTo(ranges);
          assertThat(PackedRanges.fromText(PackedRanges.toText(ranges))).isEqualTo(ranges);
          assertThat(PackedRanges.toText(ranges)).matches("[A-Za-z0-9_-]*");
        });
  }

  @Test
  void largeSetsComeBackAndTakeFewBytesForARange() {
    Seeds.forAll(
        1,
        10,
        gen -> {
          Extents ranges = gen.extents(1000 * gen.size());
          byte[] packed = PackedRanges.pack(ranges);
          assertThat(PackedRanges.unpack(packed)).isEqualTo(ranges);
          assertThat(packed.length).isLessThanOrEqualTo(4 * ranges.rangeCount());
        });
  }

  @Test
  void anyBytesAreASetOrRefused() {
    Seeds.forAll(
        200,
        gen -> {
          byte[] bytes = gen.bytes(gen.below(1 + gen.size()));
          gen.noted(HexFormat.of().formatHex(bytes));
          try {
            Extents ranges = PackedRanges.unpack(bytes);
            assertThat(PackedRanges.unpack(PackedRanges.pack(ranges))).isEqualTo(ranges);
          } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("packed");
          }
        });
  }

  @Test
  void theBytesAreDistanceAndCountAsVarintsLowestSevenBitsFirst() {
    // 2048+8 is at distance 2048 from 0; 4096+300 at distance 4096 - 2056 from the end of it.
    assertThat(PackedRanges.pack(Extents.ofPairs(2048, 8, 4096, 300)))
        .isEqualTo(hex("80 10 08 f8 0f ac 02"));
    assertThat(PackedRanges.pack(Extents.of(0, 1))).isEqualTo(hex("00 01"));
    assertThat(PackedRanges.pack(Extents.of(0, MAX)))
        .isEqualTo(hex("00 ff ff ff ff ff ff ff ff 7f"));
    assertThat(PackedRanges.pack(Extents.EMPTY)).isEmpty();
    assertThat(PackedRanges.toText(Extents.of(2048, 8))).isEqualTo("gBAI");
    assertThat(PackedRanges.fromText("")).isEqualTo(Extents.EMPTY);
  }

  @Test
  void whatIsCutOffOrTooLongOrNotInNormalFormIsRefused() {
    refused("80", "end in the middle of a number");
    refused("00", "end in the middle of a number");
    refused("00 80", "end in the middle of a number");
    refused("00 00", "not empty");
    refused("05 01 00 01", "do not touch");
    refused("ff ff ff ff ff ff ff ff ff 00 01", "more than 63 bits");
    refused("80 80 80 80 80 80 80 80 80 80 80 80 00 01", "more than 63 bits");
    refused("ff ff ff ff ff ff ff ff 7f 01", "past 2^63 - 1");
    refused("00 01 ff ff ff ff ff ff ff ff 7f 01", "past 2^63 - 1");
    refused("01 ff ff ff ff ff ff ff ff 7f", "past 2^63 - 1");
  }

  private static void refused(String hex, String reason) {
    assertThatIllegalArgumentException()
        .as(hex)
        .isThrownBy(() -> PackedRanges.unpack(hex(hex)))
        .withMessageContaining(reason);
  }

  @Test
  void textThatIsNoBase64UrlIsRefused() {
    for (String text : new String[] {"+/8", "g", "g BAI", "gBAI\n", "é", "gB=AI"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> PackedRanges.fromText(text));
    }
  }
}
