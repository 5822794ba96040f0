package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faultline as a process, as its user starts, stops and kills it. */
class StandaloneIT {

  private static final String TOPIC = "somebody.elses";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

  @TempDir Path folder;

  @Test
  void servesQuietlyUntilItIsToldToStopAndSharesNeitherDataNorPort() throws Exception {
    Path data = folder.resolve("data");
    try (StandaloneProcess faultline = StandaloneProcess.on(data).startReady()) {
      assertThat(faultline.out().lines())
          .hasSize(2)
          .first()
          .asString()
          .contains(faultline.url(), data.toString());
      assertThat(data).isDirectoryContaining(entry -> entry.endsWith("VERSION"));

      HttpResponse<String> readiness = faultline.get("/actuator/health/readiness");
      assertThat(readiness.statusCode()).isEqualTo(200);
      assertThat(readiness.body()).contains("\"kafka\":{\"status\":\"UP\"", "\"layers\"");
      assertThat(faultline.get("/actuator/prometheus").statusCode()).isEqualTo(200);
      assertThat(faultline.get("/v1/openapi.json").body())
          .contains("\"openapi\":\"3", "\"title\":\"Faultline\"")
          .contains("/devices/{device}/faults", "/volumes/{volume}", "/fsmap", "/v1/faults");

      ChartTopics.assertSameAs(faultline.bootstrapServers());

      assertProblem(faultline.get("/v1/nothing-of-ours"), 404);
      assertProblem(faultline.get("/actuator/env"), 404);
      assertProblem(faultline.get("/v1/hosts/a%2Fb/devices"), 400);

      assertRefused(StandaloneProcess.on(data), data + " is in use by process " + faultline.pid());
      assertRefused(
          StandaloneProcess.on(folder.resolve("other"), faultline.port()),
          "127.0.0.1 port " + faultline.port() + " is taken");

      assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
      assertThat(faultline.err()).isEmpty();
    }
  }

  @Test
  void findsEverythingAgainAfterAKill() throws ExecutionException, InterruptedException {
    try (StandaloneProcess faultline = StandaloneProcess.on(folder.resolve("data")).startReady()) {
      List<String> written = write(faultline.bootstrapServers());

      faultline.kill();
      faultline.startReady();

      assertThat(read(faultline.bootstrapServers())).isEqualTo(written);
      assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
    }
  }

  @Test
  void stopsWhileItIsStillStarting() {
    try (StandaloneProcess faultline = StandaloneProcess.on(folder.resolve("data")).start()) {
      faultline.awaitOutput("data in");
      assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
      assertThat(faultline.err()).isEmpty();
    }
  }

  @Test
  void refusesDataOfAnotherVersionAndAFolderThatIsNone() throws IOException {
    Path newer = Files.createDirectory(folder.resolve("newer"));
    Files.writeString(newer.resolve("VERSION"), "7\n");
    assertRefused(StandaloneProcess.on(newer), "holds data of format version 7");

    Path file = Files.createFile(folder.resolve("file"));
    assertRefused(StandaloneProcess.on(file), file + " is a file, not a folder");
  }

  private static void assertRefused(StandaloneProcess process, String reason, String... options) {
    try (process) {
      assertThat(process.start(options).awaitExit()).isEqualTo(StandaloneProcess.REFUSED);
      assertThat(process.err().lines())
          .singleElement()
          .asString()
          .startsWith("faultline: ")
          .contains(reason);
      assertThat(process.out()).isEmpty();
    }
  }

  private static void assertProblem(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(answer.body()).contains("\"status\":" + status, "\"type\":\"/problems/");
  }

  private static List<String> write(String bootstrapServers)
      throws ExecutionException, InterruptedException {
    Map<String, Object> client = Map.of("bootstrap.servers", bootstrapServers);
    try (Admin admin = Admin.create(client)) {
      NewTopic topic = new NewTopic(TOPIC, Optional.of(1), Optional.of((short) 1));
      admin.createTopics(List.of(topic)).all().get();
    }
    List<String> written = new ArrayList<>();
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 100; i++) {
        written.add("record " + i);
        producer.send(new ProducerRecord<>(TOPIC, "key", written.getLast()));
      }
    }
    return written;
  }

  private static List<String> read(String bootstrapServers) {
    List<String> found = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.assign(List.of(PARTITION));
      consumer.seekToBeginning(List.of(PARTITION));
      long end = consumer.endOffsets(List.of(PARTITION)).get(PARTITION);
      while (consumer.position(PARTITION) < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> found.add(record.value()));
      }
    }
    return found;
  }
}
