package io.faultline.standalone.behaviour;

import io.faultline.events.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One case of the oracle: its name and what is in its file. */
public record Observed(String name, JsonNode json) {

  private static final Path FOLDER =
      Path.of(System.getProperty("faultline.oracle", "../oracle")).resolve("behaviour");

  /** A process that maps a file. */
  public record Mapper(
      String role,
      String path,
      long fileOffset,
      long length,
      boolean shared,
      boolean writes,
      String killPolicy,
      boolean handles,
      String pid) {}

  /** A signal, as both sides tell it. */
  public record Signal(String role, String code, long address, int lsb, String phase) {

    @Override
    public String toString() {
      return role + " " + code + " " + address + " " + lsb;
    }
  }

  /** All cases of the folder that the property {@code faultline.oracle} names, by name. */
  public static List<Observed> all() {
    if (!Files.isDirectory(FOLDER)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(Observed::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Observed read(Path file) {
    try {
      String name = file.getFileName().toString().replaceAll("\\.json$", "");
      return new Observed(name, Json.LENIENT.readTree(Files.readString(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> setup() {
    return stream(json.path("setup")).map(JsonNode::asString).toList();
  }

  boolean sets(String text) {
    return setup().stream().anyMatch(line -> line.contains(text));
  }

  List<Mapper> mappers() {
    return stream(json.path("processes"))
        .map(
            each ->
                new Mapper(
                    each.path("role").asString(),
                    each.path("path").asString(),
                    each.path("fileOffset").asLong(),
                    each.path("length").asLong(),
                    each.path("flags").asString().equals("shared"),
                    each.path("prot").asString().contains("w"),
                    each.path("mceKillPolicy").asString("default"),
                    each.path("sigbusHandler").asBoolean(true),
                    each.path("pid").asString("")))
        .toList();
  }

  List<JsonNode> injections() {
    return stream(json.path("inject")).toList();
  }

  List<JsonNode> probes() {
    return stream(observed().path("probes")).toList();
  }

  JsonNode observed() {
    return json.path("observed");
  }

  boolean earlyKill() {
    return observed().path("vmMemoryFailureEarlyKill").asInt() == 1;
  }

  /** The kernel itself broke: what it did is a defect and no behaviour. */
  boolean crashed() {
    return !observed().path("kernelOops").isNull() && observed().has("kernelOops");
  }

  long deviceBytes(String device) {
    return json.path("pmem").path(device).path("bytes").asLong();
  }

  List<Signal> signals(String phase) {
    return stream(observed().path("signals"))
        .map(Observed::signal)
        .filter(signal -> signal.phase().equals(phase))
        .toList();
  }

  static Signal signal(JsonNode each) {
    return new Signal(
        each.path("role").asString(""),
        each.path("codeName").asString(),
        each.path("addrOffset").asLong(),
        each.path("lsb").asInt(),
        each.path("phase").asString(""));
  }

  /** Handlers may miss a signal, as SIGBUS is not queued; the kernel's log has a line for each. */
  Map<String, Integer> signalsInLog() {
    Map<String, String> roles = new TreeMap<>();
    mappers().forEach(mapper -> roles.put(mapper.pid(), mapper.role()));
    Map<String, Integer> logged = new TreeMap<>();
    for (JsonNode line : observed().path("dmesg")) {
      String text = line.asString();
      int at = text.indexOf("Sending SIGBUS to ");
      if (at > 0) {
        String pid = text.substring(text.indexOf(':', at) + 1).split(" ")[0];
        String role = roles.get(pid);
        if (role != null) {
          logged.merge(role, 1, Integer::sum);
        }
      }
    }
    return logged;
  }

  /** Why the filesystem stopped, in the kernel's order. */
  List<String> shutdownReasons() {
    List<String> reasons = new ArrayList<>();
    for (JsonNode line : observed().path("shutdownLines")) {
      String reason = reason(line.asString());
      if (reason != null) {
        reasons.add(reason);
      }
    }
    return reasons;
  }

  private static @Nullable String reason(String line) {
    if (line.contains("User initiated shutdown")) {
      return "FORCE_UMOUNT";
    } else if (line.contains("(0x10)")) {
      return "CORRUPT_ONDISK";
    } else if (line.contains("(0x20)")) {
      return "DEVICE_REMOVED";
    } else if (line.contains("(0x8)")) {
      return "CORRUPT_INCORE";
    } else if (line.contains("(0x2)")) {
      return "LOG_IO";
    }
    // The message that goes with the reason, or the removal's second thought (0x4).
    return null;
  }

  static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  @Override
  public String toString() {
    return name;
  }
}
