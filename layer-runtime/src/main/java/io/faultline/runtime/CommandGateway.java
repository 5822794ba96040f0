package io.faultline.runtime;

import io.faultline.events.Topics;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.trace.TraceContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.requestreply.RequestReplyFuture;
import org.springframework.kafka.support.TopicPartitionOffset;
import org.springframework.kafka.support.TopicPartitionOffset.SeekPosition;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;

/**
 * Sends commands to the owner of their host through Kafka and waits for the answer. Whichever
 * instance takes a call, the answer is the owner's.
 *
 * @param <C> the layer's commands
 */
public final class CommandGateway<C> {

  private static final Logger log = LoggerFactory.getLogger(CommandGateway.class);

  private final String layer;
  private final SealedCodec<C> codec;
  private final KafkaConnection connection;
  private final FaultlineProperties properties;
  private final MeterRegistry registry;
  private @Nullable ReplyingKafkaTemplate<String, byte[], byte[]> template;
  private @Nullable DefaultKafkaProducerFactory<String, byte[]> producers;

  CommandGateway(
      String layer,
      SealedCodec<C> codec,
      KafkaConnection connection,
      FaultlineProperties properties,
      MeterRegistry registry) {
    this.layer = layer;
    this.codec = codec;
    this.connection = connection;
    this.properties = properties;
    this.registry = registry;
  }

  synchronized void start() {
    DefaultKafkaProducerFactory<String, byte[]> producerFactory =
        new DefaultKafkaProducerFactory<>(producerProperties());
    ReplyingKafkaTemplate<String, byte[], byte[]> starting =
        new ReplyingKafkaTemplate<>(producerFactory, replies());
    starting.setSharedReplyTopic(true);
    starting.setBinaryCorrelation(true);
    starting.setDefaultReplyTimeout(properties.commandTimeout());
    SimpleAsyncTaskScheduler scheduler = new SimpleAsyncTaskScheduler();
    scheduler.setThreadNamePrefix("faultline-" + layer + "-timeouts-");
    starting.setTaskScheduler(scheduler);
    starting.afterPropertiesSet();
    starting.start();
    producers = producerFactory;
    template = starting;
  }

  synchronized void stop() {
    if (template != null) {
      template.stop();
      template.destroy();
      template = null;
    }
    if (producers != null) {
      producers.destroy();
      producers = null;
    }
  }

  boolean isRunning() {
    ReplyingKafkaTemplate<String, byte[], byte[]> running = template;
    return running != null
        && running.isRunning()
        && running.getAssignedReplyTopicPartitions() != null
        && running.getAssignedReplyTopicPartitions().size() == properties.topics().partitions();
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @param host the host that it is about
   * @param commandId chosen by the client ({@code Idempotency-Key}): the same id gets the same
   *     answer and is carried out once; null if it chose none
   * @return the owner's answer, or a problem 503 if there was none in time: then it may still be
   *     carried out
   */
  public Reply send(String host, C command, @Nullable String commandId) {
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(Topics.commands(layer), host, codec.encode(command));
    String id = Objects.requireNonNullElseGet(commandId, () -> UUID.randomUUID().toString());
    record.headers().add(Wire.COMMAND_ID, Wire.bytes(id));
    if (commandId != null) {
      record.headers().add(Wire.KEEP_ANSWER, Wire.bytes("1"));
    }
    String traceparent = TraceContext.currentTraceparent();
    if (traceparent != null) {
      record.headers().add(TraceContext.HEADER, Wire.bytes(traceparent));
    }
    long begun = System.nanoTime();
    Reply reply = await(exchange(record));
    registry
        .timer("faultline.layer.command.time", "layer", layer, "outcome", outcome(reply.status()))
        .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
    return reply;
  }

  private static String outcome(int status) {
    return switch (status / 100) {
      case 2 -> "done";
      case 4 -> "refused";
      default -> status == 503 ? "unanswered" : "failed";
    };
  }

  /**
   * Asks every host there is: each partition answers with a JSON array of the answers of its hosts.
   * Only for queries, which change nothing.
   *
   * @return one reply for each partition, in their order
   */
  public List<Reply> scatter(C query) {
    byte[] bytes = codec.encode(query);
    List<@Nullable RequestReplyFuture<String, byte[], byte[]>> asked = new ArrayList<>();
    for (int partition = 0; partition < properties.topics().partitions(); partition++) {
      ProducerRecord<String, byte[]> record =
          new ProducerRecord<>(Topics.commands(layer), partition, null, bytes);
      record.headers().add(Wire.COMMAND_ID, Wire.bytes(UUID.randomUUID().toString()));
      record.headers().add(Wire.EVERY_HOST, Wire.bytes("1"));
      asked.add(exchange(record));
    }
    return asked.stream().map(this::await).toList();
  }

  private @Nullable RequestReplyFuture<String, byte[], byte[]> exchange(
      ProducerRecord<String, byte[]> record) {
    ReplyingKafkaTemplate<String, byte[], byte[]> running = template;
    return running == null ? null : running.sendAndReceive(record);
  }

  private Reply await(@Nullable RequestReplyFuture<String, byte[], byte[]> future) {
    if (future == null) {
      return unavailable();
    }
    try {
      ConsumerRecord<String, byte[]> reply = future.get();
      return new Reply(
          Integer.parseInt(Objects.requireNonNull(Wire.text(reply.headers(), Wire.STATUS))),
          Objects.requireNonNull(Wire.text(reply.headers(), Wire.CONTENT_TYPE)),
          reply.value());
    } catch (ExecutionException e) {
      log.warn("{}: a command was not answered: {}", layer, String.valueOf(e.getCause()));
      return unavailable();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unavailable();
    }
  }

  private Reply unavailable() {
    Problem problem =
        Problem.unavailable(
            "The owner of this host in "
                + layer
                + "-service did not answer within "
                + properties.commandTimeout()
                + ". Whether the request was carried out is told by the same request with the same"
                + " Idempotency-Key");
    return new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem));
  }

  /**
   * The replies of all partitions from their end on: every instance reads all and picks its own. No
   * group takes part, so nothing has to be rebalanced before the first answer.
   */
  private KafkaMessageListenerContainer<String, byte[]> replies() {
    TopicPartitionOffset[] all = new TopicPartitionOffset[properties.topics().partitions()];
    for (int partition = 0; partition < all.length; partition++) {
      all[partition] = new TopicPartitionOffset(Topics.replies(layer), partition, SeekPosition.END);
    }
    ContainerProperties container = new ContainerProperties(all);
    container.setAckMode(ContainerProperties.AckMode.MANUAL);
    container.setAssignmentCommitOption(ContainerProperties.AssignmentCommitOption.NEVER);
    container.setPollTimeout(Duration.ofSeconds(5).toMillis());
    container.setClientId("faultline-" + layer + "-replies");
    container.setGroupId("faultline-" + layer + "-replies-" + UUID.randomUUID());
    return new KafkaMessageListenerContainer<>(
        new DefaultKafkaConsumerFactory<>(consumerProperties()), container);
  }

  private Map<String, Object> consumerProperties() {
    Map<String, Object> settings = connection.properties();
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    // An answer of a transaction that is given up was never given.
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return settings;
  }

  private Map<String, Object> producerProperties() {
    Map<String, Object> settings = connection.properties();
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-" + layer + "-commands");
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicsAdmin.MAX_RECORD_BYTES);
    settings.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) properties.commandTimeout().toMillis());
    settings.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) properties.commandTimeout().toMillis());
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, properties.commandTimeout().toMillis());
    return settings;
  }
}
