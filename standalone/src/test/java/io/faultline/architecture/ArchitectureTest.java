package io.faultline.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands in docs/ARCHITECTURE.md, held by tests. */
class ArchitectureTest {

  private static JavaClasses classes;

  @BeforeAll
  static void readClasses() {
    List<Path> folders = modules().map(Module::classes).toList();
    assertThat(folders)
        .as("compile first: ./mvnw -pl standalone -am test-compile")
        .allMatch(Files::isDirectory);
    classes = new ClassFileImporter().importPaths(folders);
  }

  static Stream<Module> modules() {
    return Module.existing().stream();
  }

  /** The services, and the runtime, which says what shape a core has. */
  static Stream<Module> withCore() {
    return Stream.concat(Stream.of(Module.of("runtime")), Module.existingServices().stream());
  }

  /** The layers below the services, which all others build on. */
  static Stream<Module> foundation() {
    return Stream.of("ranges", "events", "runtime").map(Module::of);
  }

  @ParameterizedTest
  @MethodSource("withCore")
  void aCoreIsPure(Module module) {
    String core = "io.faultline." + module.layer() + ".core..";
    ClassRules.coreIsPure(
            core,
            List.of("io.faultline.ranges", "io.faultline.events", "io.faultline.runtime.core"))
        .check(classes);
    ClassRules.coreAsksNothingOfTheWorld(core).check(classes);
  }

  @Test
  void rangesArePure() {
    String ranges = "io.faultline.ranges..";
    ClassRules.coreIsPure(ranges, List.of()).check(classes);
    ClassRules.coreAsksNothingOfTheWorld(ranges).check(classes);
  }

  @ParameterizedTest
  @MethodSource("modules")
  void importsPointDown(Module module) {
    ClassRules.knowsOnlyWhatIsBelow("io.faultline", module).check(classes);
  }

  @Test
  void everyClassIsInALayer() {
    ClassRules.everyClassIsInALayer("io.faultline").check(classes);
  }

  @Test
  void namesSayWhatAClassIs() {
    ClassRules.namesSayWhatAClassIs("io.faultline..").check(classes);
  }

  @ParameterizedTest
  @MethodSource("modules")
  void everyPackageSaysWhatLivesInIt(Module module) {
    List<Path> files = module.sourceFiles();
    assertThat(files).isNotEmpty();
    assertThat(SourceRules.packagesSayWhatLivesInThem(files)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("withCore")
  void switchesOverSealedTypesNameEveryCase(Module module) {
    List<Path> files = module.coreFiles();
    assertThat(files).isNotEmpty();
    assertThat(SourceRules.switchesOverSealedTypesNameEveryCase(files)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("foundation")
  void publicTypesAreDocumented(Module module) {
    List<Path> files = module.sourceFiles();
    assertThat(files).isNotEmpty();
    assertThat(SourceRules.publicTypesAreDocumented(files)).isEmpty();
  }

  /** A module that is new in the build but unknown here would be beyond every rule. */
  @Test
  void everyModuleOfTheBuildIsKnownHere() throws IOException {
    String pom = Files.readString(Module.project().resolve("pom.xml"));
    List<String> inTheBuild =
        Pattern.compile("<module>([^<]+)</module>")
            .matcher(pom)
            .results()
            .map(result -> result.group(1))
            .toList();
    assertThat(inTheBuild)
        .containsExactlyElementsOf(Module.all().stream().map(Module::folder).toList());
  }
}
