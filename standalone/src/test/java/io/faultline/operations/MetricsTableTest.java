package io.faultline.operations;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every meter that the code makes is in the table, and the table has no other. */
class MetricsTableTest {

  /** Where a meter gets its name; or a constant that is one. */
  private static final Pattern MADE =
      Pattern.compile(
          "(?:(?:counter|gauge|gaugeMapSize|timer|summary|builder|[a-z]+Gauge)\\(|String COUNTER =)"
              + "\\s*\"(faultline\\.[a-z.]+)\"");

  @Test
  void theTableAndTheCodeNameTheSameMeters() {
    Set<String> made = new TreeSet<>();
    Project.files("", ".java").stream()
        .filter(file -> file.toString().contains("/src/main/java/"))
        .forEach(file -> made.addAll(madeIn(Project.read(file))));
    assertThat(made).contains("faultline.layer.lag", "faultline.device.passed.on");
    assertThat(MetricsTable.read().kinds().keySet())
        .as("docs/METRICS.md")
        .containsExactlyInAnyOrderElementsOf(made);
  }

  @Test
  void metersAreFoundHoweverTheyAreMade() {
    assertThat(
            madeIn(
                """
                registry.counter("faultline.a");
                Gauge.builder(
                    "faultline.b", () -> 1)
                registry
                    .timer(
                        "faultline.c", "x", "y")
                private static final String COUNTER = "faultline.d";
                environment.getProperty("faultline.not.one");
                """))
        .containsExactly("faultline.a", "faultline.b", "faultline.c", "faultline.d");
  }

  private static Set<String> madeIn(String source) {
    Set<String> names = new TreeSet<>();
    MADE.matcher(source).results().forEach(match -> names.add(match.group(1)));
    return names;
  }
}
