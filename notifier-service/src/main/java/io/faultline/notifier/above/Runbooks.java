package io.faultline.notifier.above;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pages of docs/OPERATIONS.md, one for each alert and each cause: its headings of the third
 * level.
 */
final class Runbooks {

  private static final String HEADING = "### ";

  private final Map<String, String> pages;

  private Runbooks(Map<String, String> pages) {
    this.pages = pages;
  }

  static Runbooks of(String markdown) {
    Map<String, String> pages = new LinkedHashMap<>();
    String name = null;
    for (String line : markdown.lines().toList()) {
      if (line.startsWith("#") && !line.startsWith("####")) {
        name = line.startsWith(HEADING) ? line.substring(HEADING.length()).strip() : null;
      }
      if (name != null) {
        pages.merge(name, line + "\n", String::concat);
      }
    }
    return new Runbooks(pages);
  }

  /** Null if there is none of that name. */
  @Nullable String page(String name) {
    return pages.get(name);
  }

  /** All names, in the order of the document. */
  Iterable<String> names() {
    return pages.keySet();
  }
}
