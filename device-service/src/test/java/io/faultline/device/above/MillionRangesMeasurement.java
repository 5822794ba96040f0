package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.Decoded;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Topics;
import io.faultline.runtime.testing.TopicReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A million sparse ranges in one call, beside a bare producer that sends the very same records, on
 * the same broker in one run. Prints a table for docs/PERFORMANCE.md; asserts nothing about time.
 *
 * <p>{@code ./mvnw -pl device-service -am test -Dfaultline.measure=true
 * -Dtest=MillionRangesMeasurement -Dsurefire.failIfNoSpecifiedTests=false}
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class MillionRangesMeasurement {

  private static final int RANGES = 1_000_000;
  private static final int ROUNDS = 4;
  private static final String BARE_TOPIC = "bare";
  private static final double MIB = 1 << 20;

  @TempDir private Path folder;

  @Test
  void aMillionRangesInOneCallBesideTheBareProducer() throws Exception {
    try (ChildProcess broker = child(BrokerProcess.class, List.of())) {
      String bootstrap = broker.awaitReady();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
        admin.createTopics(List.of(new NewTopic(BARE_TOPIC, 1, (short) 1))).all().get();
      }
      try (ChildProcess service = child(ServiceProcess.class, settings(bootstrap));
          KafkaProducer<String, byte[]> bare = producer(bootstrap)) {
        HttpCalls http = new HttpCalls("http://127.0.0.1:" + service.awaitReady());
        http.put("/v1/hosts/m/devices/warm", "{\"kind\":\"nvme\",\"sizeBytes\":1048576}");
        bare.send(new ProducerRecord<>(BARE_TOPIC, "m", new byte[1])).get();
        for (int round = 1; round <= ROUNDS; round++) {
          round(round, bootstrap, http, bare);
        }
      }
    }
  }

  private static void round(
      int round, String bootstrap, HttpCalls http, KafkaProducer<String, byte[]> bare)
      throws Exception {
    String device = "/v1/hosts/m/devices/d" + round;
    http.put(device, "{\"kind\":\"nvme\",\"sizeBytes\":17179869184}").expect(201);
    Map<String, Object> connection = Map.of("bootstrap.servers", bootstrap);
    try (TopicReader reader = TopicReader.fromBeginning(connection, Topics.DEVICE_EVENTS);
        TopicReader bareReader = TopicReader.fromBeginning(connection, BARE_TOPIC);
        Heap heap = new Heap(http)) {
      skipTo(reader, "d" + round);
      skipBare(bareReader, round);
      long heapBefore = heap.highest.get();
      long start = System.nanoTime();
      http.post(
              device + "/faults",
              "{\"scatter\":{\"seed\":" + round + ",\"ranges\":" + RANGES + ",\"sectors\":8}}")
          .expect(202);
      long answered = System.nanoTime();
      List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
      long[] found = new long[1];
      boolean last = false;
      while (!last) {
        ConsumerRecord<String, byte[]> record = reader.next();
        if (decode(record).data() instanceof CorruptedRange part) {
          records.add(record);
          found[0] += part.ranges().rangeCount();
          last = part.last();
        }
      }
      long published = System.nanoTime();
      assertThat(found[0]).isEqualTo(RANGES);
      long bytes = records.stream().mapToLong(record -> record.value().length).sum();
      long bareNanos = sendBare(bare, bareReader, records);
      System.out.printf(
          Locale.ROOT,
          "round %d: %d ranges in %d records of %.1f MiB: answered after %.0f ms, last part read"
              + " after %.0f ms, heap up to %.0f MiB (%.0f MiB before); bare %.0f ms, ratio %.1f%n",
          round,
          RANGES,
          records.size(),
          bytes / MIB,
          (answered - start) / 1e6,
          (published - start) / 1e6,
          heap.highest.get() / MIB,
          heapBefore / MIB,
          bareNanos / 1e6,
          (double) (published - start) / bareNanos);
    }
  }

  /** From the first send until the last record is read. */
  private static long sendBare(
      KafkaProducer<String, byte[]> bare,
      TopicReader reader,
      List<ConsumerRecord<String, byte[]>> records) {
    long start = System.nanoTime();
    for (ConsumerRecord<String, byte[]> record : records) {
      bare.send(
          new ProducerRecord<>(
              BARE_TOPIC, null, null, record.key(), record.value(), record.headers()));
    }
    for (int i = 0; i < records.size(); i++) {
      reader.next();
    }
    return System.nanoTime() - start;
  }

  private static void skipTo(TopicReader reader, String device) {
    while (!decode(reader.next()).source().endsWith("/" + device)) {
      // What earlier rounds told.
    }
  }

  private static void skipBare(TopicReader reader, int round) {
    int parts = (RANGES + 4095) / 4096;
    for (int i = 0; i < 1 + (round - 1) * parts; i++) {
      reader.next();
    }
  }

  private static Event decode(ConsumerRecord<String, byte[]> record) {
    if (EventCodec.decode(record.key(), record.headers(), record.value())
        instanceof Decoded.Ok(Event event)) {
      return event;
    }
    throw new AssertionError("not an event");
  }

  /** The service's heap, looked at all the time; what is garbage counts too. */
  private static final class Heap implements AutoCloseable {
    private final AtomicLong highest = new AtomicLong();
    private final AtomicBoolean ends = new AtomicBoolean();
    private final Thread looking;

    Heap(HttpCalls http) {
      look(http);
      looking =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!ends.get()) {
                      look(http);
                    }
                  });
    }

    private void look(HttpCalls http) {
      long used =
          http.get("/actuator/metrics/jvm.memory.used?tag=area:heap")
              .expect(200)
              .json()
              .at("/measurements/0/value")
              .asLong();
      highest.accumulateAndGet(used, Math::max);
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      ends.set(true);
      try {
        looking.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static KafkaProducer<String, byte[]> producer(String bootstrap) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  private List<String> settings(String bootstrap) {
    return List.of(
        "--server.port=0",
        "--spring.main.banner-mode=off",
        "--spring.threads.virtual.enabled=true",
        "--spring.kafka.bootstrap-servers=" + bootstrap,
        "--management.endpoints.web.exposure.include=health,metrics",
        "--faultline.slice-dir=" + folder.resolve("slice"));
  }

  private ChildProcess child(Class<?> main, List<String> arguments) {
    return ChildProcess.start(main, folder.resolve("children.log"), arguments);
  }
}
