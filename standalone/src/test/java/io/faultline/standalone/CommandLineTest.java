package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.standalone.CommandLine.Wish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {

  @Test
  void shortOptionsBecomeProperties() {
    CommandLine line = CommandLine.parse("--port=8081", "--data", "/srv/faultline");

    assertThat(line.wish()).isEqualTo(Wish.RUN);
    assertThat(line.springArguments())
        .containsExactly("--server.port=8081", "--faultline.data=/srv/faultline");
  }

  @Test
  void anyPropertyIsPassedOn() {
    assertThat(CommandLine.parse("--faultline.topics.partitions=3").springArguments())
        .containsExactly("--faultline.topics.partitions=3");
  }

  @Test
  void helpAndVersionWinOverEverythingElse() {
    assertThat(CommandLine.parse("--port=1", "--help").wish()).isEqualTo(Wish.HELP);
    assertThat(CommandLine.parse("--version").wish()).isEqualTo(Wish.VERSION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--prot=80", "8080", "-p=80", "--quiet"})
  void anUnknownOptionIsNamed(String option) {
    assertThatThrownBy(() -> CommandLine.parse(option))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("unknown option " + option)
        .hasMessageContaining("--port=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--port", "--port=", "--data"})
  void anOptionWithoutItsValueIsNamed(String option) {
    assertThatThrownBy(() -> CommandLine.parse(option))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("needs a value");
  }
}
