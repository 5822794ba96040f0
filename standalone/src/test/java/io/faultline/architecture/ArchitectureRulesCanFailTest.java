package io.faultline.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.FailureReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every rule of {@link ArchitectureTest}, on classes that break it: a rule that cannot fail holds
 * nothing.
 */
class ArchitectureRulesCanFailTest {

  private static final String VIOLATIONS = "io.faultline.architecture.violations";
  private static final String CORE = VIOLATIONS + ".core..";
  private static final String LAYERS = VIOLATIONS + ".layers";
  private static final List<String> MAY_KNOW =
      List.of("io.faultline.ranges", "io.faultline.events", "io.faultline.runtime.core");

  private static final JavaClasses CLASSES = new ClassFileImporter().importPackages(VIOLATIONS);

  private static List<String> reported(ArchRule rule) {
    FailureReport report = rule.evaluate(CLASSES).getFailureReport();
    return report.getDetails();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UsesSpring",
        "UsesKafka",
        "UsesJackson",
        "UsesLogging",
        "UsesTheShell",
        "UsesAnArrayOfPaths",
        "UsesStreamsOfBytes",
        "UsesTheNetwork",
        "UsesAClock",
        "UsesRandomNumbers",
        "UsesRandomGenerators",
        "UsesSecureRandomNumbers",
        "UsesConcurrentMaps",
        "UsesDates",
        "PrintsSomething",
        "RunsAThread",
        "KeepsSomethingForTheThread",
        "AsksARandomOfTheThread",
      })
  void aCoreThatUsesMoreThanItMayIsReported(String impure) {
    assertThat(reported(ClassRules.coreIsPure(CORE, MAY_KNOW)))
        .anySatisfy(line -> assertThat(line).contains("ImpureCore$" + impure));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AsksForNow",
        "AsksForNowByReference",
        "AsksForToday",
        "AsksForMillis",
        "AsksForNanos",
        "AsksTheEnvironment",
        "AsksForAnIdentity",
        "AsksChance",
        "ShufflesByChance",
        "PrintsSomething",
      })
  void aCoreThatAsksTheWorldIsReported(String asking) {
    assertThat(reported(ClassRules.coreAsksNothingOfTheWorld(CORE)))
        .anySatisfy(line -> assertThat(line).contains("ImpureCore$" + asking + "."));
  }

  @Test
  void aCoreThatOnlyComputesIsNotReported() {
    assertThat(reported(ClassRules.coreIsPure(CORE, MAY_KNOW)))
        .isNotEmpty()
        .noneSatisfy(line -> assertThat(line).contains("PureCore."))
        .noneSatisfy(line -> assertThat(line).contains("PureCore$"));
    assertThat(reported(ClassRules.coreAsksNothingOfTheWorld(CORE)))
        .noneSatisfy(line -> assertThat(line).contains("core.PureCore"));
  }

  @Test
  void whatACoreMayKnowIsPartOfTheRule() {
    assertThat(reported(ClassRules.coreIsPure(CORE, List.of("io.faultline.ranges"))))
        .anySatisfy(line -> assertThat(line).contains("PureCore").contains("Stamp"));
  }

  @ParameterizedTest
  @CsvSource({
    "ranges, LooksUpAtEvents",
    "events, LooksUpAtTheRuntime",
    "runtime, LooksUpAtAService",
    "device, LooksUpAtStandalone",
    "dm, LooksAsideAtFs",
  })
  void anImportThatDoesNotPointDownIsReported(String layer, String looking) {
    assertThat(reported(ClassRules.knowsOnlyWhatIsBelow(LAYERS, Module.of(layer))))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).contains(looking));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fs", "notifier", "standalone"})
  void anImportThatPointsDownIsNotReported(String layer) {
    assertThat(reported(ClassRules.knowsOnlyWhatIsBelow(LAYERS, Module.of(layer)))).isEmpty();
  }

  @Test
  void aClassInNoLayerIsReported() {
    assertThat(reported(ClassRules.everyClassIsInALayer(LAYERS)))
        .singleElement()
        .satisfies(line -> assertThat(line).contains("elsewhere.Stray"));
  }

  @Test
  void namesThatSayNothingAreReported() {
    assertThat(
            classesIn(
                reported(ClassRules.namesSayWhatAClassIs(VIOLATIONS + ".names..")),
                "names\\.(\\w+)>"))
        .containsExactly(
            "EventsCommon", "RangeHelper", "StringUtil", "StringUtils", "VolumeManager");
  }

  @Test
  void aRuleThatFindsNothingToCheckFails() {
    String nowhere = VIOLATIONS + ".nowhere";
    List<ArchRule> rules =
        List.of(
            ClassRules.coreIsPure(nowhere + "..", MAY_KNOW),
            ClassRules.coreAsksNothingOfTheWorld(nowhere + ".."),
            ClassRules.knowsOnlyWhatIsBelow(nowhere, Module.of("dm")),
            ClassRules.knowsOnlyWhatIsBelow(nowhere, Module.of("standalone")),
            ClassRules.everyClassIsInALayer(nowhere),
            ClassRules.namesSayWhatAClassIs(nowhere + ".."));
    for (ArchRule rule : rules) {
      assertThatExceptionOfType(AssertionError.class)
          .as(rule.getDescription())
          .isThrownBy(() -> rule.check(CLASSES))
          .withMessageContaining("failed to check any classes");
    }
  }

  @Test
  void everyRuleSaysWhy() {
    assertThat(
            Stream.of(
                ClassRules.coreIsPure(CORE, MAY_KNOW),
                ClassRules.coreAsksNothingOfTheWorld(CORE),
                ClassRules.knowsOnlyWhatIsBelow(LAYERS, Module.of("dm")),
                ClassRules.everyClassIsInALayer(LAYERS),
                ClassRules.namesSayWhatAClassIs(LAYERS)))
        .allSatisfy(rule -> assertThat(rule.getDescription()).contains(", because "));
  }

  @Test
  void switchesThatCatchTheRestOfASealedTypeAreReportedAndOthersAreNot() throws Exception {
    Path file = sources("switches").resolve("Shapes.java");
    List<String> lines = Files.readAllLines(file);
    List<String> found = SourceRules.switchesOverSealedTypesNameEveryCase(List.of(file));
    assertThat(found.stream().map(place -> methodAt(lines, place)))
        .containsExactlyInAnyOrder(
            "badDefaultOfAnExpression",
            "badDefaultOfAStatement",
            "badDefaultBesideNull",
            "badPatternForTheRest",
            "badDefaultInsideALambda");
    assertThat(found)
        .allSatisfy(line -> assertThat(line).contains("a new case of it would go unseen"));
  }

  @Test
  void publicTypesWithoutJavadocAreReportedAndOthersAreNot() {
    List<String> found =
        SourceRules.publicTypesAreDocumented(Module.javaFilesIn(sources("documented")));
    assertThat(classesIn(found, ": (\\w+) is public"))
        .containsExactly("BadImplicitlyPublicCase", "BadSilentClass", "BadSilentEnum");
  }

  @Test
  void packagesWithoutASentenceOrUncheckedForNullAreReported() {
    List<String> found =
        SourceRules.packagesSayWhatLivesInThem(Module.javaFilesIn(sources("packages")));
    assertThat(found)
        .satisfiesExactlyInAnyOrder(
            line -> assertThat(line).contains("bare: no package-info.java says"),
            line -> assertThat(line).contains("silent").contains("no sentence says"),
            line -> assertThat(line).contains("unmarked").contains("is not @NullMarked"));
  }

  @Test
  void sourcesThatDoNotCompileAreNotPassedOver() {
    Path file = sources("switches").resolve("Shapes.java");
    Path broken = Path.of("no-such-file.java");
    assertThatExceptionOfType(RuntimeException.class)
        .isThrownBy(() -> SourceRules.switchesOverSealedTypesNameEveryCase(List.of(file, broken)));
  }

  private static Path sources(String violation) {
    return Module.project()
        .resolve("standalone/src/test/java")
        .resolve((VIOLATIONS + "." + violation).replace('.', '/'));
  }

  private static TreeSet<String> classesIn(List<String> lines, String pattern) {
    return lines.stream()
        .map(line -> Pattern.compile(pattern).matcher(line))
        .flatMap(matcher -> matcher.results().map(result -> result.group(1)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The method around {@code …Shapes.java:line: …}. */
  private static String methodAt(List<String> lines, String place) {
    int line = Integer.parseInt(place.replaceFirst(".*\\.java:(\\d+):.*", "$1"));
    Pattern method = Pattern.compile("  static long (\\w+)\\(.*");
    for (int i = line - 1; i >= 0; i--) {
      var found = method.matcher(lines.get(i));
      if (found.matches()) {
        return found.group(1);
      }
    }
    return "no method at " + place;
  }
}
