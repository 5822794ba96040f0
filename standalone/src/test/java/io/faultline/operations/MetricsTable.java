package io.faultline.operations;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * docs/METRICS.md.
 *
 * @param kinds of each metric, as the table says: {@code counter}, {@code timer, histogram}
 * @param gaugeUnits what Prometheus puts to the end of a gauge's name; a gauge may have none
 */
record MetricsTable(Map<String, String> kinds, Map<String, String> gaugeUnits) {

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(faultline\\.[a-z.]+)` \\| ([a-z, ]+) \\| ([a-z]*) ?\\|");

  static MetricsTable read() {
    Map<String, String> kinds = new TreeMap<>();
    Map<String, String> units = new TreeMap<>();
    for (MatchResult row : ROW.matcher(Project.read("docs/METRICS.md")).results().toList()) {
      kinds.put(row.group(1), row.group(2));
      units.put(row.group(1), row.group(3));
    }
    return new MetricsTable(kinds, units);
  }

  /** All names under which Prometheus may know a metric. */
  Set<String> prometheusNames() {
    Set<String> names = new TreeSet<>();
    kinds.forEach((name, kind) -> names.addAll(prometheusNames(name, kind)));
    return names;
  }

  private Set<String> prometheusNames(String name, String kind) {
    String base = name.replace('.', '_');
    return switch (kind.replaceAll(",.*", "")) {
      case "counter" -> Set.of(base + "_total");
      case "gauge" -> Set.of(base, base + "_" + gaugeUnits.get(name));
      case "timer" ->
          Set.of(
              base + "_seconds_count",
              base + "_seconds_sum",
              base + "_seconds_max",
              base + "_seconds_bucket");
      default -> throw new IllegalStateException(name + " is of the unknown kind " + kind);
    };
  }
}
