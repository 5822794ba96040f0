package io.faultline.architecture;

import com.sun.source.tree.CaseLabelTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.PatternCaseLabelTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.lang.model.element.Element;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Rules about what is written but does not reach the class files: read with the compiler's own
 * trees, so that types are known. Each answers what breaks it, a line for each place.
 */
final class SourceRules {

  private static final Pattern SENTENCE = Pattern.compile("(?s).*\\w\\W*\\.(\\s.*)?");

  private SourceRules() {}

  /**
   * No {@code default}, and no case that catches whatever is left, in a switch over a sealed type:
   * a new case must not compile until it is handled everywhere.
   */
  static List<String> switchesOverSealedTypesNameEveryCase(Collection<Path> files) {
    return scan(
        files,
        (sources, found) ->
            new TreePathScanner<@Nullable Void, @Nullable Void>() {
              @Override
              public @Nullable Void visitSwitch(SwitchTree tree, @Nullable Void nothing) {
                check(tree.getExpression(), tree.getCases());
                return super.visitSwitch(tree, nothing);
              }

              @Override
              public @Nullable Void visitSwitchExpression(
                  SwitchExpressionTree tree, @Nullable Void nothing) {
                check(tree.getExpression(), tree.getCases());
                return super.visitSwitchExpression(tree, nothing);
              }

              private void check(ExpressionTree selector, List<? extends CaseTree> cases) {
                TypeMirror type = sources.type(new TreePath(getCurrentPath(), selector));
                if (!sources.isSealed(type)) {
                  return;
                }
                for (CaseTree one : cases) {
                  for (CaseLabelTree label : one.getLabels()) {
                    if (catchesTheRest(label, one, type)) {
                      found.add(
                          sources.place(getCurrentPath(), label)
                              + ": catches what is left of the sealed type "
                              + type
                              + ", so a new case of it would go unseen; name the cases");
                    }
                  }
                }
              }

              private boolean catchesTheRest(CaseLabelTree label, CaseTree one, TypeMirror type) {
                if (label instanceof DefaultCaseLabelTree) {
                  return true;
                }
                return label instanceof PatternCaseLabelTree pattern
                    && one.getGuard() == null
                    && sources.covers(
                        TreePath.getPath(getCurrentPath(), pattern.getPattern()), type);
              }
            });
  }

  /** Public types, nested ones too, have Javadoc. */
  static List<String> publicTypesAreDocumented(Collection<Path> files) {
    return scan(
        files,
        (sources, found) ->
            new TreePathScanner<@Nullable Void, @Nullable Void>() {
              @Override
              public @Nullable Void visitClass(ClassTree tree, @Nullable Void nothing) {
                String comment = sources.trees.getDocComment(getCurrentPath());
                boolean silent = comment == null || comment.isBlank();
                if (silent && isPublic(sources.trees.getElement(getCurrentPath()))) {
                  found.add(
                      sources.place(getCurrentPath(), tree)
                          + ": "
                          + tree.getSimpleName()
                          + " is public, so others build on it, but no Javadoc says what it is");
                }
                return super.visitClass(tree, nothing);
              }
            });
  }

  private static boolean isPublic(@Nullable Element element) {
    for (Element at = element; at instanceof TypeElement; at = at.getEnclosingElement()) {
      if (!at.getModifiers().contains(Modifier.PUBLIC)) {
        return false;
      }
    }
    return element != null;
  }

  /** Every package has a {@code package-info.java} that is null-marked and says one sentence. */
  static List<String> packagesSayWhatLivesInThem(Collection<Path> files) {
    List<String> found = new ArrayList<>();
    TreeSet<Path> folders = new TreeSet<>();
    files.forEach(file -> folders.add(file.toAbsolutePath().getParent()));
    for (Path folder : folders) {
      Path info = folder.resolve("package-info.java");
      String text = Files.exists(info) ? read(info) : "";
      int declaration = text.indexOf("\npackage ");
      String before = declaration < 0 ? "" : text.substring(0, declaration);
      int start = before.indexOf("/**");
      int end = before.indexOf("*/");
      if (declaration < 0) {
        found.add(folder + ": no package-info.java says what lives there");
      } else if (!before.contains("@NullMarked")) {
        found.add(info + ": is not @NullMarked, so null is unchecked in the package");
      } else if (start < 0 || !SENTENCE.matcher(before.substring(start, end)).matches()) {
        found.add(info + ": no sentence says what lives there");
      }
    }
    return found;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @FunctionalInterface
  private interface Scan {
    TreePathScanner<@Nullable Void, @Nullable Void> scanner(Sources sources, List<String> found);
  }

  private static List<String> scan(Collection<Path> files, Scan scan) {
    List<String> found = new ArrayList<>();
    try (Sources sources = new Sources(files)) {
      for (CompilationUnitTree unit : sources.units) {
        scan.scanner(sources, found).scan(unit, null);
      }
    }
    return found;
  }

  /** Files with their types known, against the classes of this test's class path. */
  private static final class Sources implements AutoCloseable {
    private final StandardJavaFileManager manager;
    private final JavacTask task;
    private final Trees trees;
    private final List<CompilationUnitTree> units = new ArrayList<>();

    Sources(Collection<Path> files) {
      JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
      DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
      manager = compiler.getStandardFileManager(problems, null, null);
      List<String> options =
          List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
      task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  problems,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      trees = Trees.instance(task);
      try {
        task.parse().forEach(units::add);
        task.analyze();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      problems.getDiagnostics().stream()
          .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
          .findFirst()
          .ifPresent(
              problem -> {
                throw new IllegalStateException("the sources do not compile here: " + problem);
              });
    }

    /** Erased, so that a type variable or wildcard is its bound. */
    TypeMirror type(TreePath path) {
      return task.getTypes().erasure(trees.getTypeMirror(path));
    }

    boolean isSealed(TypeMirror type) {
      return type instanceof DeclaredType declared
          && declared.asElement().getModifiers().contains(Modifier.SEALED);
    }

    /** Whether a pattern takes every value of a type. */
    boolean covers(TreePath pattern, TypeMirror type) {
      TypeMirror taken = trees.getTypeMirror(pattern);
      return taken != null
          && pattern.getLeaf().getKind() == Tree.Kind.BINDING_PATTERN
          && task.getTypes().isSubtype(type, task.getTypes().erasure(taken));
    }

    String place(TreePath path, Tree tree) {
      CompilationUnitTree unit = path.getCompilationUnit();
      long position = trees.getSourcePositions().getStartPosition(unit, tree);
      return unit.getSourceFile().getName() + ":" + unit.getLineMap().getLineNumber(position);
    }

    @Override
    public void close() {
      try {
        manager.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
