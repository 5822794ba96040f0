package io.faultline.notifier;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events as a browser does. */
public final class SseClient implements AutoCloseable {

  /** One message. */
  public record Message(String id, String event, String data) {}

  private final HttpResponse<InputStream> response;
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final Thread reader;

  private SseClient(HttpResponse<InputStream> response) {
    this.response = response;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  public static SseClient open(RunningNotifier notifier, String path) {
    return open(notifier, path, null);
  }

  public static SseClient open(
      RunningNotifier notifier, String path, @Nullable String lastEventId) {
    HttpRequest.Builder request = notifier.request(path).header("Accept", "text/event-stream");
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<InputStream> response =
        notifier.send(request, HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).as("the stream is served").isEqualTo(200);
    return new SseClient(response);
  }

  public HttpResponse<InputStream> response() {
    return response;
  }

  public int heartbeats() {
    return heartbeats.get();
  }

  private void read() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
      String id = "";
      String event = "message";
      StringBuilder data = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          if (!data.isEmpty()) {
            messages.add(new Message(id, event, data.toString()));
          }
          event = "message";
          data.setLength(0);
        } else if (line.startsWith(": heartbeat")) {
          heartbeats.incrementAndGet();
        } else if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("data: ")) {
          data.append(line.substring(6));
        }
      }
    } catch (IOException e) {
      // It was closed, by one side or the other.
    }
  }

  public Message next() {
    try {
      Message next = messages.poll(RunningNotifier.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("nothing came");
      }
      return next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public List<Message> next(int count) {
    List<Message> taken = new ArrayList<>();
    while (taken.size() < count) {
      taken.add(next());
    }
    return taken;
  }

  /** Returns when the other side has ended the stream. */
  public void awaitEnd() {
    try {
      reader.join(RunningNotifier.PATIENCE);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (reader.isAlive()) {
      throw new AssertionError("the stream goes on");
    }
  }

  @Override
  public void close() throws IOException {
    response.body().close();
  }
}
