package io.faultline.dm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.faultline.events.Cause;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Claim;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The part of device-service that dm-service speaks to, over real HTTP: devices, and who claims
 * them. It publishes nothing.
 */
final class DeviceStandIn implements AutoCloseable {

  /** Every host is a slice of its own here. */
  static String slice(String host) {
    return "slice-of-" + host;
  }

  private static final class Device {
    long sectors;
    boolean dax = true;
    boolean removed;
    long generation = 1;
    long revision;
    long sequence;
    final Map<String, Long> claims = new TreeMap<>();
    final List<Claim.KnownFault> faults = new ArrayList<>();
  }

  private final Map<String, Device> devices = new TreeMap<>();
  private final StandInData data = new StandInData();
  private final HttpServer server;

  /** Claims that are answered as if they came before the last event. */
  private int staleAnswers;

  DeviceStandIn() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/hosts/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  synchronized void add(String host, String device, long sectors, boolean dax) {
    Device added = new Device();
    added.sectors = sectors;
    added.dax = dax;
    devices.put(host + "/" + device, added);
  }

  synchronized void fault(String host, String device, String faultId, long sequence, Extents bad) {
    Device known = device(host, device);
    known.sequence = sequence;
    known.faults.add(new Claim.KnownFault(faultId, Cause.MEDIA_ERROR, bad));
  }

  synchronized void answerStale(int times) {
    staleAnswers = times;
  }

  synchronized Set<String> claims(String host, String device) {
    return Set.copyOf(device(host, device).claims.keySet());
  }

  synchronized void claimedBy(String host, String device, String holder) {
    device(host, device).claims.put(holder, 0L);
  }

  synchronized void unplug(String host, String device) {
    device(host, device).removed = true;
  }

  /** As the real one: another generation, and nobody's claim. */
  synchronized void plug(String host, String device) {
    Device known = device(host, device);
    known.removed = false;
    known.generation++;
    known.claims.clear();
  }

  private Device device(String host, String device) {
    return Objects.requireNonNull(devices.get(host + "/" + device));
  }

  /** {@code /v1/hosts/{host}/devices/{device}[/claim]}. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String[] path = exchange.getRequestURI().getPath().split("/");
      byte[] request = exchange.getRequestBody().readAllBytes();
      if (path.length == 7 && path[6].equals("data")) {
        data.answer(exchange, path[3], path[5], isHolder(exchange, path), request);
        return;
      }
      String holder =
          request.length == 0 ? "" : Json.LENIENT.readTree(request).path("holder").asString("");
      String ifMatch = exchange.getRequestHeaders().getFirst("If-Match");
      Answer answer =
          path.length == 6 && exchange.getRequestMethod().equals("PUT")
              ? create(path, Json.LENIENT.readTree(request))
              : decide(exchange.getRequestMethod(), path, holder, ifMatch);
      byte[] body = answer.body() == null ? new byte[0] : bytes(answer.body());
      exchange
          .getResponseHeaders()
          .set(
              "Content-Type",
              answer.status() < 300 ? "application/json" : "application/problem+json");
      exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private synchronized boolean isHolder(HttpExchange exchange, String[] path) {
    String query = exchange.getRequestURI().getQuery();
    return device(path[3], path[5]).claims.keySet().stream()
        .anyMatch(holder -> query.contains("holder=" + holder));
  }

  /** What the devices hold. */
  StandInData data() {
    return data;
  }

  private synchronized Answer create(String[] path, JsonNode shape) {
    long sectors = shape.get("sizeBytes").asLong() / 512;
    add(path[3], path[5], sectors, shape.get("kind").asString().equals("pmem"));
    return new Answer(201, Map.of("name", path[5]));
  }

  private record Answer(int status, @Nullable Object body) {}

  private synchronized Answer decide(
      String method, String[] path, String holder, @Nullable String ifMatch) {
    Device device = devices.get(path[3] + "/" + path[5]);
    if (device == null) {
      return problem(404, "not-found", "there is no device " + path[5], Map.of());
    }
    if (path.length == 6 && method.equals("DELETE")) {
      devices.remove(path[3] + "/" + path[5]);
      return new Answer(204, null);
    }
    if (path.length == 6) {
      return new Answer(
          200,
          Map.of(
              "name",
              path[5],
              "sectors",
              device.sectors,
              "state",
              device.removed ? "removed" : "active",
              "generation",
              device.generation,
              "claims",
              List.copyOf(device.claims.keySet())));
    }
    return method.equals("PUT")
        ? claim(path[3], device, path[5], holder)
        : release(device, holder, ifMatch);
  }

  private Answer claim(String host, Device device, String name, String holder) {
    if (device.removed) {
      return problem(409, "device-removed", name + " is removed", Map.of());
    }
    for (String other : device.claims.keySet()) {
      if (other.startsWith("fs:")) {
        return problem(409, "claimed", name + " is claimed by " + other, Map.of("holder", other));
      }
    }
    device.claims.put(holder, ++device.revision);
    Extents ranges = Extents.EMPTY;
    for (Claim.KnownFault fault : device.faults) {
      ranges = ranges.union(fault.ranges());
    }
    boolean stale = staleAnswers > 0;
    staleAnswers -= stale ? 1 : 0;
    return new Answer(
        200,
        new Claim(
            device.generation,
            device.sectors,
            device.dax,
            512,
            stale ? Extents.EMPTY : ranges,
            stale ? 0 : device.sequence,
            slice(host),
            stale ? List.of() : List.copyOf(device.faults),
            device.revision));
  }

  private static Answer release(Device device, String holder, @Nullable String ifMatch) {
    Long revision = device.claims.get(holder);
    if (revision != null && ifMatch != null && !ifMatch.equals("\"" + revision + "\"")) {
      return problem(412, "claim-changed", "claimed again since", Map.of());
    }
    device.claims.remove(holder);
    return new Answer(204, null);
  }

  private static Answer problem(int status, String kind, String detail, Map<String, String> more) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "/problems/" + kind);
    body.put("status", status);
    body.put("detail", detail);
    body.putAll(more);
    return new Answer(status, body);
  }

  private static byte[] bytes(Object body) {
    JsonNode node = Json.LENIENT.valueToTree(body);
    return node.toString().getBytes(UTF_8);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
