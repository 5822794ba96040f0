package io.faultline.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The way of a fault upward, as a tree: what is hit, and above it what is hit through it. */
final class FaultPath {

  private FaultPath() {}

  static void print(JsonNode nodes, Printer out) {
    for (JsonNode node : nodes) {
      out.line(line(node).stripTrailing());
      children(node, "", out);
    }
  }

  private static void children(JsonNode node, String indent, Printer out) {
    List<JsonNode> children = new ArrayList<>();
    node.path("children").forEach(children::add);
    long cut = node.path("count").asLong(children.size()) - children.size();
    for (int i = 0; i < children.size(); i++) {
      boolean isLast = i == children.size() - 1 && cut <= 0;
      out.line(indent + (isLast ? "└─ " : "├─ ") + line(children.get(i)).stripTrailing());
      children(children.get(i), indent + (isLast ? "   " : "│  "), out);
    }
    if (cut > 0) {
      out.line(indent + "└─ … " + cut + " more");
    }
  }

  private static String line(JsonNode node) {
    String kind = Shown.value(node.path("kind"));
    return switch (kind) {
      case "device" ->
          named(node, Shown.ranges(node.path("ranges")))
              + (node.path("removed").asBoolean(false) ? " removed" : "");
      case "volume" -> named(node, effects(node.path("effects")));
      case "file" ->
          "file "
              + (node.path("paths").isEmpty()
                  ? "inode " + Shown.value(node.path("inode"))
                  : Shown.value(node.path("paths")))
              + " bytes "
              + Shown.ranges(node.path("byteRanges"));
      case "metadata" ->
          "metadata "
              + Shown.value(node.path("owner"))
              + " "
              + Shown.value(node.path("effect"))
              + " "
              + Shown.ranges(node.path("ranges"));
      case "filesystem" ->
          "filesystem "
              + Shown.value(node.path("filesystem"))
              + " "
              + Shown.value(node.path("effect"))
              + " "
              + Shown.value(node.path("shutdownReason"));
      case "process" ->
          "process "
              + Shown.value(node.path("pid"))
              + " "
              + Shown.value(node.path("signal"))
              + " "
              + Shown.value(node.path("code"))
              + " "
              + Shown.value(node.path("path"));
      // A newer service may know of more.
      default -> kind;
    };
  }

  private static String named(JsonNode node, String what) {
    return Shown.value(node.path("kind")) + " " + Shown.value(node.path("name")) + " " + what;
  }

  private static String effects(JsonNode effects) {
    List<String> texts = new ArrayList<>();
    for (JsonNode effect : effects) {
      texts.add(Shown.value(effect.path("effect")) + " " + Shown.ranges(effect.path("ranges")));
    }
    return String.join("; ", texts);
  }
}
