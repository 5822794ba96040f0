package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a table may travel, and that no key does. */
class TableFormTest {

  private static final String KEY = "5aC3".repeat(16);
  private static final Map<String, String> NUMBERS = Map.of("8:0", "sda");

  private static String ok(String text) {
    return switch (TableForm.check(text, NUMBERS)) {
      case TableForm.Checked.Ok(String checked) -> checked;
      case TableForm.Checked.Refused(Problem problem) -> throw new AssertionError(problem);
    };
  }

  private static String detail(String text) {
    return switch (TableForm.check(text, NUMBERS)) {
      case TableForm.Checked.Ok(String checked) -> throw new AssertionError(checked);
      case TableForm.Checked.Refused(Problem problem) -> problem.detail() + problem.more();
    };
  }

  @Test
  void whatIsUnderstoodGoesOnWithZerosForKeysAndWithoutComments() {
    assertThat(
            ok(
                "# "
                    + KEY
                    + "\n0 8 crypt aes-xts-plain64 "
                    + KEY
                    + " 0 /dev/pmem0 0 # "
                    + KEY
                    + "\n\n 8 8 crypt aes :32:logon:"
                    + KEY
                    + " 0 8:0 8\n"
                    + "16 8 integrity pmem0 0 4 D 2 journal_sectors:88"
                    + " internal_hash:hmac(sha256):00ff"))
        .isEqualTo(
            "\n0 8 crypt aes-xts-plain64 "
                + "0".repeat(64)
                + " 0 /dev/pmem0 0\n\n8 8 crypt aes :32:logon:"
                + KEY
                + " 0 8:0 8\n"
                + "16 8 integrity pmem0 0 4 D 4 journal_sectors:176 interleave_sectors:32768"
                + " buffer_sectors:128 internal_hash:hmac(sha256):0000\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // The name of a multipath device, and a whole device of it below others.
        "0 8 linear 3600508b400105e210000900000490000 9007199254740000\n",
        "0 8 linear 96b1bbe5-5e0e-4a9c-97be-2cba59a1c4ee 1234567890123456\n",
        // Root hash and salt.
        "0 8 verity 1 a b 4096 4096 1 1 sha256"
            + " 9c1185a5c5e9fc54612808977ee8f548b2258d31ddadef707ba62c166051b9e3"
            + " a2c3d4e5f60718293a4b5c6d7e8f9000112233445566778899aabbccddeeff00\n",
      })
  void whatOnlyLooksLikeAKeyIsKept(String table) {
    assertThat(ok(table)).isEqualTo(table);
  }

  @Test
  void aRefusalSaysWhichLineAndRepeatsNoKey() {
    assertThat(detail("0 8 zero\n\n8 8 " + KEY + " 0 8:0 0"))
        .startsWith("Line 3: " + "0".repeat(64) + ": unknown target type");
    assertThat(detail("0 8 crypt " + KEY + " " + KEY + " 0 8:0 0"))
        .startsWith("Line 1: crypt: Invalid argument (-EINVAL); argument 1 is as long as a key");
    assertThat(detail("0 8 crypt aes - 0 8:0 0 1 " + KEY))
        .contains("there is no option " + "0".repeat(64));
    assertThat(detail("0 8 linear 9:9 0")).contains("9:9 is named by no ?device=9:9=name");
  }

  @Test
  void ofAMessageThatNoSwitchTakesOnlyTheFirstWordTravels() {
    assertThat(TableForm.message("key set " + KEY)).isEqualTo("key");
    assertThat(TableForm.message(KEY)).isEqualTo("0".repeat(64));
    assertThat(TableForm.message("set_region_mappings 0:1 R2,a"))
        .isEqualTo("set_region_mappings 0:1 R2,a");
    assertThat(TableForm.message("")).isEmpty();
  }

  static LongStream seeds() {
    return LongStream.range(0, 3000);
  }

  /** Where a line of crypt is dropped, doubled, changed, joined, nothing shows the key. */
  @ParameterizedTest
  @MethodSource("seeds")
  void howeverALineOfCryptIsSpoiltItsKeyIsNowhere(long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[16 << random.nextInt(3)];
    random.nextBytes(bytes);
    String key = HexFormat.of().formatHex(bytes);
    String written = random.nextInt(4) == 0 ? key.toUpperCase(Locale.ROOT) : key;
    String line = spoilt(random, written);
    String text =
        switch (random.nextInt(4)) {
          case 0 -> "0 8 zero\n" + line;
          case 1 -> line + "\n1000 8 zero";
          case 2 -> "0 1000 zero # " + line;
          default -> line;
        };
    String seen =
        switch (TableForm.check(text, NUMBERS)) {
          case TableForm.Checked.Ok(String checked) -> checked;
          case TableForm.Checked.Refused(Problem problem) -> problem.toString();
        };
    assertThat(seen)
        .as("seed %d: %s", seed, text)
        .doesNotContainIgnoringCase(key.substring(0, 16))
        .doesNotContainIgnoringCase(key.substring(key.length() - 16));
  }

  private static String spoilt(Random random, String key) {
    List<String> words = new ArrayList<>();
    Collections.addAll(words, "0", "1000", "crypt", "aes-xts-plain64", key, "0", "8:0", "4000");
    if (random.nextInt(3) == 0) {
      Collections.addAll(words, "1", "allow_discards");
    }
    for (int i = 0; i <= random.nextInt(3); i++) {
      int at = random.nextInt(words.size());
      int other = random.nextInt(words.size());
      switch (random.nextInt(7)) {
        case 0 -> words.remove(at);
        case 1 -> words.add(at, words.get(at));
        case 2 -> words.set(at, words.get(at).toUpperCase(Locale.ROOT));
        case 3 -> Collections.swap(words, at, other);
        case 4 -> words.set(at, List.of("cript", "linear", "cr:", "#", "x", "").get(other % 6));
        case 5 -> words.add(at, List.of("cr:", "1", "zero", "error", ";").get(other % 5));
        default -> {
          String glued = List.of(":", ",", ";", "-", "=", "").get(other % 6);
          words.set(
              at, words.get(at) + glued + (at + 1 < words.size() ? words.remove(at + 1) : ""));
        }
      }
      if (words.isEmpty()) {
        words.add(key);
      }
    }
    return String.join(random.nextInt(5) == 0 ? "\t" : " ", words);
  }
}
