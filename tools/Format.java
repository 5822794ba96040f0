import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Checks or applies the project's format to every Java file: {@code Format.java check|apply ROOT}.
 */
class Format {
  private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules", "data");

  public static void main(String[] args) throws Exception {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]);
    List<Path> files;
    try (var tree = Files.walk(root)) {
      files =
          tree.filter(path -> path.toString().endsWith(".java"))
              .filter(path -> !isForeign(root.relativize(path)))
              .sorted()
              .toList();
    }
    AtomicInteger changed = new AtomicInteger();
    files.parallelStream()
        .forEach(
            file -> {
              if (differs(file, apply)) {
                changed.incrementAndGet();
                System.err.println(
                    (apply ? "formatted " : "not formatted: ") + root.relativize(file));
              }
            });
    if (changed.get() > 0 && !apply) {
      System.err.println(
          changed.get()
              + " files differ from the format; ./mvnw -N validate -Dformat.mode=apply writes it");
      System.exit(1);
    }
  }

  /**
   * Build output lies at the root or right below a module; deeper folders of that name are ours.
   */
  private static boolean isForeign(Path relative) {
    for (int depth = 0; depth < Math.min(2, relative.getNameCount()); depth++) {
      if (NOT_OURS.contains(relative.getName(depth).toString())) {
        return true;
      }
    }
    return false;
  }

  private static boolean differs(Path file, boolean apply) {
    try {
      String before = Files.readString(file);
      Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
      String after =
          formatter.formatSource(
              RemoveUnusedImports.removeUnusedImports(
                  ImportOrderer.reorderImports(before, JavaFormatterOptions.Style.GOOGLE)));
      if (after.equals(before)) {
        return false;
      }
      if (apply) {
        Files.writeString(file, after);
      }
      return true;
    } catch (Exception e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }
}
