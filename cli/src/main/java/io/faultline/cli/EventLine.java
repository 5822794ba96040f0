package io.faultline.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** An event in one line: when, what, where, and what of its payload says most. */
final class EventLine {

  private static final String PREFIX = "io.faultline.";
  private static final List<String> WORTH_SHOWING =
      List.of(
          "cause",
          "effect",
          "whole",
          "paths",
          "offsetBytes",
          "lengthBytes",
          "owner",
          "pid",
          "code",
          "path",
          "reason",
          "removalId",
          "mode",
          "acknowledged",
          "data");

  private EventLine() {}

  static String of(JsonNode event) {
    List<String> words = new ArrayList<>();
    words.add(Shown.value(event.path("time")));
    String type = Shown.value(event.path("type"));
    words.add(type.startsWith(PREFIX) ? type.substring(PREFIX.length()) : type);
    words.add(Shown.value(event.path("source")));
    JsonNode data = event.path("data");
    if (data.path("ranges").isArray() && !data.path("ranges").isEmpty()) {
      words.add("ranges=" + Shown.ranges(data.path("ranges")));
    }
    for (String member : WORTH_SHOWING) {
      String value = Shown.value(data.path(member));
      if (!value.isEmpty() && !value.equals("false")) {
        words.add(member + "=" + value);
      }
    }
    String fault = Shown.value(event.path("faultid"));
    if (!fault.isEmpty()) {
      words.add("fault=" + fault);
    }
    return String.join(" ", words);
  }
}
