package io.faultline.cli;

import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * A column of a table.
 *
 * @param title in capitals
 * @param value what stands in it
 * @param isNumber aligned to the right then
 */
record Column(String title, Function<JsonNode, String> value, boolean isNumber) {

  static Column text(String title, String member) {
    return new Column(title, item -> Shown.value(item.path(member)), false);
  }

  static Column number(String title, String member) {
    return new Column(title, item -> Shown.value(item.path(member)), true);
  }

  static Column bytes(String title, String member) {
    return new Column(
        title,
        item -> item.path(member).isNumber() ? Sizes.show(item.path(member).asLong()) : "",
        true);
  }

  static Column ranges(String title, String member) {
    return new Column(title, item -> Shown.ranges(item.path(member)), false);
  }

  static Column of(String title, Function<JsonNode, String> value) {
    return new Column(title, value, false);
  }
}
