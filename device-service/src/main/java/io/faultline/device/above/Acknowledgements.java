package io.faultline.device.above;

import io.faultline.device.below.Slice;
import io.faultline.device.core.AckVerdict;
import io.faultline.events.Decoded;
import io.faultline.events.EventCodec;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.kafka.support.TopicPartitionOffset;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Hears the credit of planned removals come back.
 *
 * <p>Every slice reads the whole topic under a group of its own, from where it was. All partitions
 * are assigned at once and nobody else is in the group, so after a crash nothing has to wait until
 * a dead member is noticed. What comes twice is told apart by its event id.
 */
public final class Acknowledgements implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Acknowledgements.class);
  private static final long RETRY_MILLIS = 500;

  private final Slice slice;
  private final Ownership ownership;
  private final KafkaConnection connection;
  private final TopicsAdmin topics;
  private final FaultlineProperties properties;
  private final MeterRegistry registry;
  private @Nullable KafkaMessageListenerContainer<String, byte[]> container;
  private @Nullable DefaultKafkaProducerFactory<String, byte[]> producers;

  public Acknowledgements(
      Slice slice,
      Ownership ownership,
      KafkaConnection connection,
      TopicsAdmin topics,
      FaultlineProperties properties,
      MeterRegistry registry) {
    this.slice = slice;
    this.ownership = ownership;
    this.connection = connection;
    this.topics = topics;
    this.properties = properties;
    this.registry = registry;
    for (AckVerdict verdict : AckVerdict.values()) {
      registry.counter("faultline.device.acks", "verdict", label(verdict));
    }
  }

  @Override
  public int getPhase() {
    return HostsSettled.PHASE + 1;
  }

  @Override
  public synchronized void start() {
    if (container != null) {
      return;
    }
    DeviceTopics.ensure(topics);
    TopicPartitionOffset[] all = new TopicPartitionOffset[properties.topics().partitions()];
    for (int partition = 0; partition < all.length; partition++) {
      all[partition] = new TopicPartitionOffset(Topics.REMOVAL_ACKS, partition);
    }
    producers = new DefaultKafkaProducerFactory<>(producerSettings());
    KafkaTemplate<String, byte[]> deadLetters = new KafkaTemplate<>(producers);
    ContainerProperties how = new ContainerProperties(all);
    how.setGroupId("faultline.device." + slice.sliceId());
    how.setClientId("faultline-device-acks");
    how.setAckMode(ContainerProperties.AckMode.BATCH);
    how.setPollTimeout(Duration.ofSeconds(1).toMillis());
    how.setMessageListener((MessageListener<String, byte[]>) record -> hear(record, deadLetters));
    KafkaMessageListenerContainer<String, byte[]> starting =
        new KafkaMessageListenerContainer<>(
            new DefaultKafkaConsumerFactory<>(consumerSettings()), how);
    starting.setBeanName("faultline-device-acks");
    // A disk that is full now may have room later; an acknowledgement is never skipped.
    starting.setCommonErrorHandler(
        new DefaultErrorHandler(new FixedBackOff(RETRY_MILLIS, FixedBackOff.UNLIMITED_ATTEMPTS)));
    starting.start();
    container = starting;
  }

  private void hear(
      ConsumerRecord<String, byte[]> record, KafkaTemplate<String, byte[]> deadLetters) {
    // Every instance reads all of them; about each one has to say something.
    String host = record.key() == null ? "" : record.key();
    switch (EventCodec.decode(record.key(), record.headers(), record.value())) {
      case Decoded.Malformed(String reason) -> {
        if (ownership.judges(host)) {
          putAside(record, reason, deadLetters);
        }
      }
      case Decoded.Ok(var event) when event.data() instanceof RemovalAck ack -> {
        if (ownership.judges(ack.host())) {
          AckVerdict verdict = slice.hear(event);
          registry.counter("faultline.device.acks", "verdict", label(verdict)).increment();
          if (verdict != AckVerdict.COUNTED) {
            log.info("acknowledgement {} is {}: {}", event.id(), label(verdict), ack);
          }
        }
      }
      case Decoded.Ok(var event) -> {
        if (ownership.judges(host)) {
          putAside(record, event.type().ceType() + " is no acknowledgement", deadLetters);
        }
      }
    }
  }

  private void putAside(
      ConsumerRecord<String, byte[]> record,
      String reason,
      KafkaTemplate<String, byte[]> deadLetters) {
    String source = record.topic() + "-" + record.partition() + "@" + record.offset();
    log.warn("device: {} put aside: {}", source, reason);
    registry.counter("faultline.layer.dead.letters", "layer", "device").increment();
    RecordHeaders headers = new RecordHeaders(record.headers().toArray());
    headers.add("faultline_layer", "device".getBytes(StandardCharsets.UTF_8));
    headers.add("faultline_source", source.getBytes(StandardCharsets.UTF_8));
    headers.add("faultline_reason", reason.getBytes(StandardCharsets.UTF_8));
    try {
      deadLetters
          .send(
              new ProducerRecord<>(
                  Topics.deadLetters(record.topic()),
                  record.partition(),
                  record.key(),
                  record.value(),
                  headers))
          .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a dead letter cannot be written", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public synchronized void stop() {
    if (container != null) {
      container.stop();
      container = null;
    }
    if (producers != null) {
      producers.destroy();
      producers = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return container != null;
  }

  private static String label(AckVerdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private Map<String, Object> consumerSettings() {
    Map<String, Object> settings = connection.properties();
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return settings;
  }

  private Map<String, Object> producerSettings() {
    Map<String, Object> settings = connection.properties();
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-device-dead-letters");
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicsAdmin.MAX_RECORD_BYTES);
    return settings;
  }
}
