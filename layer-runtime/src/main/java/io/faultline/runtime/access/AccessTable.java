package io.faultline.runtime.access;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * The rules of all services of this process. Paths are matched as Spring's controllers match them,
 * from the same undecoded text, so that the two never differ on what a path is; of several patterns
 * the most specific one counts, as there.
 */
public final class AccessTable {

  /** What the table says of a request. */
  public sealed interface Verdict {

    /** Who has this role may. */
    record Needs(Role role) implements Verdict {}

    /** There is something at this path, but not for this method. */
    record OtherMethods(Set<String> methods) implements Verdict {}

    /** There is nothing at this path, for nobody. */
    record Nothing() implements Verdict {}
  }

  private record Row(PathPattern pattern, AccessRule rule) {}

  private final List<Row> rows;

  public AccessTable(List<AccessRules> services) {
    PathPatternParser parser = new PathPatternParser();
    List<Row> all = new ArrayList<>();
    for (AccessRules service : services) {
      service.rules().forEach(rule -> all.add(new Row(parser.parse(rule.pathPattern()), rule)));
    }
    all.sort((a, b) -> PathPattern.SPECIFICITY_COMPARATOR.compare(a.pattern(), b.pattern()));
    this.rows = List.copyOf(all);
  }

  /**
   * @param rawPath as it was sent, without the query
   * @param rawQuery as it was sent; null if there is none
   */
  public Verdict find(String method, String rawPath, @Nullable String rawQuery) {
    PathContainer path = PathContainer.parsePath(rawPath);
    String wanted = method.equals("HEAD") ? "GET" : method;
    Set<String> others = new TreeSet<>();
    for (Row row : rows) {
      if (row.pattern().matches(path)) {
        if (row.rule().method().equals(wanted)) {
          return new Verdict.Needs(role(row.rule(), rawQuery));
        }
        others.add(row.rule().method());
      }
    }
    if (others.isEmpty()) {
      return new Verdict.Nothing();
    }
    // What may be done at a path is told to whom reads.
    return wanted.equals("OPTIONS")
        ? new Verdict.Needs(Role.VIEWER)
        : new Verdict.OtherMethods(others);
  }

  private static Role role(AccessRule rule, @Nullable String rawQuery) {
    String parameter = rule.unlessFalse();
    boolean more = parameter != null && rawQuery != null && isGiven(parameter, rawQuery);
    return more && !rule.role().covers(Role.OPERATOR) ? Role.OPERATOR : rule.role();
  }

  /** Each of several counts: which of them a controller reads need not be known here. */
  private static boolean isGiven(String parameter, String rawQuery) {
    for (String part : rawQuery.split("&")) {
      int equals = part.indexOf('=');
      String name = decoded(equals < 0 ? part : part.substring(0, equals));
      String value = equals < 0 ? "" : decoded(part.substring(equals + 1));
      if (name.equals(parameter) && !value.equals("false")) {
        return true;
      }
    }
    return false;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // What nobody can decode is no parameter that anybody reads.
      return "";
    }
  }
}
