package io.faultline.notifier.measure;

import static io.faultline.runtime.testing.Awaiting.await;
import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Webhooks a second to a local receiver, from the topic to the answer, with every try recorded;
 * beside a bare loop of an HTTP client that posts the same bytes to the same receiver over as many
 * connections. All of it in one process, the receiver included.
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class WebhookMeasurement {

  private static final int ROUNDS = 3;
  private static final int HOSTS = 64;
  private static final int EVENTS = Integer.getInteger("faultline.measure.events", 5_000);
  private static final int CONNECTIONS = 8;

  @TempDir Path folder;

  @Test
  void webhooksASecond() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start();
        Receiver receiver = new Receiver();
        RunningNotifier notifier =
            RunningNotifier.start(
                broker.bootstrapServers(),
                folder,
                Map.of(
                    "faultline.notifier.webhooks.allow-loopback",
                    "true",
                    "faultline.notifier.watchers.rate-per-second",
                    10_000,
                    "faultline.notifier.watchers.connections",
                    CONNECTIONS));
        EventWriter writer = EventWriter.plain(notifier.connection())) {
      for (int round = 1; round <= ROUNDS; round++) {
        Event[] events = events(round);
        double path = path(round, notifier, writer, receiver, events);
        double bare = bare(receiver, events);
        System.out.printf(
            Locale.ROOT,
            "round %d, %d events of %d hosts, %d connections: bare client %.0f/s | webhooks %.0f/s"
                + " | ratio %.2f%n",
            round,
            EVENTS,
            HOSTS,
            CONNECTIONS,
            bare,
            path,
            bare / path);
      }
    }
  }

  private static Event[] events(int round) {
    Told[] hosts = new Told[HOSTS];
    for (int i = 0; i < HOSTS; i++) {
      hosts[i] = new Told("m" + round + "-" + i);
    }
    Event[] events = new Event[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
      Told host = hosts[i % HOSTS];
      events[i] = host.fileLost("data", host.faultId(1), i, "/a/file/" + i, 4096L * i);
    }
    return events;
  }

  private static double path(
      int round, RunningNotifier notifier, EventWriter writer, Receiver receiver, Event[] events) {
    String watcher =
        "{\"filter\":{\"host\":\"m"
            + round
            + "-*\"},\"sink\":{\"type\":\"webhook\",\"url\":\""
            + receiver.url("/hook")
            + "\"}}";
    RunningNotifier.body(notifier.send("PUT", "/v1/watchers/m" + round, watcher), 201);
    await(
        "it is behind", () -> notifier.get("/v1/watchers/m" + round), shown -> shown.has("behind"));
    int before = receiver.count();
    long start = System.nanoTime();
    writer.write(events);
    awaitAsserted(() -> assertThat(receiver.count() - before).isGreaterThanOrEqualTo(EVENTS));
    double seconds = (System.nanoTime() - start) / 1e9;
    notifier.send("DELETE", "/v1/watchers/m" + round, "");
    return EVENTS / seconds;
  }

  private static double bare(Receiver receiver, Event[] events) throws Exception {
    AtomicInteger next = new AtomicInteger();
    int before = receiver.count();
    long start = System.nanoTime();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Void> loop =
          () -> {
            for (int at = next.getAndIncrement(); at < events.length; at = next.getAndIncrement()) {
              client.send(
                  HttpRequest.newBuilder(URI.create(receiver.url("/bare")))
                      .POST(HttpRequest.BodyPublishers.ofString(EventCodec.structured(events[at])))
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
            }
            return null;
          };
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(CONNECTIONS, loop))) {
        done.get();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(receiver.count() - before).as("posted by the bare loop").isEqualTo(events.length);
    return events.length / seconds;
  }
}
