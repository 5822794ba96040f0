package io.faultline.standalone.behaviour;

import io.faultline.standalone.behaviour.FileCalls.Place;
import io.faultline.standalone.behaviour.Observed.Mapper;
import io.faultline.standalone.behaviour.Observed.Signal;
import io.faultline.standalone.behaviour.Rest.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The emulated host of one case: what is done to it and what it says of itself. */
final class Machine {

  private static final String FILESYSTEM = "filesystems/" + FileCalls.FILESYSTEM;
  private static final String MAPPING = "m";
  private static final long FIRST_PID = 100;

  final Rest rest;
  final FileCalls files;
  private final Stack stack;
  private final long pageBytes;
  private final Map<String, Long> pids = new TreeMap<>();
  private final Map<String, Integer> signalsSeen = new TreeMap<>();

  Machine(Rest rest, Stack stack, long pageBytes) {
    this.rest = rest;
    this.files = new FileCalls(rest);
    this.stack = stack;
    this.pageBytes = pageBytes;
  }

  void build(boolean earlyKill) {
    rest.put("kernel", "{\"memoryFailureEarlyKill\":" + earlyKill + "}").mustSucceed();
    stack.devices.forEach(
        (device, bytes) ->
            rest.put("devices/" + device, "{\"kind\":\"pmem\",\"sizeBytes\":" + bytes + "}")
                .mustSucceed());
    stack.volumes.forEach(
        (volume, table) ->
            rest.send("PUT", "volumes/" + volume, "text/plain", table).mustSucceed());
  }

  /** mkfs and mount. */
  void makeFilesystem() {
    StringBuilder spec = new StringBuilder("{\"data\":\"").append(stack.data).append('"');
    if (stack.log != null) {
      spec.append(",\"log\":\"").append(stack.log).append('"');
    }
    if (stack.realtime != null) {
      spec.append(",\"realtime\":\"").append(stack.realtime).append('"');
    }
    spec.append(",\"dax\":\"").append(stack.dax).append('"');
    spec.append(",\"rmapbt\":").append(stack.reverseMap);
    spec.append(",\"reflink\":").append(stack.reflink).append('}');
    rest.put(FILESYSTEM, spec.toString()).mustSucceed();
  }

  JsonNode filesystem() {
    return rest.json(FILESYSTEM);
  }

  Answer ofFilesystem(String verb) {
    return rest.post(FILESYSTEM + "/" + verb, "");
  }

  /** Why it stopped; null if it did not. */
  @Nullable String shutdownReason() {
    return filesystem().path("shutdownReason").asString(null);
  }

  /** Maps the file of a process that has no mapping yet. */
  Answer map(Mapper mapper) {
    long pid = pids.computeIfAbsent(mapper.role(), role -> FIRST_PID + pids.size());
    return rest.put(
        mapping(pid),
        """
        {"filesystem":"%s","path":"%s","offsetBytes":%d,"lengthBytes":%d,"shared":%b,
         "mceKillPolicy":"%s","pageBytes":%d}\
        """
            .formatted(
                FileCalls.FILESYSTEM,
                mapper.path(),
                mapper.fileOffset(),
                mapper.length(),
                mapper.shared(),
                mapper.killPolicy(),
                pageBytes));
  }

  /** The processes of a filesystem end, before somebody unmounts it. */
  void unmapAll() {
    pids.values().forEach(pid -> rest.delete(mapping(pid)));
    pids.clear();
    signalsSeen.clear();
  }

  boolean isMapped(String role) {
    return pids.containsKey(role);
  }

  private static String mapping(long pid) {
    return "processes/" + pid + "/mappings/" + MAPPING;
  }

  Answer touch(String role, String op, long offset) {
    Answer answer =
        rest.post(
            "processes/" + pids.get(role) + "/access",
            "{\"mapping\":\""
                + MAPPING
                + "\",\"offsetBytes\":"
                + offset
                + ",\"op\":\""
                + op
                + "\"}");
    // What a touch itself brings is told by its answer.
    newSignals(role);
    return answer;
  }

  /** Signals since the last time that somebody asked. */
  List<Signal> newSignals() {
    List<Signal> signals = new ArrayList<>();
    pids.keySet().forEach(role -> signals.addAll(newSignals(role)));
    return signals;
  }

  private List<Signal> newSignals(String role) {
    JsonNode all = rest.json("processes/" + pids.get(role)).path("signals");
    List<Signal> news = new ArrayList<>();
    for (int i = signalsSeen.getOrDefault(role, 0); i < all.size(); i++) {
      JsonNode each = all.path(i);
      news.add(
          new Signal(
              role,
              each.path("code").asString(),
              each.path("addressOffsetBytes").asLong(),
              each.path("lsb").asInt(),
              ""));
    }
    signalsSeen.put(role, all.size());
    return news;
  }

  /** Poisons a page of a device; the process that consumed it gets AR. */
  void poison(Place place, @Nullable String consumer) {
    String consumed =
        consumer == null
            ? ""
            : ",\"consumedBy\":{\"pid\":"
                + pids.get(consumer)
                + ",\"mapping\":\""
                + MAPPING
                + "\"}";
    rest.post(
            "devices/" + place.device() + "/faults",
            "{\"sector\":" + place.sector() + ",\"count\":" + place.count() + consumed + "}")
        .mustSucceed();
  }

  /** Sectors that the filesystem knows to be bad on the device in a role. */
  long badSectors(String role) {
    String member = role.equals("data") ? "badRanges" : role + "BadRanges";
    long bad = 0;
    JsonNode ranges = filesystem().path(member);
    for (int i = 1; i < ranges.size(); i += 2) {
      bad += ranges.path(i).asLong();
    }
    return bad;
  }

  void unplug(String device) {
    rest.post("devices/" + device + "/unplug", "{\"mode\":\"planned\",\"deadline\":\"PT20S\"}")
        .mustSucceed();
    await("removal of " + device, () -> isState(device, "removed"));
  }

  void plug(String device) {
    rest.post("devices/" + device + "/plug", "").mustSucceed();
    await("return of " + device, () -> isState(device, "active"));
  }

  private boolean isState(String device, String state) {
    return rest.json("devices/" + device).path("state").asString().equals(state);
  }

  void await(String what, BooleanSupplier condition) {
    rest.await(what, condition);
  }

  /** The leaves below a sector of the filesystem's data device. */
  Place downward(long sector, long count) {
    if (!stack.isIndirect()) {
      return new Place(stack.data, sector, count);
    }
    JsonNode piece =
        rest.json("volumes/" + stack.data + "/map?sector=" + sector + "&count=" + count)
            .path("pieces")
            .path(0);
    return new Place(
        piece.path("device").asString(),
        piece.path("sector").asLong(),
        Math.min(count, piece.path("count").asLong()));
  }
}
