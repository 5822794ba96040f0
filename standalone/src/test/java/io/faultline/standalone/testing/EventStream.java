package io.faultline.standalone.testing;

import io.faultline.events.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** Follows the event stream as a client would, and keeps what came. */
public final class EventStream implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * @param cursor the {@code id:} of the event
   * @param type without the prefix: {@code corrupted_range}
   * @param event the whole CloudEvent
   * @param arrivedNanos {@link System#nanoTime} when its last line was read
   */
  public record Arrived(String cursor, String type, JsonNode event, long arrivedNanos) {

    public JsonNode data() {
      return event.get("data");
    }

    public String faultId() {
      return event.path("faultid").asString("");
    }
  }

  private final InputStream body;
  private final List<Arrived> arrived = new ArrayList<>();

  private EventStream(InputStream body) {
    this.body = body;
    Thread.ofVirtual().name("event-stream").start(this::read);
  }

  /**
   * Opens the stream and returns when the service has begun to answer, so that nothing which
   * happens afterwards is missed.
   *
   * @param query {@code ?from=beginning}, or empty
   */
  public static EventStream open(StandaloneProcess faultline, String query) {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(faultline.url() + "/v1/events" + query))
            .header("Accept", "text/event-stream")
            .build();
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw new AssertionError("the stream is refused: " + response.statusCode());
      }
      return new EventStream(response.body());
    } catch (IOException e) {
      throw new AssertionError("the stream cannot be opened", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** All that came so far. */
  public List<Arrived> all() {
    synchronized (arrived) {
      return List.copyOf(arrived);
    }
  }

  /** The first event that fits; waits for it. */
  public Arrived await(String what, Predicate<Arrived> fits) {
    await(what, 1, fits);
    return all().stream().filter(fits).findFirst().orElseThrow();
  }

  /** Waits until {@code count} events fit, and gives those. */
  public List<Arrived> await(String what, long count, Predicate<Arrived> fits) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (arrived) {
      long fitting = 0;
      int looked = 0;
      while (true) {
        for (; looked < arrived.size(); looked++) {
          fitting += fits.test(arrived.get(looked)) ? 1 : 0;
        }
        if (fitting >= count) {
          return arrived.stream().filter(fits).toList();
        }
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (leftMillis <= 0) {
          throw new AssertionError(
              what
                  + ": "
                  + fitting
                  + " of "
                  + count
                  + " came within "
                  + PATIENCE
                  + "; in all "
                  + arrived.size()
                  + ", the last of them "
                  + arrived.stream()
                      .skip(Math.max(0, arrived.size() - 20))
                      .map(Arrived::type)
                      .toList());
        }
        try {
          arrived.wait(leftMillis);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted", e);
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // It was closed by the other side.
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      String id = "";
      String type = "";
      StringBuilder data = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          if (!data.isEmpty()) {
            add(id, type, data.toString());
          }
          data.setLength(0);
        } else if (line.startsWith("id:")) {
          id = line.substring(3).strip();
        } else if (line.startsWith("event:")) {
          type = line.substring(6).strip().replace("io.faultline.", "");
        } else if (line.startsWith("data:")) {
          data.append(line.substring(5).strip());
        }
      }
    } catch (IOException e) {
      // The process was killed, or the stream closed: what came so far stays.
    }
  }

  private void add(String id, String type, String data) {
    long now = System.nanoTime();
    Arrived event = new Arrived(id, type, Json.LENIENT.readTree(data), now);
    synchronized (arrived) {
      arrived.add(event);
      arrived.notifyAll();
    }
  }
}
