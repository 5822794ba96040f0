package io.faultline.cli;

import java.io.PrintWriter;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints answers: tables and sentences for people, or what the service said as JSON. */
final class Printer {

  /** How answers are printed. */
  enum Format {
    table,
    json
  }

  static final JsonMapper JSON = JsonMapper.builder().build();

  private final PrintWriter out;
  private final Format format;

  Printer(PrintWriter out, Format format) {
    this.out = out;
    this.format = format;
  }

  boolean isJson() {
    return format == Format.json;
  }

  /** As JSON, if that is what is wanted; tells whether it was. */
  boolean json(JsonNode answer) {
    if (isJson()) {
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
      out.flush();
    }
    return isJson();
  }

  /** As JSON in one line: an item of something that goes on. */
  void jsonLine(JsonNode item) {
    line(JSON.writeValueAsString(item));
  }

  /** For people only: nothing where JSON is wanted. */
  void say(String line) {
    if (!isJson()) {
      line(line);
    }
  }

  /** A list: a table, or an object with {@code items} and {@code next}. */
  void list(Api.Listing listing, List<Column> columns, String ifEmpty) {
    if (isJson()) {
      ObjectNode whole = JSON.createObjectNode();
      ArrayNode items = whole.putArray("items");
      listing.items().forEach(items::add);
      whole.put("next", listing.next());
      json(whole);
      return;
    }
    table(listing.items(), columns, ifEmpty);
    if (listing.next() != null) {
      line("… there are more: --limit=N shows up to N");
    }
  }

  /** A table for people; {@code ifEmpty} instead of titles with nothing below them. */
  void table(Iterable<JsonNode> items, List<Column> columns, String ifEmpty) {
    Table table = new Table(columns);
    items.forEach(table::add);
    List<String> lines = table.lines();
    if (lines.size() == 1) {
      line(ifEmpty);
    } else {
      lines.forEach(this::line);
    }
  }

  /** What an answer has under those names, a line each; nothing for what is empty. */
  void members(JsonNode answer, List<Column> members) {
    int width = members.stream().mapToInt(member -> member.title().length()).max().orElse(0);
    for (Column member : members) {
      String value = member.value().apply(answer);
      if (!value.isEmpty()) {
        line(member.title() + " ".repeat(width - member.title().length() + 2) + value);
      }
    }
  }

  void line(String text) {
    out.println(text);
    out.flush();
  }

  /** Whether nobody reads any more: the pipe is closed. */
  boolean isClosed() {
    return out.checkError();
  }
}
