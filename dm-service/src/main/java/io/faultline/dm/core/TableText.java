package io.faultline.dm.core;

import io.faultline.dm.core.target.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of a table as {@code dmsetup create} takes it: {@code start length type arguments...} on
 * each line; blank lines and what follows a {@code #} are nothing.
 */
public final class TableText {

  /**
   * One target, not yet understood.
   *
   * @param number of the line in the text, from 1
   */
  public record Line(
      int number, long startSector, long sectorCount, String type, List<String> arguments) {}

  /** The lines, or the first one that is none. */
  public sealed interface Read {

    record Ok(List<Line> lines) implements Read {}

    record Refused(TableRefusal refusal) implements Read {}
  }

  private TableText() {}

  public static Read read(String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String raw : (Iterable<String>) text.lines()::iterator) {
      number++;
      int comment = raw.indexOf('#');
      String content = (comment < 0 ? raw : raw.substring(0, comment)).strip();
      if (content.isEmpty()) {
        continue;
      }
      List<String> words = List.of(content.split("\\s+"));
      long start = words.size() < 3 ? Arguments.NO_NUMBER : Arguments.parse(words.get(0));
      long count = words.size() < 3 ? Arguments.NO_NUMBER : Arguments.parse(words.get(1));
      if (start == Arguments.NO_NUMBER || count == Arguments.NO_NUMBER) {
        return new Read.Refused(
            new TableRefusal(
                number,
                "Invalid format on line " + number + " of table",
                "a line is: start length type arguments, in sectors"));
      }
      lines.add(new Line(number, start, count, words.get(2), words.subList(3, words.size())));
    }
    return lines.isEmpty()
        ? new Read.Refused(
            new TableRefusal(1, "no targets specified", "a table has one line at least"))
        : new Read.Ok(lines);
  }
}
