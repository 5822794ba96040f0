package io.faultline.events;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code docs/asyncapi.yaml} as a tree of maps, lists and plain values. */
record AsyncApi(Map<String, Object> root) {

  private static final Path FILE = Path.of("../docs/asyncapi.yaml");

  /** A fresh tree, which the caller may change. */
  static AsyncApi load() {
    try {
      return new AsyncApi(
          new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(FILE)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The map at a path of keys; empty where there is nothing. */
  Map<String, Object> at(String... path) {
    Map<String, Object> node = root;
    for (String key : path) {
      node = map(node.get(key));
    }
    return node;
  }

  /** The map that a {@code $ref} inside this document names; the map itself if it is none. */
  Map<String, Object> resolved(@Nullable Object node) {
    Map<String, Object> map = map(node);
    Object ref = map.get("$ref");
    if (ref == null) {
      return map;
    }
    Map<String, Object> target = at(ref.toString().substring("#/".length()).split("/"));
    if (target.isEmpty()) {
      throw new AssertionError("nothing stands at " + ref);
    }
    return resolved(target);
  }

  /** The names of the messages of each topic; addresses with a parameter stand for each value. */
  Map<String, Set<String>> messagesByTopic() {
    Map<String, Set<String>> topics = new TreeMap<>();
    for (Object channel : at("channels").values()) {
      for (String address : addresses(map(channel))) {
        Set<String> names = new TreeSet<>();
        for (Object message : map(map(channel).get("messages")).values()) {
          names.add(String.valueOf(resolved(message).get("name")));
        }
        topics.put(address, names);
      }
    }
    return topics;
  }

  private List<String> addresses(Map<String, Object> channel) {
    List<String> addresses = List.of(String.valueOf(channel.get("address")));
    for (var parameter : map(channel.get("parameters")).entrySet()) {
      List<String> expanded = new ArrayList<>();
      for (Object value : list(resolved(parameter.getValue()).get("enum"))) {
        for (String address : addresses) {
          expanded.add(address.replace("{" + parameter.getKey() + "}", value.toString()));
        }
      }
      addresses = expanded;
    }
    return addresses;
  }

  static Map<String, Object> map(@Nullable Object node) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (node instanceof Map<?, ?> known) {
      known.forEach((key, value) -> map.put(String.valueOf(key), value));
    }
    return map;
  }

  static List<Object> list(@Nullable Object node) {
    return node instanceof List<?> known ? new ArrayList<>(known) : List.of();
  }

  static Set<String> texts(@Nullable Object node) {
    Set<String> texts = new TreeSet<>();
    list(node).forEach(text -> texts.add(String.valueOf(text)));
    return texts;
  }
}
