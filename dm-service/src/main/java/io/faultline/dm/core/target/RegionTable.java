package io.faultline.dm.core.target;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which path each region of a switch is on; immutable. Its text is that of the kernel's message.
 */
public final class RegionTable implements MappedTarget.CompiledMap {

  /** The kernel has no limit but memory. */
  public static final int MAX_REGIONS = 1 << 24;

  /** Regions that are kept together. */
  public static final int PART_REGIONS = 1 << 15;

  /** What a message made of a table, or why it is refused. */
  public sealed interface Changed {

    record Ok(RegionTable table) implements Changed {}

    /**
     * @param reason the kernel's words
     */
    record Refused(String reason) implements Changed {}
  }

  private static final String COMMAND = "set_region_mappings";
  private static final int MAX_HEX_DIGITS = 15;

  private final int paths;
  private final int[] pathOf;

  private RegionTable(int paths, int[] pathOf) {
    this.paths = paths;
    this.pathOf = pathOf;
  }

  /** As the kernel begins: one path after another. */
  static RegionTable roundRobin(int regions, int paths) {
    int[] pathOf = new int[regions];
    for (int i = 0; i < regions; i++) {
      pathOf[i] = i % paths;
    }
    return new RegionTable(paths, pathOf);
  }

  int regions() {
    return pathOf.length;
  }

  int paths() {
    return paths;
  }

  int path(int region) {
    return pathOf[region];
  }

  /** In how many parts it is kept. */
  public int parts() {
    return (pathOf.length + PART_REGIONS - 1) / PART_REGIONS;
  }

  /** The paths of the regions of a part, in order. */
  public List<Integer> part(int part) {
    int from = part * PART_REGIONS;
    int to = Math.min(from + PART_REGIONS, pathOf.length);
    return Arrays.stream(pathOf, from, to).boxed().toList();
  }

  /** Whether a part is the same in both. */
  public boolean samePart(RegionTable other, int part) {
    int from = part * PART_REGIONS;
    int to = Math.min(from + PART_REGIONS, pathOf.length);
    return Arrays.equals(pathOf, from, to, other.pathOf, from, to);
  }

  /** With a part as {@link #part} gave it. */
  public RegionTable withPart(int part, List<Integer> paths) {
    int[] changed = pathOf.clone();
    for (int i = 0; i < paths.size(); i++) {
      changed[part * PART_REGIONS + i] = paths.get(i);
    }
    return new RegionTable(this.paths, changed);
  }

  /**
   * {@code set_region_mappings [<region>]:<path>... R<cycle>,<count>...}, numbers hexadecimal: a
   * path without a region is that of the next one, {@code R} repeats the last {@code cycle} paths
   * over the next {@code count} regions. A refused one changes nothing, where the kernel keeps what
   * it had read before the mistake.
   */
  public Changed message(List<String> words) {
    if (words.isEmpty() || !words.getFirst().toLowerCase(Locale.ROOT).equals(COMMAND)) {
      return new Changed.Refused("Unrecognised message received.");
    }
    int[] changed = pathOf.clone();
    long region = 0;
    for (String word : new ArrayList<>(words.subList(1, words.size()))) {
      Step step =
          word.startsWith("R") || word.startsWith("r")
              ? repeat(changed, region, word)
              : set(changed, region, word);
      if (step.refused() != null) {
        return new Changed.Refused(step.refused());
      }
      region = step.region();
    }
    return new Changed.Ok(new RegionTable(paths, changed));
  }

  private record Step(long region, @Nullable String refused) {}

  private static Step invalid(String word) {
    return new Step(0, "invalid set_region_mappings argument: '" + word + "'");
  }

  private static Step repeat(int[] changed, long region, String word) {
    int comma = word.indexOf(',');
    if (comma < 2) {
      return invalid(word);
    }
    long cycle = hex(word.substring(1, comma));
    long count = hex(word.substring(comma + 1));
    if (cycle == Arguments.NO_NUMBER || count == Arguments.NO_NUMBER) {
      return invalid(word);
    }
    if (cycle == 0 || cycle - 1 > region) {
      return new Step(
          0, "invalid set_region_mappings cycle length: " + (cycle - 1) + " > " + region);
    }
    if (region + count >= changed.length) {
      return new Step(
          0,
          "invalid set_region_mappings region number: "
              + region
              + " + "
              + count
              + " >= "
              + changed.length);
    }
    int at = (int) region;
    for (long i = 0; i < count; i++) {
      at++;
      changed[at] = changed[at - (int) cycle];
    }
    return new Step(at, null);
  }

  private Step set(int[] changed, long region, String word) {
    int colon = word.indexOf(':');
    if (colon < 0) {
      return invalid(word);
    }
    long at = colon == 0 ? region + 1 : hex(word.substring(0, colon));
    long path = hex(word.substring(colon + 1));
    if (at == Arguments.NO_NUMBER || path == Arguments.NO_NUMBER) {
      return invalid(word);
    }
    if (at >= changed.length) {
      return new Step(
          0, "invalid set_region_mappings region number: " + at + " >= " + changed.length);
    }
    if (path >= paths) {
      return new Step(0, "invalid set_region_mappings device: " + path + " >= " + paths);
    }
    changed[(int) at] = (int) path;
    return new Step(at, null);
  }

  private static long hex(String digits) {
    if (digits.isEmpty() || digits.length() > MAX_HEX_DIGITS || !digits.matches("[0-9a-fA-F]+")) {
      return Arguments.NO_NUMBER;
    }
    return Long.parseLong(digits, 16);
  }
}
