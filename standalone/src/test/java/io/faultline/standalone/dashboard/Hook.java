package io.faultline.standalone.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** Somebody who is told: takes webhooks and answers what the test wants. */
final class Hook implements AutoCloseable {

  private record Answer(int status, String text) {}

  private final HttpServer server;
  private final AtomicInteger calls = new AtomicInteger();
  private volatile Answer answer = new Answer(200, "");

  Hook() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          calls.incrementAndGet();
          Answer now = answer;
          byte[] text = now.text().getBytes(UTF_8);
          exchange.sendResponseHeaders(now.status(), text.length == 0 ? -1 : text.length);
          exchange.getResponseBody().write(text);
          exchange.close();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
  }

  /** From the next call on. */
  void answers(int status, String text) {
    answer = new Answer(status, text);
  }

  int calls() {
    return calls.get();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
