package io.faultline.runtime.access;

import io.faultline.events.Json;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The audit log of all services, newest first, from its topic. */
@RestController
public final class AuditController {

  private static final TopicPartition AUDIT = new TopicPartition(AccessTopics.AUDIT, 0);
  private static final int MAX_PAGE = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaConnection connection;
  private final AccessProperties settings;

  AuditController(KafkaConnection connection, AccessProperties settings) {
    this.connection = connection;
    this.settings = settings;
  }

  /**
   * @param after the {@code next} of the page before; what it answers is older
   */
  @GetMapping("/v1/audit")
  Map<String, @Nullable Object> page(
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable Long after) {
    int wanted = Math.min(MAX_PAGE, Edge.page(limit, null).limit());
    if (after != null) {
      Edge.number("after", after);
    }
    if (!settings.isOn()) {
      throw new ProblemException(
          Problem.conflict(
              "access-control-off",
              "The audit log is in the log only",
              "Its topic is written while access control is on; the log \"audit\" always is"));
    }
    try (Consumer<String, byte[]> consumer = consumer()) {
      return read(consumer, wanted, after);
    } catch (KafkaException e) {
      throw new ProblemException(Problem.unavailable("Kafka does not answer: " + e.getMessage()));
    }
  }

  private static Map<String, @Nullable Object> read(
      Consumer<String, byte[]> consumer, int wanted, @Nullable Long after) {
    List<TopicPartition> all = List.of(AUDIT);
    consumer.assign(all);
    long begin = consumer.beginningOffsets(all, PATIENCE).getOrDefault(AUDIT, 0L);
    long end = consumer.endOffsets(all, PATIENCE).getOrDefault(AUDIT, 0L);
    long to = after == null ? end : Math.clamp(after, begin, end);
    long from = Math.max(begin, to - wanted);
    consumer.seek(AUDIT, from);
    List<JsonNode> items = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(AUDIT) < to && System.nanoTime() < deadline) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        if (record.offset() < to) {
          entry(record, items);
        }
      }
    }
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("items", items.reversed());
    answer.put("next", from > begin ? from : null);
    return answer;
  }

  /** What is no entry was not written by us. */
  private static void entry(ConsumerRecord<String, byte[]> record, List<JsonNode> items) {
    try {
      items.add(Json.LENIENT.readTree(record.value()));
    } catch (JacksonException e) {
      return;
    }
  }

  private Consumer<String, byte[]> consumer() {
    Map<String, Object> settings = connection.properties();
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "faultline-audit-page");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_PAGE);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }
}
