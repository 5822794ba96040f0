package io.faultline.standalone.measure;

import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Origin;
import io.faultline.events.Topics;
import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.EventStream.Arrived;
import io.faultline.standalone.testing.StandaloneProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The whole path beside a bare relay on the very same broker, in one run: from the injecting call
 * to the event on the stream, and events a second. Prints a table for docs/PERFORMANCE.md; asserts
 * nothing about time.
 *
 * <p>{@code ./mvnw -pl standalone -am verify -Dfaultline.measure=true -Dit.test=PathMeasurement}
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class PathMeasurement {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final int WARM_UP = 300;
  private static final int CALLS = 1000;
  private static final int FLOOD = 20_000;
  private static final int FLOOD_HOSTS = 8;
  private static final long PLAIN_START_SECTOR = 192;
  private static final int PAYLOAD_BYTES = 300;
  private static final int PARTITIONS = 12;
  private static final int ROUNDS = 3;

  /**
   * Of the measured process, {@code -Dfaultline.measure.options="--faultline.streams.threads=2"}.
   */
  private static final String[] OPTIONS =
      Arrays.stream(System.getProperty("faultline.measure.options", "").split(" "))
          .filter(option -> !option.isEmpty())
          .toArray(String[]::new);

  @TempDir Path folder;

  @Test
  void wholePathBesideTheBareRelay() throws Exception {
    try (StandaloneProcess faultline =
        StandaloneProcess.on(folder.resolve("data")).atFullSpeed().startReady(OPTIONS)) {
      Api api = new Api(faultline, "local");
      api.buildWalk(PROJECT);
      try (BareRelay bare = BareRelay.start(faultline.bootstrapServers(), PARTITIONS);
          EventStream stream = EventStream.open(faultline, "")) {
        Latency[] warm = {bareLatency(bare, WARM_UP), pathLatency(api, stream, 0, WARM_UP)};
        System.out.println("warm-up: bare " + warm[0] + ", path " + warm[1]);
        for (int round = 0; round < ROUNDS; round++) {
          Latency bareNow = bareLatency(bare, CALLS);
          Latency path = pathLatency(api, stream, WARM_UP + round * CALLS, CALLS);
          System.out.printf(
              Locale.ROOT,
              "latency, round %d of %d calls: bare %s | path %s | ratio p50 %.2f p99 %.2f%n",
              round + 1,
              CALLS,
              bareNow,
              path,
              path.p50 / bareNow.p50,
              path.p99 / bareNow.p99);
        }
        flood(faultline, bare);
      }
    }
  }

  private record Latency(double p50, double p99) {
    static Latency of(long[] nanos) {
      long[] sorted = nanos.clone();
      Arrays.sort(sorted);
      return new Latency(
          sorted[sorted.length / 2] / 1e6, sorted[(int) (sorted.length * 0.99)] / 1e6);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "p50 %.2f ms p99 %.2f ms", p50, p99);
    }
  }

  /** One record at a time: sent, relayed twice, read. */
  private static Latency bareLatency(BareRelay bare, int calls) {
    long[] nanos = new long[calls];
    byte[] payload = new byte[PAYLOAD_BYTES];
    for (int i = 0; i < calls; i++) {
      String key = "k" + i;
      long start = System.nanoTime();
      bare.source.send(new ProducerRecord<>(BareRelay.TOPICS.getFirst(), key, payload));
      boolean came = false;
      while (!came) {
        for (ConsumerRecord<String, byte[]> record : bare.sink.poll(Duration.ofSeconds(10))) {
          came |= record.key().equals(key);
        }
      }
      nanos[i] = System.nanoTime() - start;
    }
    return Latency.of(nanos);
  }

  /** One fault at a time: POST, and wait for the lost file range on the stream. */
  private static Latency pathLatency(Api api, EventStream stream, int from, int calls) {
    long[] answered = new long[calls];
    long[] device = new long[calls];
    long[] volume = new long[calls];
    long[] file = new long[calls];
    for (int i = 0; i < calls; i++) {
      // The file /plain lies in one piece at volume sectors 192..6335; each is hit once.
      long volumeSector = PLAIN_START_SECTOR + from + i;
      int before = stream.all().size();
      long start = System.nanoTime();
      JsonNode answer =
          api.post(
              "devices/pmem" + volumeSector / 128 % 2 + "/faults",
              "{\"sector\":" + (volumeSector / 256 * 128 + volumeSector % 128) + ",\"count\":1}");
      answered[i] = System.nanoTime() - start;
      String faultId = answer.get("faultId").asString();
      Arrived lost = stream.await("lost range", isEffect(faultId, "file_range_lost"));
      file[i] = lost.arrivedNanos() - start;
      for (Arrived event : stream.all().subList(before, stream.all().size())) {
        if (isEffect(faultId, "corrupted_range").test(event)) {
          boolean ofVolume = event.data().get("device").asString().equals("vol0");
          (ofVolume ? volume : device)[i] = event.arrivedNanos() - start;
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "  of the path: answered %s, device event %s, volume event %s%n",
        Latency.of(answered),
        Latency.of(device),
        Latency.of(volume));
    return Latency.of(file);
  }

  private static Predicate<Arrived> isEffect(String faultId, String type) {
    return event -> event.faultId().equals(faultId) && event.type().equals(type);
  }

  /**
   * Events a second when more come than can be carried: the same number of records put into the
   * first topic at once, until all have come out behind the last. For Faultline they are faults of
   * devices, and what comes out are events of the filesystem layer on the stream.
   */
  private static void flood(StandaloneProcess faultline, BareRelay bare) throws Exception {
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < FLOOD_HOSTS; i++) {
      String host = "flood" + i;
      new Api(faultline, host).buildWalk(PROJECT);
      hosts.add(host);
    }
    try (EventStream stream = EventStream.open(faultline, "?layer=fs")) {
      for (int round = 0; round < ROUNDS; round++) {
        double bareRate = bareFlood(bare);
        double pathRate = pathFlood(stream, bare, hosts, round);
        System.out.printf(
            Locale.ROOT,
            "flood, round %d of %d records: bare %.0f/s | path %.0f/s | ratio %.2f%n",
            round + 1,
            FLOOD,
            bareRate,
            pathRate,
            bareRate / pathRate);
      }
    }
  }

  private static double bareFlood(BareRelay bare) {
    byte[] payload = new byte[PAYLOAD_BYTES];
    long start = System.nanoTime();
    for (int i = 0; i < FLOOD; i++) {
      bare.source.send(
          new ProducerRecord<>(BareRelay.TOPICS.getFirst(), "flood" + i % FLOOD_HOSTS, payload));
    }
    for (int came = 0; came < FLOOD; ) {
      came += bare.sink.poll(Duration.ofSeconds(10)).count();
    }
    return FLOOD / ((System.nanoTime() - start) / 1e9);
  }

  private static double pathFlood(
      EventStream stream, BareRelay bare, List<String> hosts, int round) {
    int before = stream.all().size();
    Ulids ids = new Ulids(Instant.now(), round);
    long start = System.nanoTime();
    for (int i = 0; i < FLOOD; i++) {
      String host = hosts.get(i % FLOOD_HOSTS);
      // Free space of the example, a sector apart so that nothing merges.
      long sector = 300_000 + 2L * (round * FLOOD + i) / FLOOD_HOSTS;
      Extents ranges = Extents.of(sector, 1);
      Event event =
          new Event(
              ids.next(host),
              "/hosts/" + host + "/devices/pmem0",
              Instant.now(),
              ids.next(host),
              null,
              (long) round * FLOOD + i + 1,
              "flood",
              null,
              new BlockEvent.CorruptedRange(
                  host,
                  "pmem0",
                  ranges,
                  false,
                  Cause.MEDIA_ERROR,
                  Origin.of("pmem0", ranges),
                  0,
                  true));
      bare.source.send(
          new ProducerRecord<>(
              Topics.DEVICE_EVENTS, null, host, EventCodec.data(event), EventCodec.headers(event)));
    }
    stream.await("the flood", before + FLOOD, event -> true);
    return FLOOD / ((System.nanoTime() - start) / 1e9);
  }
}
