package io.faultline.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Rules about what classes use and how they are named, read from the class files. */
final class ClassRules {

  /** What of the JDK computes and nothing else: no I/O, no clock, no chance, no other thread. */
  private static final Set<String> PURE_JDK_PACKAGES =
      Set.of(
          "java.lang",
          "java.lang.annotation",
          "java.lang.invoke",
          "java.lang.runtime",
          "java.math",
          "java.nio.charset",
          "java.time",
          "java.time.chrono",
          "java.time.format",
          "java.time.temporal",
          "java.util",
          "java.util.function",
          "java.util.regex",
          "java.util.stream");

  /** What in those packages does more than compute. */
  private static final Set<String> IMPURE_JDK_CLASSES =
      Set.of(
          "java.lang.ClassLoader",
          "java.lang.InheritableThreadLocal",
          "java.lang.Process",
          "java.lang.ProcessBuilder",
          "java.lang.ProcessHandle",
          "java.lang.Runtime",
          "java.lang.ScopedValue",
          "java.lang.Thread",
          "java.lang.ThreadGroup",
          "java.lang.ThreadLocal",
          "java.time.Clock",
          "java.time.InstantSource",
          "java.util.Calendar",
          "java.util.Date",
          "java.util.GregorianCalendar",
          "java.util.Random",
          "java.util.Scanner",
          "java.util.ServiceLoader",
          "java.util.SplittableRandom",
          "java.util.Timer",
          "java.util.TimerTask");

  /** Methods of classes that are pure otherwise. */
  private static final Map<String, Set<String>> IMPURE_METHODS =
      Map.of(
          "java.lang.Math", Set.of("random"),
          "java.lang.StrictMath", Set.of("random"),
          "java.util.Collections", Set.of("shuffle"),
          "java.util.UUID", Set.of("randomUUID"));

  private ClassRules() {}

  /**
   * A core is pure.
   *
   * @param core its packages, {@code io.faultline.dm.core..}
   * @param mayKnow packages of ours that it may use besides itself
   */
  static ArchRule coreIsPure(String core, List<String> mayKnow) {
    return classes()
        .that()
        .resideInAPackage(core)
        .should()
        .onlyDependOnClassesThat(isPure(core, mayKnow))
        .because(
            "a core decides the same whenever the same input is decided again: what it needs of the"
                + " world comes in as input (Stamp), and what it wants done goes out as data");
  }

  /** The same for single methods: the clock and chance hide in classes that are pure otherwise. */
  static ArchRule coreAsksNothingOfTheWorld(String core) {
    return noClasses()
        .that()
        .resideInAPackage(core)
        .should()
        .accessTargetWhere(asksTheWorld())
        .because(
            "time, randomness and identities are arguments of a decision, or it could not be"
                + " replayed: take them from the Stamp");
  }

  private static DescribedPredicate<JavaClass> isPure(String core, List<String> mayKnow) {
    DescribedPredicate<JavaClass> ours =
        JavaClass.Predicates.resideInAnyPackage(
            Stream.concat(Stream.of(core), mayKnow.stream()).toArray(String[]::new));
    return DescribedPredicate.describe(
        "are pure (" + core + ", " + String.join(", ", mayKnow) + ", the JDK without I/O)",
        type -> {
          JavaClass element = type.getBaseComponentType();
          return element.isPrimitive()
              || element.getPackageName().equals("org.jspecify.annotations")
              || (PURE_JDK_PACKAGES.contains(element.getPackageName())
                  && !IMPURE_JDK_CLASSES.contains(outermost(element)))
              || ours.test(element);
        });
  }

  /** {@code java.lang.Thread} of {@code java.lang.Thread$Builder}. */
  private static String outermost(JavaClass type) {
    int nested = type.getName().indexOf('$');
    return nested < 0 ? type.getName() : type.getName().substring(0, nested);
  }

  private static DescribedPredicate<JavaAccess<?>> asksTheWorld() {
    return DescribedPredicate.describe(
        "the clock, chance or the environment is asked",
        access -> {
          String owner = access.getTargetOwner().getName();
          String method = access.getName();
          return owner.startsWith("java.time.") && method.equals("now")
              // Copying an array is all that a core needs of System.
              || owner.equals("java.lang.System") && !method.equals("arraycopy")
              || IMPURE_METHODS.getOrDefault(owner, Set.of()).contains(method);
        });
  }

  /**
   * Imports point down.
   *
   * @param root the package above those of the layers, {@code io.faultline}
   */
  static ArchRule knowsOnlyWhatIsBelow(String root, Module module) {
    List<String> above =
        Module.all().stream()
            .map(Module::layer)
            .filter(layer -> !layer.equals(module.layer()) && !module.mayKnow().contains(layer))
            .toList();
    if (above.isEmpty()) {
      // The uppermost one may use all; that it is there at all is still checked.
      return classes().that().resideInAPackage(root + "." + module.layer() + "..").should(exist());
    }
    return noClasses()
        .that()
        .resideInAPackage(root + "." + module.layer() + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            above.stream().map(layer -> root + "." + layer + "..").toArray(String[]::new))
        .because(
            "imports point down (ranges < events < runtime < services < standalone), and a service"
                + " knows another one by its events and its HTTP interface only");
  }

  private static ArchCondition<JavaClass> exist() {
    return new ArchCondition<>("exist") {
      @Override
      public void check(JavaClass item, ConditionEvents events) {
        events.add(SimpleConditionEvent.satisfied(item, item.getName()));
      }
    };
  }

  /** Every class is in the package of a layer, so that none is beyond the rules. */
  static ArchRule everyClassIsInALayer(String root) {
    return classes()
        .that()
        .resideInAPackage(root + "..")
        .should()
        .resideInAnyPackage(
            Module.all().stream()
                .map(module -> root + "." + module.layer() + "..")
                .toArray(String[]::new))
        .because("the rules of imports go by layer: a new one is named in Module");
  }

  static ArchRule namesSayWhatAClassIs(String packages) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .haveNameMatching(".*(Utils?|Utilities|Helpers?|Commons?|Managers?|Misc)(\\$.*)?")
        .because(
            "such a name says nothing, so such a class collects everything: name it after the one"
                + " thing that it is");
  }
}
