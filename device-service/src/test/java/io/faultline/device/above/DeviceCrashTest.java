package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.Event;
import io.faultline.events.Topics;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.TopicReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process is killed between marking a fault and publishing it. */
class DeviceCrashTest {

  private static final String DEVICE = "/v1/hosts/local/devices/pmem0";

  @TempDir private Path folder;

  /**
   * First it is killed at some moment of a burst. Then the broker stands still, so that faults are
   * marked and cannot be published, and it is killed again. Whatever was answered is on the topic
   * after the last start: once by id, in the order of the slice.
   */
  @Test
  void whatWasAnsweredIsPublishedOnceAndInOrderWheneverItIsKilled() {
    try (ChildProcess broker = child(BrokerProcess.class, List.of())) {
      String bootstrap = broker.awaitReady();
      Queue<String> answered = new ConcurrentLinkedQueue<>();
      AtomicLong nextSector = new AtomicLong();
      try (ChildProcess service = service(bootstrap)) {
        killInABurst(service, nextSector, answered);
      }
      try (ChildProcess service = service(bootstrap)) {
        killWhileNothingCanBePublished(service, broker, nextSector, answered);
      }
      try (ChildProcess service = service(bootstrap)) {
        HttpCalls http = new HttpCalls("http://127.0.0.1:" + service.awaitReady());
        List<String> published = publishedFaults(bootstrap, inject(http, nextSector));
        assertThat(published).doesNotHaveDuplicates().containsAll(answered);
        long bad = http.get(DEVICE).json().get("badSectors").asLong();
        assertThat(bad).isEqualTo(published.size());
      }
    }
  }

  private static void killInABurst(
      ChildProcess service, AtomicLong nextSector, Queue<String> answered) {
    String base = "http://127.0.0.1:" + service.awaitReady();
    new HttpCalls(base).put(DEVICE, "{\"kind\":\"pmem\",\"sizeBytes\":67108864}").expect(201);
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(Thread.ofPlatform().start(() -> burst(base, nextSector, answered)));
    }
    Awaiting.await("enough is answered", answered::size, size -> size >= 300);
    service.kill();
    clients.forEach(DeviceCrashTest::join);
  }

  private static void killWhileNothingCanBePublished(
      ChildProcess service, ChildProcess broker, AtomicLong nextSector, Queue<String> answered) {
    HttpCalls http = new HttpCalls("http://127.0.0.1:" + service.awaitReady());
    broker.pause();
    for (int i = 0; i < 100; i++) {
      answered.add(inject(http, nextSector));
    }
    long waiting =
        http.get("/actuator/health")
            .json()
            .at("/components/deviceSlice/details/unpublishedEvents")
            .asLong();
    assertThat(waiting).isGreaterThanOrEqualTo(100);
    service.kill();
    broker.goOn();
  }

  private static void burst(String base, AtomicLong nextSector, Queue<String> answered) {
    HttpCalls http = new HttpCalls(base);
    try {
      while (true) {
        answered.add(inject(http, nextSector));
      }
    } catch (AssertionError e) {
      // The connection broke: the service was killed.
    }
  }

  private static void join(Thread client) {
    try {
      client.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String inject(HttpCalls http, AtomicLong nextSector) {
    return http.post(
            DEVICE + "/faults", "{\"sector\":" + nextSector.getAndIncrement() + ",\"count\":1}")
        .expect(202)
        .json()
        .get("eventId")
        .asString();
  }

  /**
   * Ids of the faults as a receiver sees them, which drops what it has seen, up to {@code last}.
   */
  private static List<String> publishedFaults(String bootstrap, String last) {
    List<String> ids = new ArrayList<>();
    Map<Long, String> idBySequence = new HashMap<>();
    long lastSequence = 0;
    try (TopicReader reader =
        TopicReader.fromBeginning(Map.of("bootstrap.servers", bootstrap), Topics.DEVICE_EVENTS)) {
      while (true) {
        Event event = reader.nextEventOf("local");
        String before = idBySequence.putIfAbsent(event.sequence(), event.id());
        if (before != null) {
          assertThat(event.id()).as("a repeat has the same id").isEqualTo(before);
          continue;
        }
        assertThat(event.sequence()).as("nothing overtakes").isEqualTo(lastSequence + 1);
        lastSequence = event.sequence();
        if (event.data() instanceof CorruptedRange) {
          ids.add(event.id());
        }
        if (event.id().equals(last)) {
          return ids;
        }
      }
    }
  }

  private ChildProcess service(String bootstrap) {
    return child(
        ServiceProcess.class,
        List.of(
            "--server.port=0",
            "--spring.main.banner-mode=off",
            "--spring.threads.virtual.enabled=true",
            "--spring.kafka.bootstrap-servers=" + bootstrap,
            "--management.endpoint.health.show-details=always",
            "--faultline.slice-dir=" + folder.resolve("slice")));
  }

  private ChildProcess child(Class<?> main, List<String> arguments) {
    return ChildProcess.start(main, folder.resolve("children.log"), arguments);
  }
}
