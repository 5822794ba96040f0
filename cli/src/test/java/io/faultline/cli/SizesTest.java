package io.faultline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SizesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "4k, 4096",
    "256M, 268435456",
    "256MiB, 268435456",
    "1gb, 1073741824",
    "8191P, 9222246136947933184"
  })
  void unitsArePowersOf1024(String text, long bytes) {
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "M", "-1", "1.5G", "8192P", "1X", "99999999999999999"})
  void whatIsNoSizeIsRefused(String text) {
    assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(TypeConversionException.class);
  }

  @Test
  void theyAreShownShort() {
    assertThat(Sizes.show(512)).isEqualTo("512 B");
    assertThat(Sizes.show(268435456)).isEqualTo("256 MiB");
    assertThat(Sizes.show(1536)).isEqualTo("1.5 KiB");
    assertThat(Sizes.show(Long.MAX_VALUE)).isEqualTo("8 EiB");
  }
}
