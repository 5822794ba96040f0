package io.faultline.dm.above;

import io.faultline.dm.core.target.KeyText;
import io.faultline.events.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The device-mapper stack of a real machine, put together from what its tools print: the block
 * devices from {@code lsblk}, where a shared one repeats under each that stands on it, the tables
 * from {@code dmsetup table}, and from {@code dmsetup deps} who stands on whom. Everything is found
 * by its major:minor.
 */
final class RealStack {

  /** A block device as {@code lsblk} has it. */
  record Block(String number, String name, String type, long sizeBytes) {}

  /**
   * A mapped device.
   *
   * @param table devices by major:minor
   * @param needs the numbers that it names
   */
  record Mapped(String name, String table, Set<String> needs) {}

  /** What is wrong, by volume or by what else it is about. */
  record Trouble(String about, String reason) {}

  private static final Pattern TABLE_LINE = Pattern.compile("(.+?): (\\d+ \\d+ \\S+.*)");
  private static final Pattern DEPS_LINE = Pattern.compile("(.+?): (\\d+) dependencies\\s*:?(.*)");
  private static final Pattern DEP = Pattern.compile("\\((\\d+),\\s*(\\d+)\\)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}:\\d{1,9}");
  private static final Pattern NOT_OF_A_NAME = Pattern.compile("[^a-z0-9._-]");

  /** Deeper nesting than any stack of devices has. */
  private static final int MAX_DEPTH = 64;

  private final Map<String, Block> blocks = new LinkedHashMap<>();
  private final Map<String, Mapped> mapped = new LinkedHashMap<>();
  private final Map<String, String> mappedNumbers = new TreeMap<>();
  private final List<Trouble> troubles = new ArrayList<>();

  /**
   * @param lsblk the JSON text, as it was parsed
   */
  RealStack(JsonNode lsblk, String dmsetupTable, String dmsetupDeps) {
    readBlocks(lsblk.path("blockdevices"), 0);
    Map<String, List<String>> lines = readLines(dmsetupTable);
    Map<String, Set<String>> deps = readDeps(dmsetupDeps);
    blocks
        .values()
        .forEach(
            block -> {
              if (lines.containsKey(block.name())) {
                mappedNumbers.put(block.number(), block.name());
              }
            });
    lines.forEach((name, table) -> mapped.put(name, mapped(name, table, deps.get(name))));
    checkNames();
  }

  private void readBlocks(JsonNode list, int depth) {
    if (depth > MAX_DEPTH) {
      troubles.add(new Trouble("lsblk", "devices are at most " + MAX_DEPTH + " deep"));
      return;
    }
    for (JsonNode node : list.values()) {
      String number = node.path("maj:min").asString("").strip();
      String name = node.path("name").asString("");
      if (!NUMBER.matcher(number).matches() || name.isEmpty()) {
        troubles.add(
            new Trouble(
                "lsblk", "a device has name and maj:min, but one is " + name + " " + number));
        continue;
      }
      Block block =
          new Block(number, name, node.path("type").asString(""), node.path("size").asLong(0));
      Block before = blocks.putIfAbsent(number, block);
      if (before != null && !before.equals(block)) {
        troubles.add(
            new Trouble("lsblk", number + " is " + before.name() + " and " + name + " at once"));
      }
      readBlocks(node.path("children"), depth + 1);
    }
  }

  private Map<String, List<String>> readLines(String text) {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      Matcher parts = TABLE_LINE.matcher(line.strip());
      if (parts.matches() && !isLineWithKey(parts.group(1))) {
        lines.computeIfAbsent(parts.group(1), any -> new ArrayList<>()).add(parts.group(2));
      } else if (!line.isBlank() && !line.strip().endsWith(":") && !line.startsWith("No devices")) {
        troubles.add(
            new Trouble(
                "dmsetupTable",
                "a line is name: start length type arguments, which line " + number + " is not"));
      }
    }
    return lines;
  }

  /**
   * What stands before the first colon that a target follows may be a line that is none itself.
   * Names have no digits of a key and spaces at once; a line is never repeated, as keys of {@code
   * dmsetup table --showkeys} may be in it.
   */
  private static boolean isLineWithKey(String name) {
    return name.indexOf(' ') >= 0 && KeyText.looksLikeKey(name);
  }

  private Map<String, Set<String>> readDeps(String text) {
    Map<String, Set<String>> deps = new TreeMap<>();
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      Matcher parts = DEPS_LINE.matcher(line.strip());
      if (parts.matches()) {
        Set<String> numbers = new TreeSet<>();
        Matcher dep = DEP.matcher(parts.group(3));
        while (dep.find()) {
          numbers.add(dep.group(1) + ":" + dep.group(2));
        }
        deps.put(parts.group(1), numbers);
      } else if (!line.isBlank() && !line.startsWith("No devices")) {
        troubles.add(
            new Trouble(
                "dmsetupDeps",
                "a line is name: n dependencies : (major, minor), which line "
                    + number
                    + " is not"));
      }
    }
    return deps;
  }

  private Mapped mapped(String name, List<String> lines, @Nullable Set<String> deps) {
    Set<String> needs = new TreeSet<>();
    List<String> resolved = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.split("\\s+");
      // vdo prints the line that it was made with, where the device may stand by its path.
      if (words[2].equals("vdo") && words.length > 4 && deps != null && deps.size() == 1) {
        words[4] = deps.iterator().next();
      }
      for (int i = 3; i < words.length; i++) {
        if (NUMBER.matcher(words[i]).matches() && (deps == null || deps.contains(words[i]))) {
          needs.add(words[i]);
        }
      }
      resolved.add(String.join(" ", words));
    }
    if (deps != null && !needs.equals(deps)) {
      Set<String> missing = new TreeSet<>(deps);
      missing.removeAll(needs);
      troubles.add(
          new Trouble(
              name, "dmsetup deps says that it stands on " + missing + ", its table does not"));
    }
    for (String need : needs) {
      if (!blocks.containsKey(need)) {
        troubles.add(new Trouble(name, "it stands on " + need + ", which lsblk does not name"));
      }
    }
    return new Mapped(name, String.join("\n", resolved), needs);
  }

  private void checkNames() {
    Map<String, String> taken = new TreeMap<>();
    mapped.keySet().forEach(name -> checkName(name, taken));
    leaves().forEach(leaf -> checkName(leaf.name(), taken));
  }

  private void checkName(String name, Map<String, String> taken) {
    String ours = nameOf(name);
    String before = taken.put(ours, name);
    if (!Names.isName(ours)) {
      troubles.add(new Trouble(name, "it cannot be named: names are [a-z0-9][a-z0-9._-]{0,62}"));
    } else if (before != null) {
      troubles.add(new Trouble(name, "it would be named " + ours + ", and so would " + before));
    }
  }

  /** A name as devices and volumes have it: lower case, and a dash for what else does not fit. */
  static String nameOf(String real) {
    return NOT_OF_A_NAME.matcher(real.toLowerCase(Locale.ROOT)).replaceAll("-");
  }

  List<Trouble> troubles() {
    return troubles;
  }

  /** What mapped devices stand on that is none itself: disks, partitions, loops. */
  List<Block> leaves() {
    Set<String> numbers = new TreeSet<>();
    mapped.values().forEach(each -> numbers.addAll(each.needs()));
    List<Block> leaves = new ArrayList<>();
    for (String number : numbers) {
      Block block = blocks.get(number);
      if (block != null && !mappedNumbers.containsKey(number)) {
        leaves.add(block);
      }
    }
    return leaves;
  }

  /** The mapped devices, each after all that it stands on. */
  List<Mapped> bottomUp() {
    Map<String, Mapped> ordered = new LinkedHashMap<>();
    boolean moved = true;
    while (ordered.size() < mapped.size() && moved) {
      moved = false;
      for (Mapped each : mapped.values()) {
        if (!ordered.containsKey(each.name())
            && lowers(each).stream().allMatch(ordered::containsKey)) {
          ordered.put(each.name(), each);
          moved = true;
        }
      }
    }
    // What is left stands on itself; the rules of tables say so.
    mapped.forEach(ordered::putIfAbsent);
    return List.copyOf(ordered.values());
  }

  /** The mapped devices that one stands on directly. */
  Set<String> lowers(Mapped of) {
    Set<String> lowers = new TreeSet<>();
    for (String number : of.needs()) {
      String lower = mappedNumbers.get(number);
      if (lower != null) {
        lowers.add(lower);
      }
    }
    return lowers;
  }

  /** What each number is called here. */
  Map<String, String> numbers(Mapped of) {
    Map<String, String> numbers = new TreeMap<>();
    for (String number : of.needs()) {
      Block block = blocks.get(number);
      if (block != null) {
        numbers.put(number, nameOf(block.name()));
      }
    }
    return numbers;
  }
}
