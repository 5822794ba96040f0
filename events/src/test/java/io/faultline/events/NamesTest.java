package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.testing.Seeds;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamesTest {

  @Test
  void aNameIsUpTo63LettersDigitsAndThreeSignsAndBeginsWithALetterOrDigit() {
    Seeds.forAll(10, gen -> assertThat(Names.isName(gen.name())).isTrue());
    assertThat(List.of("a", "0", "pmem0", "vg-lv_0.1", "x".repeat(63))).allMatch(Names::isName);
    assertThat(
            List.of(
                "", ".", "..", "-a", "_a", "A", "a b", "a/b", "a:b", "a\n", "ä", "x".repeat(64)))
        .noneMatch(Names::isName);
  }
}
