package io.faultline.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.faultline.events.Cause;
import io.faultline.events.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Alert rules and dashboards ask for what there is, and every alert says what to do. */
class MonitoringTest {

  private static final String RULES = "monitoring/prometheus/rules/faultline.yml";
  private static final Pattern METRIC = Pattern.compile("\\b(faultline_[a-z_]+)");

  /** Spring Boot's and Prometheus' own that our files may ask for. */
  private static final Pattern OTHERS =
      Pattern.compile("\\b((?:jvm|process|disk|http|system)_[a-z_]+)");

  private static final Set<String> KNOWN_OTHERS =
      Set.of("process_cpu_usage", "jvm_memory_used_bytes", "disk_free_bytes", "disk_total_bytes");

  static Stream<Path> dashboards() {
    return Project.files("monitoring/grafana/dashboards", ".json").stream();
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void aDashboardAsksForMetricsThatThereAre(Path file) {
    JsonNode dashboard = Json.LENIENT.readTree(Project.read(file));
    assertThat(dashboard.path("uid").asString()).isNotEmpty();
    List<String> expressions = new ArrayList<>();
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as("panels have ids of their own").isTrue();
      panel.path("targets").forEach(target -> expressions.add(target.path("expr").asString()));
    }
    assertThat(expressions).isNotEmpty().allSatisfy(MonitoringTest::assertKnown);
  }

  @Test
  void anAlertAsksForMetricsThatThereAre() {
    List<String> expressions =
        Pattern.compile("(?m)^ +expr: '(.*)'$")
            .matcher(Project.read(RULES))
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(expressions).hasSameSizeAs(alerts()).allSatisfy(MonitoringTest::assertKnown);
  }

  @Test
  void everyAlertHasARunbookUnderItsNameAndATest() {
    Set<String> runbooks = headings();
    String rules = Project.read(RULES);
    String tests = Project.read("monitoring/prometheus/tests/faultline.yml");
    assertThat(alerts())
        .isNotEmpty()
        .allSatisfy(
            alert -> {
              assertThat(runbooks).contains(alert);
              assertThat(rules).contains("/v1/runbooks/" + alert + "'");
              assertThat(tests).contains("  - name: " + alert + " ");
            });
  }

  @Test
  void everyCauseHasARunbook() {
    assertThat(headings())
        .containsAll(
            Stream.of(Cause.values()).map(cause -> cause.name().toLowerCase(Locale.ROOT)).toList());
  }

  @Test
  void everyLinkWithinTheRunbooksLeadsSomewhere() {
    String document = Project.read("docs/OPERATIONS.md");
    Set<String> anchors = new TreeSet<>();
    Pattern.compile("(?m)^#+ (.*)$")
        .matcher(document)
        .results()
        .forEach(
            heading -> anchors.add(heading.group(1).toLowerCase(Locale.ROOT).replace(' ', '-')));
    assertThat(Pattern.compile("\\]\\(#([^)]+)\\)").matcher(document).results())
        .isNotEmpty()
        .allSatisfy(link -> assertThat(anchors).contains(link.group(1)));
  }

  @Test
  void theChartHasTheSameRules() {
    Path chart = Project.folder().resolve("helm/faultline/files/alerts.yml");
    if (!Files.exists(chart)) {
      abort("there is no chart");
    }
    assertThat(Project.read(chart)).isEqualTo(Project.read(RULES));
  }

  @Test
  void promtoolFindsTheRulesRightAndTheyDoWhatTheirTestsSay() throws Exception {
    Path promtool =
        Stream.of(System.getenv("PATH").split(":"))
            .map(folder -> Path.of(folder, "promtool"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    if (promtool == null) {
      System.err.println(
          "SKIPPED: the alert rules are not tested, there is no promtool on the PATH"
              + " (Debian: apt-get install prometheus)");
      abort("no promtool");
    }
    Path folder = Project.folder().resolve("monitoring/prometheus");
    run(folder, promtool, "check", "rules", "rules/faultline.yml");
    run(folder, promtool, "check", "config", "--syntax-only", "prometheus.yml");
    run(folder, promtool, "test", "rules", "tests/faultline.yml");
  }

  private static void run(Path folder, Path promtool, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(promtool.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private static List<String> alerts() {
    return Pattern.compile("(?m)^ +- alert: (\\w+)$")
        .matcher(Project.read(RULES))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static Set<String> headings() {
    Set<String> headings = new TreeSet<>();
    Pattern.compile("(?m)^### (.*)$")
        .matcher(Project.read("docs/OPERATIONS.md"))
        .results()
        .forEach(heading -> headings.add(heading.group(1)));
    return headings;
  }

  private static void assertKnown(String expression) {
    Set<String> ours = new TreeSet<>();
    METRIC.matcher(expression).results().forEach(match -> ours.add(match.group(1)));
    Set<String> others = new TreeSet<>();
    OTHERS.matcher(expression).results().forEach(match -> others.add(match.group(1)));
    assertThat(MetricsTable.read().prometheusNames()).as(expression).containsAll(ours);
    assertThat(KNOWN_OTHERS).as(expression).containsAll(others);
  }
}
