package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.OracleCase;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every case that a real kernel was observed in, through the rules that the interface uses. */
class OracleTest {

  @Test
  void thereAreCases() throws IOException {
    assertThat(OracleCase.all()).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> everyCase() throws IOException {
    return OracleCase.all().stream()
        .map(
            observed ->
                DynamicTest.dynamicTest(
                    observed.name(),
                    () -> {
                      observed.skipTargetsThatComeLater();
                      TestHost host = new TestHost();
                      observed.check(host, Integer.MAX_VALUE);
                      host.checkReplay();
                    }));
  }
}
