package io.faultline.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every dependency and plugin of the poms has its line in docs/decisions/dependencies.md. */
class DependenciesTest {

  private static final Pattern ARTIFACT =
      Pattern.compile(
          "<groupId>\\s*([^<\\s]+)\\s*</groupId>\\s*<artifactId>\\s*([^<\\s]+)\\s*</artifactId>");

  @Test
  void whatThePomsNameIsExplained() throws IOException {
    Path project = Module.project();
    List<Path> poms = new ArrayList<>(List.of(project.resolve("pom.xml")));
    for (Module module : Module.all()) {
      poms.add(project.resolve(module.folder()).resolve("pom.xml"));
    }
    TreeSet<String> named = new TreeSet<>();
    for (Path pom : poms) {
      named.addAll(artifacts(Files.readString(pom)));
    }
    assertThat(named).contains("kafka-streams", "archunit", "maven-surefire-plugin");
    assertThat(unexplained(named, explanation()))
        .as("say in docs/decisions/dependencies.md what it is for and why this one")
        .isEmpty();
  }

  @Test
  void whatIsNotExplainedIsReported() throws IOException {
    String pom =
        """
        <dependency><groupId>com.example</groupId><artifactId>left-pad</artifactId></dependency>
        <dependency>
          <groupId>org.apache.kafka</groupId>
          <artifactId>kafka-streams</artifactId>
        </dependency>
        <dependency><groupId>io.faultline</groupId><artifactId>ours</artifactId></dependency>
        <exclusion><groupId>com.example</groupId><artifactId>left-out</artifactId></exclusion>
        """;
    assertThat(unexplained(artifacts(pom), explanation())).containsExactly("left-pad");
  }

  private static String explanation() throws IOException {
    return Files.readString(Module.project().resolve("docs/decisions/dependencies.md"));
  }

  private static List<String> unexplained(Collection<String> artifacts, String explanation) {
    return artifacts.stream().filter(name -> !explanation.contains("`" + name + "`")).toList();
  }

  /** All but our own modules and what is kept out. */
  private static List<String> artifacts(String pom) {
    String taken =
        Pattern.compile("<exclusion>.*?</exclusion>", Pattern.DOTALL).matcher(pom).replaceAll("");
    return ARTIFACT
        .matcher(taken)
        .results()
        .filter(match -> !match.group(1).equals("io.faultline"))
        .map(match -> match.group(2))
        .toList();
  }
}
