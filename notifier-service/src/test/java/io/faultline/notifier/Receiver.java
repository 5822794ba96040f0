package io.faultline.notifier;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.faultline.events.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.ToIntFunction;

/** Somebody who is called: answers as it is told, and remembers the calls. */
public final class Receiver implements AutoCloseable {

  /** One call. */
  public record Call(String path, HttpHeaders headers, String body) {

    public String eventId() {
      return Json.LENIENT.readTree(body).get("id").asString();
    }
  }

  /** Connections that may wait to be accepted: very many may call at once. */
  private static final int BACKLOG = 4_096;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final Map<String, String> headers = new ConcurrentHashMap<>();
  private volatile ToIntFunction<Call> answers = _ -> 204;

  public Receiver() {
    try {
      server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Call call =
          new Call(
              exchange.getRequestURI().getPath(),
              HttpHeaders.of(Map.copyOf(exchange.getRequestHeaders()), (_, _) -> true),
              new String(exchange.getRequestBody().readAllBytes()));
      calls.add(call);
      call.headers().firstValue("webhook-id").ifPresent(id -> seen.add(call.path() + "|" + id));
      exchange.getResponseHeaders().add("Location", url("/redirected"));
      headers.forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
      exchange.sendResponseHeaders(answers.applyAsInt(call), -1);
    }
  }

  /** What is answered from now on. */
  public void answer(ToIntFunction<Call> status) {
    answers = status;
  }

  /** A header of all answers from now on. */
  public void header(String name, String value) {
    headers.put(name, value);
  }

  public String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  public List<Call> calls() {
    synchronized (calls) {
      return List.copyOf(calls);
    }
  }

  public int count() {
    return calls.size();
  }

  /** What it has at all paths together, if it drops what it has had there under that id. */
  public int distinct() {
    return seen.size();
  }

  public List<String> eventIds() {
    return calls().stream().map(Call::eventId).toList();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
