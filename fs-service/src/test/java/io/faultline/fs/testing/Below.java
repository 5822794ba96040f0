package io.faultline.fs.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Claim;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands in for device-service and dm-service: answers claims by the rules of both, over HTTP.
 * Devices are {@code sectors} large; nothing is bad.
 */
public final class Below implements AutoCloseable {

  private static final Pattern PATH =
      Pattern.compile("/v1/hosts/([^/]+)/(devices|volumes|block-devices)/([^/]+)(/claim|/upward)?");

  private final HttpServer server;
  private final long sectors;
  private final Map<String, String> kinds = new TreeMap<>();
  private final Map<String, String> holders = new TreeMap<>();
  private final Map<String, Long> revisions = new TreeMap<>();
  private final List<String> upward = new ArrayList<>();

  public Below(long sectors) {
    this.sectors = sectors;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public synchronized void add(String kind, String name) {
    kinds.put(name, kind);
  }

  /** Somebody else's claim. */
  public synchronized void hold(String name, String holder) {
    holders.put(name, holder);
  }

  public synchronized String holder(String name) {
    return holders.getOrDefault(name, "nobody");
  }

  /** What dm-service says stands on every device: a JSON object for each volume. */
  public synchronized void upward(String volume) {
    upward.add(volume);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
    if (!path.matches()) {
      reply(exchange, 404, "{}");
      return;
    }
    String name = path.group(3);
    if (path.group(2).equals("block-devices")) {
      reply(exchange, 200, "{\"volumes\":[" + String.join(",", upward) + "]}");
    } else if (!path.group(2).equals(kinds.get(name))) {
      reply(exchange, 404, "{\"type\":\"/problems/not-found\",\"title\":\"?\",\"detail\":\"?\"}");
    } else if (path.group(4) == null) {
      reply(exchange, 200, "{\"name\":\"" + name + "\",\"sectors\":" + sectors + "}");
    } else {
      claim(exchange, name);
    }
  }

  private void claim(HttpExchange exchange, String name) throws IOException {
    String holder =
        Json.LENIENT.readTree(exchange.getRequestBody().readAllBytes()).path("holder").asString();
    String held = holders.get(name);
    if (exchange.getRequestMethod().equals("DELETE")) {
      String match = exchange.getRequestHeaders().getFirst("If-Match");
      boolean newest = match == null || match.equals("\"" + revisions.get(name) + "\"");
      if (newest && holder.equals(held)) {
        holders.remove(name);
      }
      reply(exchange, newest ? 204 : 412, "");
    } else if (held != null && !held.equals(holder)) {
      reply(
          exchange,
          409,
          "{\"type\":\"/problems/claimed\",\"title\":\"Held\",\"detail\":\"held\",\"holder\":\""
              + held
              + "\"}");
    } else {
      holders.put(name, holder);
      long revision = revisions.merge(name, 1L, Long::sum);
      Claim claim =
          new Claim(1, sectors, true, 512, Extents.EMPTY, 0, "slice-" + name, List.of(), revision);
      reply(exchange, 200, Json.LENIENT.writeValueAsString(claim));
    }
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
