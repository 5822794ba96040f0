package io.faultline.dm.core;

import io.faultline.dm.core.target.DeviceLookup;
import io.faultline.dm.core.target.KeyText;
import io.faultline.runtime.core.Problem;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a table before anybody is asked what there is on the host. Whoever takes a
 * table from outside looks here first: a table may have keys in it, and in one that is not
 * understood nobody knows where. Only what is understood goes on, written anew from its targets,
 * which have zeros for their keys; comments go no further at all.
 */
public final class TableForm {

  /** A table as it may travel, or why it does not. */
  public sealed interface Checked {

    /**
     * @param text the same targets on lines of the same numbers, devices as they were written
     */
    record Ok(String text) implements Checked {}

    /**
     * @param problem without what may be a key
     */
    record Refused(Problem problem) implements Checked {}
  }

  /** In {@code start length crypt cipher key ...}. */
  private static final int CRYPT_KEY = 4;

  private static final int FIRST_ARGUMENT = 3;

  private TableForm() {}

  /**
   * @param devices what each {@code major:minor} is called
   */
  public static Checked check(String text, Map<String, String> devices) {
    Set<String> named = new HashSet<>();
    DeviceLookup anyName =
        written -> {
          if (TableLoader.nameOf(written, devices) == null) {
            return TableLoader.nameless(written);
          }
          named.add(written);
          return new DeviceLookup.Answer.Found(written);
        };
    return switch (TableLoader.read(text, anyName, TableForm::withoutKeys)) {
      case TableLoader.Loaded.Refused(Problem problem) -> new Checked.Refused(problem);
      case TableLoader.Loaded.Ok(Table table) -> {
        TableRefusal stray = strayKey(table, named);
        yield stray == null
            ? new Checked.Ok(printed(table))
            : new Checked.Refused(Refusals.table(stray));
      }
    };
  }

  private static Problem withoutKeys(TableRefusal refusal) {
    return Refusals.table(
        new TableRefusal(
            refusal.line(),
            KeyText.blindIn(refusal.reason()),
            KeyText.blindIn(refusal.explanation())));
  }

  /**
   * A key where none is taken, which only the kernel's crypto would find: the cipher of a line
   * whose words have slipped.
   */
  private static @Nullable TableRefusal strayKey(Table table, Set<String> named) {
    List<String> lines = table.lines();
    for (int row = 0; row < lines.size(); row++) {
      List<String> words = List.of(lines.get(row).split(" "));
      for (int i = FIRST_ARGUMENT; i < words.size(); i++) {
        if (!mayBeDigits(table.typeOf(row), i, words.get(i))
            && !isNamed(words.get(i), named)
            && KeyText.looksLikeKey(words.get(i))) {
          return new TableRefusal(
              table.lineOf(row),
              table.typeOf(row) + ": Invalid argument (-EINVAL)",
              "argument "
                  + (i - FIRST_ARGUMENT + 1)
                  + " is as long as a key, and there is nothing that long to be here");
        }
      }
    }
    return null;
  }

  /** Digests, a salt, and the name of a key in a ring. */
  private static boolean mayBeDigits(String type, int index, String word) {
    return type.equals("verity")
        || type.equals("crypt") && index == CRYPT_KEY && word.startsWith(":");
  }

  /** By itself or in {@code meta_device:<name>}. */
  private static boolean isNamed(String word, Set<String> named) {
    return named.contains(word) || named.contains(word.substring(word.indexOf(':') + 1));
  }

  private static String printed(Table table) {
    List<String> targets = table.lines();
    String[] lines = new String[table.lineOf(targets.size() - 1)];
    Arrays.fill(lines, "");
    for (int row = 0; row < targets.size(); row++) {
      lines[table.lineOf(row) - 1] = targets.get(row);
    }
    return String.join("\n", lines) + "\n";
  }

  /**
   * A message to a target as it may travel. Only a switch takes any; of another one its first word
   * is enough for the refusal, for {@code key set} has a key behind it.
   */
  public static String message(String message) {
    String[] words = message.strip().split("\\s+", 2);
    return words[0].toLowerCase(Locale.ROOT).equals("set_region_mappings")
        ? message
        : KeyText.blindIn(words[0]);
  }
}
