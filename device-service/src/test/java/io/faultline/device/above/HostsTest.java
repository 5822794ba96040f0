package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.events.DeviceEvent.DeviceAdded;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Topics;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Several instances side by side, each with its own slice. */
class HostsTest {

  private static final String SHAPE = "{\"kind\":\"pmem\",\"sizeBytes\":4194304}";
  private static final int RACES = 8;

  @TempDir private Path folder;

  /** Two real processes and a real broker. */
  @Test
  void anyInstanceTakesAnyCallAndAHostIsAtOneOfThem() throws Exception {
    try (ChildProcess broker = child(BrokerProcess.class, List.of())) {
      String bootstrap = broker.awaitReady();
      try (ChildProcess first = service(bootstrap, "one")) {
        HttpCalls one = http(first);
        Map<String, String> owners;
        try (ChildProcess second = service(bootstrap, "two")) {
          HttpCalls two = http(second);
          callsToEitherWorkForBoth(one, two);
          owners = raced(one, two);
          onceAdded(bootstrap, owners);
          second.kill();
          one.get(device("b")).problem(503, "unavailable");
          assertThat(one.get(device("b")).header("Retry-After")).isEqualTo("1");
          one.get(device("a")).expect(200);
        }
        try (ChildProcess second = service(bootstrap, "two")) {
          HttpCalls two = http(second);
          Awaiting.await(
              "b is served",
              () -> one.get(device("b")).response().statusCode(),
              status -> status == 200);
          two.get(device("a")).expect(200);
          assertThat(owners(one)).isEqualTo(owners(two)).containsAllEntriesOf(owners);
          withoutKafka(broker, one, two);
        }
      }
    }
  }

  /** Nobody can say who has a new host, but what is had goes on. */
  private static void withoutKafka(ChildProcess broker, HttpCalls one, HttpCalls two) {
    broker.pause();
    one.get(device("b")).expect(200);
    two.put(device("late"), SHAPE).problem(503, "unavailable");
    broker.goOn();
    Awaiting.await(
        "a new host is taken",
        () -> two.put(device("late"), SHAPE).response().statusCode(),
        status -> status < 300);
    one.get(device("late")).expect(200);
  }

  private static void callsToEitherWorkForBoth(HttpCalls one, HttpCalls two) {
    one.put(device("a"), SHAPE).expect(201);
    two.put(device("b"), SHAPE).expect(201);
    byte[] content = new byte[2 * 1024 * 1024];
    new Random(7).nextBytes(content);
    for (HttpCalls caller : List.of(one, two)) {
      for (String host : List.of("a", "b")) {
        assertThat(caller.get(device(host)).expect(200).json().get("name").asString())
            .isEqualTo("pmem0");
        caller.put(device(host), SHAPE).expect(200);
        caller.putBytes(device(host) + "/data?sector=0", content).expect(200);
        assertThat(caller.get(device(host) + "/data?sector=0&count=4096").bytes())
            .isEqualTo(content);
        caller.post(device(host) + "/faults", "{\"sector\":4096,\"count\":8}").expect(202);
        assertThat(caller.get(device(host) + "/badblocks").text()).isEqualTo("4096 8\n");
        caller.delete(device(host) + "/faults?sector=4096&count=8").expect(200);
        caller.get(device(host) + "/data?sector=8191&count=2").expect(200);
        caller.post(device(host) + "/faults", "{\"sektor\":1}").problem(400, "malformed-request");
        caller
            .put(device(host), "{\"kind\":\"nvme\",\"sizeBytes\":512}")
            .problem(409, "already-exists");
      }
      caller.get(device("nowhere")).problem(404, "not-found");
    }
    assertThat(owners(one)).isEqualTo(owners(two)).containsOnlyKeys("a", "b");
    assertThat(owners(one).get("a")).isNotEqualTo(owners(one).get("b"));
    one.delete("/v1/hosts/b").problem(409, "host-in-use");
    // A device that cannot be does not take its host.
    one.put(device("refused"), "{\"kind\":\"floppy\",\"sizeBytes\":512}")
        .problem(422, "device-shape");
    // The other instance hears of that by Kafka.
    Awaiting.await("both are known", () -> owners(two).keySet(), Set.of("a", "b")::equals);
  }

  /** Both are asked for the same new host at once. */
  private static Map<String, String> raced(HttpCalls one, HttpCalls two) throws Exception {
    for (int i = 0; i < RACES; i++) {
      String path = device("race" + i);
      List<Callable<Integer>> both =
          List.of(
              () -> one.put(path, SHAPE).response().statusCode(),
              () -> two.put(path, SHAPE).response().statusCode());
      List<Integer> statuses = new ArrayList<>();
      try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Integer> answer : executor.invokeAll(both)) {
          statuses.add(answer.get());
        }
      }
      assertThat(statuses).as("created once, and there the second time").containsOnly(200, 201);
    }
    Map<String, String> owners = owners(one);
    assertThat(owners).isEqualTo(owners(two)).hasSize(2 + RACES);
    return owners;
  }

  private static void onceAdded(String bootstrap, Map<String, String> owners) {
    Map<String, String> slices = new TreeMap<>();
    try (TopicReader events =
        TopicReader.fromBeginning(Map.of("bootstrap.servers", bootstrap), Topics.DEVICE_EVENTS)) {
      while (slices.size() < owners.size()) {
        Event event = events.nextEvent();
        if (event.data() instanceof DeviceAdded) {
          assertThat(slices.put(event.host(), event.sliceId())).isNull();
        }
      }
    }
    assertThat(slices).isEqualTo(owners);
  }

  @Test
  void aHostWhoseOwnerIsGoneForEverCanBeForgotten() {
    String host = "forgotten";
    try (RunningService left = start("left")) {
      try (RunningService wiped = start("wiped")) {
        wiped.http().put(device(host), SHAPE).expect(201);
        left.http().delete("/v1/hosts/" + host).problem(409, "host-in-use");
      }
      left.http().put(device(host), SHAPE).problem(503, "unavailable");
      left.http().delete("/v1/hosts/" + host).expect(204);
      left.http().delete("/v1/hosts/" + host).problem(404, "not-found");
      awaitForgotten(host + "/pmem0");
      left.http().put(device(host), SHAPE).expect(201);
      try (RunningService back = start("wiped")) {
        // It has devices of a host that is another's by now: that one is asked.
        assertThat(back.http().get(device(host)).expect(200).header(OtherInstances.INSTANCE))
            .isEqualTo(left.bean(Ownership.class).instanceId());
        assertThat(back.bean(Ownership.class).lostHosts()).containsExactly(host);
      }
      left.http().delete(device(host)).expect(204);
      left.http().delete("/v1/hosts/" + host).expect(204);
      assertThat(owners(left.http())).doesNotContainKey(host);
    }
  }

  private static void awaitForgotten(String device) {
    try (TopicReader states =
        TopicReader.fromBeginning(Map.of("bootstrap.servers", bootstrap()), Topics.DEVICE_STATE)) {
      boolean forgotten = false;
      while (!forgotten) {
        ConsumerRecord<String, byte[]> record = states.next();
        forgotten = record.key().equals(device) && record.value() == null;
      }
    }
  }

  @Test
  void aCopyOfASliceDoesNotStartWhileTheOriginalRuns() throws IOException {
    try (RunningService original = start("original")) {
      original.http().put(device("copied"), SHAPE).expect(201);
      copy(folder.resolve("original"), folder.resolve("copy"));

      assertThatThrownBy(() -> start("copy").close())
          .hasStackTraceContaining("is run by another process at http://127.0.0.1:")
          .hasStackTraceContaining("its folder was copied");
      original.http().get(device("copied")).expect(200);
    }
    try (RunningService moved = start("copy")) {
      moved.http().get(device("copied")).expect(200);
    }
  }

  @Test
  void whoseSliceIsTakenOverServesNothingAnyMore() {
    try (RunningService older = start("older")) {
      older.http().put(device("superseded"), SHAPE).expect(201);
      Ownership ownership = older.bean(Ownership.class);
      HostDirectory.Running newer =
          new HostDirectory.Running(
              ownership.sliceId(), "another", "http://127.0.0.1:1", Instant.EPOCH);
      produce(Topics.DEVICE_HOSTS, ownership.sliceId(), HostsTopic.value(newer));
      Awaiting.await("another is the owner", () -> ownership.supersededAt() != null);
      older.http().get(device("superseded")).problem(503, "unavailable");
      assertThat(older.http().get("/actuator/health").text()).contains("supersededBy");
    }
  }

  @Test
  void aMalformedAcknowledgementIsPutAsideByTheOwnerOfItsHostAlone() {
    try (RunningService one = start("acks-one");
        RunningService two = start("acks-two")) {
      one.http().put(device("acks1"), SHAPE).expect(201);
      two.http().put(device("acks2"), SHAPE).expect(201);
      byte[] nonsense = {1, 2, 3};
      List<String> keys = List.of("acks1", "acks2", "acks-of-nobody");
      keys.forEach(key -> produce(Topics.REMOVAL_ACKS, key, nonsense));
      // The last one is put aside after all before it, by whichever instance reads its partition.
      Map<String, Integer> dead = new TreeMap<>();
      try (TopicReader letters =
          TopicReader.fromBeginning(
              Map.of("bootstrap.servers", bootstrap()), Topics.deadLetters(Topics.REMOVAL_ACKS))) {
        while (!dead.keySet().containsAll(List.of("acks1", "acks2"))) {
          count(dead, letters.next());
        }
        keys.forEach(key -> produce(Topics.REMOVAL_ACKS, key, new byte[] {4}));
        while (dead.getOrDefault("acks1", 0) < 2 || dead.getOrDefault("acks2", 0) < 2) {
          count(dead, letters.next());
        }
      }
      assertThat(dead.get("acks1")).isEqualTo(2);
      assertThat(dead.get("acks2")).isEqualTo(2);
      assertThat(dead.getOrDefault("acks-of-nobody", 0)).isLessThanOrEqualTo(2);
    }
  }

  private static void count(Map<String, Integer> dead, ConsumerRecord<String, byte[]> letter) {
    assertThat(EventCodec.header(letter.headers(), "faultline_layer")).isEqualTo("device");
    dead.merge(letter.key(), 1, Integer::sum);
  }

  private static void produce(String topic, String key, byte[] value) {
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, key, value));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static Map<String, String> owners(HttpCalls http) {
    Map<String, String> owners = new TreeMap<>();
    for (JsonNode host : http.get("/v1/hosts?limit=10000").expect(200).json().get("items")) {
      owners.put(host.get("host").asString(), host.get("sliceId").asString());
    }
    return owners;
  }

  private static String device(String host) {
    return "/v1/hosts/" + host + "/devices/pmem0";
  }

  private static String bootstrap() {
    return EmbeddedBroker.shared().bootstrapServers();
  }

  private RunningService start(String slice) {
    return RunningService.start(folder.resolve(slice), bootstrap());
  }

  private static HttpCalls http(ChildProcess service) {
    return new HttpCalls("http://127.0.0.1:" + service.awaitReady());
  }

  private ChildProcess service(String bootstrap, String slice) {
    return child(
        ServiceProcess.class,
        List.of(
            "--server.port=0",
            "--spring.main.banner-mode=off",
            "--spring.threads.virtual.enabled=true",
            "--spring.kafka.bootstrap-servers=" + bootstrap,
            "--faultline.slice-dir=" + folder.resolve(slice)));
  }

  private ChildProcess child(Class<?> main, List<String> arguments) {
    return ChildProcess.start(main, folder.resolve("children.log"), arguments);
  }
}
