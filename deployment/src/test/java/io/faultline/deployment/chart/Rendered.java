package io.faultline.deployment.chart;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.faultline.deployment.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;

/** What Helm makes of the chart and of some values: Kubernetes' objects as JSON. */
record Rendered(List<JsonObject> objects) {

  static final Path CHART = Project.file("helm/faultline");

  /** Helm tells only what it installs by itself; what a hook makes is to be looked at as well. */
  private static final Path WITHOUT_HOOKS = withoutHooks();

  private static final String KUBERNETES = "1.34.0";
  private static final Gson GSON = new Gson();

  /**
   * @param values YAML, as a values file
   */
  static Rendered with(String values) {
    String manifests;
    try {
      Path file = Files.createTempFile("values", ".yaml");
      try {
        Files.writeString(file, values);
        TemplateCommand template =
            new Helm(WITHOUT_HOOKS)
                .template()
                .withName("release")
                .withKubeVersion(KUBERNETES)
                .withValuesFile(file);
        manifests = template.call();
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<JsonObject> objects = new ArrayList<>();
    for (Object document : new Yaml().loadAll(manifests)) {
      if (document != null) {
        objects.add(GSON.toJsonTree(document).getAsJsonObject());
      }
    }
    return new Rendered(objects);
  }

  private static Path withoutHooks() {
    try (Stream<Path> files = Files.walk(CHART)) {
      Path copy = Files.createTempDirectory("chart");
      for (Path file : files.toList()) {
        Path to = copy.resolve(CHART.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.writeString(to, Files.readString(file).replaceAll("(?m)^ *helm.sh/hook: .*\n", ""));
        }
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Stream<JsonObject> ofKind(String... kinds) {
    List<String> wanted = List.of(kinds);
    return objects.stream().filter(object -> wanted.contains(text(object, "kind")));
  }

  /** The objects with this name. */
  JsonObject named(String kind, String name) {
    return ofKind(kind)
        .filter(object -> name(object).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + kind + " " + name));
  }

  /** The specifications of all pods, of whatever makes them. */
  List<JsonObject> pods() {
    return Stream.concat(
            ofKind("StatefulSet", "Deployment")
                .map(owner -> path(owner, "spec", "template", "spec")),
            ofKind("Pod").map(pod -> path(pod, "spec")))
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  static String name(JsonObject object) {
    return path(object, "metadata", "name").getAsString();
  }

  static String text(JsonObject object, String name) {
    return Objects.requireNonNull(object.get(name), name).getAsString();
  }

  static List<JsonObject> list(JsonElement array) {
    return StreamSupport.stream(array.getAsJsonArray().spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  static JsonElement path(JsonElement from, String... names) {
    JsonElement at = from;
    for (String name : names) {
      at = Objects.requireNonNull(at.getAsJsonObject().get(name), name + " is missing");
    }
    return at;
  }
}
